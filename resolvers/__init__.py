"""Executors of GraphQL operations: the query planner, and the reference executor beside it."""
