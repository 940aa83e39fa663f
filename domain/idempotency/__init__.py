"""Idempotency of commands: the keys they ran under."""
