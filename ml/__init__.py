"""The synthetic province, the risk model and its jobs."""
