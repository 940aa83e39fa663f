"""Models, scoring runs, scores and reasons of the risk list."""
