"""Figures that a regulation fixes, as dated rows."""
