"""The second wall: what PostgreSQL itself lets each role's login see and change."""
