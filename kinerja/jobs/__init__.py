"""Background jobs: worker, registry and periodic jobs."""
