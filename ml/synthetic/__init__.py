"""A made-up province of civil servants whose hidden states are known."""
