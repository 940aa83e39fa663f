"""Effect studies of training: eligible trials, verdicts, and textbook estimators for comparison."""
