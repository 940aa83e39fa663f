"""The declaration language of the schema, and the graph compiled from it."""
