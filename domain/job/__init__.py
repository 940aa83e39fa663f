"""Jobs: request and progress."""
