"""Training programmes."""
