"""How the tables of accounts came to their present form, for Alembic."""
