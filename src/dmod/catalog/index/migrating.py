"""Bringing the tables of an index to their present form."""

from __future__ import annotations

from pathlib import Path

from dmod.catalog.index.tables import REVISION_TABLE, REVISIONS
from dmod.database import migrating
from dmod.database.database import Database

INDEX_TABLES = migrating.TableGroup(
    "index", REVISION_TABLE, REVISIONS, Path(__file__).parent / "migrations", lock=0x646D6F64
)


def migrate(database: Database) -> None:
    """Make the tables of the index, or bring them to their present form."""
    migrating.migrate(database, INDEX_TABLES)
