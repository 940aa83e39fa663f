"""Types, inputs and unions of the public GraphQL API, with their descriptions."""
