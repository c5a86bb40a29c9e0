"""The tables of an index, and how they come to their present form."""

from __future__ import annotations

from pathlib import Path

from dmod.catalog.index.tables import REVISION_TABLE, REVISIONS
from dmod.database.migrating import TableGroup

INDEX_TABLES = TableGroup(
    "index", REVISION_TABLE, REVISIONS, Path(__file__).parent / "migrations", lock=0x646D6F64
)
