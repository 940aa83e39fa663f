"""A synthetic province of civil servants with known hidden states."""
