"""Units, positions and people of the synthetic province."""
