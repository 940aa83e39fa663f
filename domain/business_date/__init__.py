"""The business date."""
