"""The reference executor: generic batched resolvers over the graph."""
