"""Indicator catalogue and quarterly monitoring."""
