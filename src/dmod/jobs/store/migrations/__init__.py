"""How the tables of a job store came to their present form, for Alembic."""
