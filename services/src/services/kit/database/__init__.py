"""Kit: PostgreSQL: connections, transactions, tables, migrations."""
