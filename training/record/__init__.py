"""Completed training, in hours of learning (JP)."""
