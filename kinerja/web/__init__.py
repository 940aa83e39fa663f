"""HTTP layer: requests, responses, rate limit, deadlines, compression."""
