"""Periodic evaluations: indices, ratings and the derived predikat."""
