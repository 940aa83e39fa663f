"""What was done, and what was asked before."""
