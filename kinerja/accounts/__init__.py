"""Embedded accounts: passwords, tokens, sessions and service accounts."""
