"""The made-up province, the risk model and its jobs."""
