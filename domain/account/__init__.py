"""Who may sign in, in which roles, and what is signed in now."""
