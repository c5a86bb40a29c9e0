"""Where users, tokens and the audit log are kept: one port, in memory, in SQLite or in PostgreSQL."""
