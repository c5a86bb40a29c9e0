"""Databases that hold what dmod knows, opened and migrated: SQLite and PostgreSQL from one source."""
