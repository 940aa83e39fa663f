"""Servers of the comparison."""
