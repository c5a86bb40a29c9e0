"""What a GeoPackage holds, and its columns in blocks, read straight from SQLite."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.errors import HydrofabricError
from dmod.hydrofabric.geopackage import NEEDED, open_read_only, quoted

BLOCK = 50_000
RASTERS = frozenset({"tiles", "2d-gridded-coverage"})

_OURS = ("gpkg_", "rtree_", "sqlite_")
_SHAPES = ("GEOMETRY", "POINT", "LINESTRING", "POLYGON", "CURVE", "SURFACE", "COLLECTION")
_SPELLINGS = {"catchments": "divides", "modelattributes": "divideattributes"}


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table of the source.

    Parameters
    ----------
    sql : how it was created
    columns : all that are stored, in their order
    geometry : name of the column with shapes; "" for none
    rowid : a name that SQLite takes for the row number; "" where rows have none
    data_type : as registered: "features", "attributes", …; "" where it is not registered
    """

    name: str
    sql: str
    columns: tuple[str, ...]
    geometry: str = ""
    rowid: str = "rowid"
    data_type: str = ""

    @property
    def part(self) -> str:
        """What the table is, in one spelling for all versions: ``divides``, ``flowpathattributes``, …."""
        plain = re.sub(r"[-_]", "", self.name.lower())
        return _SPELLINGS.get(plain, plain)

    def column(self, *names: str) -> str:
        """Return the first of the columns that is there, however it is spelt; "" for none."""
        spelt = {column.lower(): column for column in self.columns}
        return next((spelt[name.lower()] for name in names if name.lower() in spelt), "")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a fabric for reading; what SQLite cannot read is said to be damaged.

    Raises
    ------
    NotFoundError, HydrofabricError
        there is no such file, it is no GeoPackage, or it is damaged.
    """
    with closing(open_read_only(path)) as database:
        try:
            yield database
        except sqlite3.DatabaseError as error:
            raise HydrofabricError(
                f"{path} is damaged or cannot be read: {error}",
                hint="copy or download the file again; " + NEEDED,
            ) from error


def describe_tables(database: sqlite3.Connection) -> list[SourceTable]:
    """Return the user's tables in the order in which they were made."""
    made = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        " ORDER BY rowid"
    ).fetchall()
    kinds = _registered(database, "gpkg_contents", "data_type")
    shapes = _registered(database, "gpkg_geometry_columns", "column_name")
    return [
        _described(database, name, sql, kinds.get(name.lower(), ""), shapes.get(name.lower(), ""))
        for name, sql in made
        if not name.startswith(_OURS)
    ]


def view_names(database: sqlite3.Connection) -> list[str]:
    """Return the views of the source."""
    rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY rowid")
    return [name for (name,) in rows]


def has_table(database: sqlite3.Connection, name: str) -> bool:
    """Return whether there is a table of that name, virtual ones included."""
    found = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,))
    return found.fetchone() is not None


def scan(
    database: sqlite3.Connection, table: SourceTable, columns: Sequence[str]
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield row numbers and columns in blocks, ``[rowids, values of the first column, …]``.

    A column without a name is yielded as nulls.
    """
    wanted = ", ".join([table.rowid, *(quoted(column) if column else "NULL" for column in columns)])
    cursor = database.execute(f"SELECT {wanted} FROM {quoted(table.name)}")
    while rows := cursor.fetchmany(BLOCK):
        yield list(zip(*rows, strict=True))


def whole(database: sqlite3.Connection, table: SourceTable, columns: Sequence[str]) -> list[list[Any]]:
    """Return row numbers and columns of a whole table, as `scan` yields them."""
    found: list[list[Any]] = [[] for _ in range(len(columns) + 1)]
    for block in scan(database, table, columns):
        for kept, values in zip(found, block, strict=True):
            kept.extend(values)
    return found


def _registered(database: sqlite3.Connection, table: str, column: str) -> dict[str, str]:
    if not has_table(database, table):
        return {}
    return {
        name.lower(): value for name, value in database.execute(f"SELECT table_name, {column} FROM {table}")
    }


def _described(
    database: sqlite3.Connection, name: str, sql: str, data_type: str, geometry: str
) -> SourceTable:
    stored = [
        (column, declared.upper())
        for _, column, declared, _, _, _, hidden in database.execute(f"PRAGMA table_xinfo({quoted(name)})")
        if not hidden
    ]
    columns = tuple(column for column, _ in stored)
    plain = {column.lower() for column in columns}
    if not geometry and data_type == "features":
        geometry = next((column for column, kind in stored if kind.startswith(_SHAPES)), "")
    numberless = re.search(r"\)\s*[^()]*\bWITHOUT\s+ROWID\b[^()]*$", sql, re.IGNORECASE)
    free = next((word for word in ("rowid", "_rowid_", "oid") if word not in plain), "")
    return SourceTable(name, sql, columns, geometry, "" if numberless else free, data_type)
