"""Training and change management: catalogue, sessions, assignment, records, improvement."""
