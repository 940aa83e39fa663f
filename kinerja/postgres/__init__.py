"""PostgreSQL: connections, transactions, row-level security, migrations."""
