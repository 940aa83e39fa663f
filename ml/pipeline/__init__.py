"""Jobs of the risk model, its registry and scoring runs."""
