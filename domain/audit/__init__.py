"""Who looked, and the chain that seals what was done and seen."""
