"""Loader of a synthetic province into the tables of the database."""
