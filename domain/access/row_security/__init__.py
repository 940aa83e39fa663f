"""Row-level security: rights and policies of each role's login in PostgreSQL."""
