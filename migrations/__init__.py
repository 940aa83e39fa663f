"""Alembic's environment and the dated revisions."""
