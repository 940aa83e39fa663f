"""Long work: what was requested and how far it is."""
