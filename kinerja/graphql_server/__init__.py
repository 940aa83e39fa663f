"""GraphQL over HTTP: admission, documents, cost, answers."""
