"""What there is: one port, in memory, in SQLite or in PostgreSQL."""
