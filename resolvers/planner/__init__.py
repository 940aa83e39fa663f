"""Planner: from a document to one SQL."""
