"""Resolvers: compiled graph, planner, reference executor, mutation runner."""
