"""Rolling-origin validation, metrics and the publication check."""
