"""Summaries of units: counts, statistical disclosure control and publication.

They belong to this package, since training is counted too.
"""
