"""Turns a made-up province into rows of tables."""
