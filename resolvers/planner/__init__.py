"""The query planner: from a GraphQL document to one SQL statement."""
