"""Accounts: sign-in, roles and sessions."""
