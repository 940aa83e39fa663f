"""Who is assigned to a session, why, and by whose decision."""
