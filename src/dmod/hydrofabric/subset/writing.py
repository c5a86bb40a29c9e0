"""Write a part of a fabric: rows are copied by their number, every value and shape as it is."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from dmod.core.atomic import replacing
from dmod.errors import AlreadyExists, HydrofabricError, InputError, StoreError
from dmod.hydrofabric.geopackage import NEEDED, quoted, read_only_uri
from dmod.hydrofabric.subset.graph import Index
from dmod.hydrofabric.subset.index import FabricIndex, IndexedTable
from dmod.hydrofabric.subset.registering import Register
from dmod.hydrofabric.subset.source import SourceTable, describe_tables

INDEXED = ("id", "toid", "divide_id", "link", "nex_id", "poi_id", "hl_id", "lake_id")
"""Columns that get an ordinary index in every table that has them."""

_CACHE_KIB = 65_536
_OF_SOURCE = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_SCHEMA"})


def require_place(output: Path, fabric: Path, *, overwrite: bool) -> None:
    """Refuse an output that must not be written.

    Raises
    ------
    InputError
        it is a folder, or the fabric itself.
    AlreadyExists
        it is there and not to be replaced.
    """
    if output.is_dir():
        raise InputError(f"{output} is a folder", hint=f"name a file, such as {output / 'basin.gpkg'}")
    if output.exists() and output.samefile(fabric):
        raise InputError(f"{output} is the fabric itself", hint="name another file")
    if output.exists() and not overwrite:
        raise AlreadyExists(
            f"{output} exists already", hint="name another file, or replace it with --overwrite"
        )


def rows_of(index: FabricIndex, nodes: Index) -> dict[str, Index]:
    """Return the numbers of the rows of every table that belong to features.

    Tables that are copied whole or not at all are left out.
    """
    return {
        table.name: index.rows(number, nodes)
        for number, table in enumerate(index.tables)
        if table.how == "rows"
    }


def write_subset(
    index: FabricIndex, nodes: Index, output: Path, *, record: Mapping[str, Any], needed: int = 0
) -> dict[str, int]:
    """Write the rows of all tables that belong to features as a GeoPackage; return how many by table.

    The file appears when it is complete; on failure nothing is left and an earlier file is as it was.

    Parameters
    ----------
    record : what the subset is; kept in the file's metadata
    needed : bytes that will be written, as far as known, for the message when the disk is full

    Raises
    ------
    HydrofabricError
        the fabric is damaged, or has changed since it was indexed.
    StoreError
        the disk is full, or the folder cannot be written; retryable where space was short.
    """
    rows = rows_of(index, nodes)
    with replacing(output, needed=needed) as hidden, _blamed(index.fabric, output, needed):
        hidden.unlink(missing_ok=True)
        with closing(sqlite3.connect(hidden.absolute(), isolation_level=None, uri=True)) as database:
            return _write(database, index, rows, record)


def _write(
    database: sqlite3.Connection, index: FabricIndex, rows: Mapping[str, Index], record: Mapping[str, Any]
) -> dict[str, int]:
    database.execute("ATTACH ? AS source", (read_only_uri(index.fabric),))
    for pragma in ("application_id", "user_version", "page_size"):
        (value,) = database.execute(f"PRAGMA source.{pragma}").fetchone()
        database.execute(f"PRAGMA main.{pragma} = {value}")
    for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
        database.execute(f"PRAGMA main.{setting}")
    database.execute("PRAGMA temp_store = MEMORY")
    database.execute("CREATE TEMP TABLE picked (number INTEGER PRIMARY KEY)")
    with closing(sqlite3.connect(read_only_uri(index.fabric), uri=True)) as source:
        tables = {table.name: table for table in describe_tables(source)}
    database.execute("BEGIN")
    register = Register(database)
    written = {}
    for table in index.tables:
        if table.how != "none":
            found = tables[table.name]
            written[table.name] = _copy(database, index, table, found, rows.get(table.name))
            register.add(found, written[table.name])
            _add_indexes(database, found)
    register.finish(json.dumps(record))
    database.execute("COMMIT")
    return written


def _copy(
    database: sqlite3.Connection,
    index: FabricIndex,
    table: IndexedTable,
    found: SourceTable,
    rows: Index | None,
) -> int:
    """Make a table as it is in the source and copy its rows in their order; return how many."""
    database.execute(found.sql)
    name = quoted(table.name)
    columns = ", ".join(map(quoted, found.columns))
    if rows is None:
        cursor = database.execute(f"INSERT INTO main.{name} ({columns}) SELECT {columns} FROM source.{name}")
        return cursor.rowcount
    database.execute("DELETE FROM picked")
    database.executemany("INSERT INTO picked VALUES (?)", zip(rows.tolist(), strict=True))
    taken = ", ".join(f"t.{quoted(column)}" for column in found.columns)
    cursor = database.execute(
        f"INSERT INTO main.{name} ({columns}) SELECT {taken} FROM temp.picked AS p"
        f" CROSS JOIN source.{name} AS t ON t.{found.rowid} = p.number ORDER BY p.number"
    )
    if cursor.rowcount != rows.size:
        raise HydrofabricError(
            f"{index.fabric}: table {table.name!r} has {cursor.rowcount} of the {rows.size} rows that the"
            f" index {index.file} says",
            hint="build it anew with --rebuild-index",
        )
    return cursor.rowcount


def _add_indexes(database: sqlite3.Connection, table: SourceTable) -> None:
    """Make the indexes that the source has, and one for every key that has none yet."""
    covered = set()
    for name, sql in database.execute(
        "SELECT name, sql FROM source.sqlite_master"
        " WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?",
        (table.name,),
    ).fetchall():
        database.execute(sql)
        covered.add(database.execute(f"PRAGMA main.index_info({quoted(name)})").fetchone()[2])
    for column in table.columns:
        if column.lower() in INDEXED and column not in covered:
            name = quoted(f"idx_{table.name}_{column}")
            database.execute(
                f"CREATE INDEX IF NOT EXISTS main.{name} ON {quoted(table.name)} ({quoted(column)})"
            )


@contextmanager
def _blamed(fabric: Path, output: Path, needed: int) -> Iterator[None]:
    """Tell a source that cannot be read from an output that cannot be written."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if name in _OF_SOURCE or name.startswith(("SQLITE_CORRUPT", "SQLITE_IOERR_READ")):
            raise HydrofabricError(
                f"{fabric} is damaged or cannot be read: {error}",
                hint="copy or download the file again; " + NEEDED,
            ) from error
        if not name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise HydrofabricError(f"{fabric} cannot be copied: {error}", hint=NEEDED) from error
        raise _unwritten(output, needed, error) from error


def _unwritten(output: Path, needed: int, error: sqlite3.DatabaseError) -> StoreError:
    free = shutil.disk_usage(output.parent).free if output.parent.is_dir() else 0
    about = f" needs about {needed / 1e6:.1f} MB, free {free / 1e6:,.1f} MB" if needed else ""
    full = str(error).startswith("database or disk is full") or "I/O" in str(error)
    return StoreError(
        f"{output} cannot be written: {error};{about}" if about else f"{output} cannot be written: {error}",
        hint="free some space, raise the limit on file sizes, or name another folder;"
        " nothing was left half-written",
        retryable=full,
    )
