"""PostgreSQL: connections, transactions, row security, migrations."""
