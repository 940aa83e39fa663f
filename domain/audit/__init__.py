"""Audit: trail, access log, and the chain sealing both."""
