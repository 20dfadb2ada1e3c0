"""Kit: child processes and a PostgreSQL of this machine's own."""
