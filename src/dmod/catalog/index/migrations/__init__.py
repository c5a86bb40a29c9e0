"""How the tables of an index came to their present form, for Alembic."""
