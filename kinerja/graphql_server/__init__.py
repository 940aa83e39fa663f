"""GraphQL server: admission, document cache, query cost, endpoint."""
