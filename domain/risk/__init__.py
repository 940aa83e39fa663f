"""Risk list: models, scoring runs, scores and reasons."""
