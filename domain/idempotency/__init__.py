"""Idempotency of commands: their used keys."""
