"""Summaries of units: counts and their protected publication; here since training is counted too."""
