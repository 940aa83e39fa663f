"""HTTP: requests, responses, limits."""
