"""Background jobs: request and progress."""
