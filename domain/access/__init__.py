"""Who may do what, and whose rows they see."""
