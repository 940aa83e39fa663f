"""Audit: access log, sealing of the hash chain, signing key."""
