"""The servers compared."""
