"""Reading the tables of a GeoPackage with SQLite alone; shapes are left where they are."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from dmod.errors import HydrofabricError, NotFoundError
from dmod.hydrofabric.fabric import Column, Table

MAGIC = b"SQLite format 3\x00"
NEEDED = "a NextGen hydrofabric is a GeoPackage with the tables 'divides' and 'nexus'"

# spellings of the tables over the versions, compared without case, hyphen and underscore
_SPELLINGS = {
    "divides": ("divides", "catchments"),
    "nexus": ("nexus",),
    "flowpaths": ("flowpaths",),
    "flowpath_attributes": ("flowpathattributes",),
    "divide_attributes": ("divideattributes", "modelattributes"),
    "lakes": ("lakes",),
}
_SHAPE_TYPES = ("GEOMETRY", "POINT", "LINESTRING", "POLYGON", "CURVE", "SURFACE", "COLLECTION", "BLOB")
_TEXT_TYPES = ("TEXT", "CHAR", "CLOB", "DATE")
_KNOWN_STARTS = {
    b"\x89HDF": "a NetCDF or HDF5 file",
    b"CDF": "a NetCDF file",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"version https://git-lfs": "a Git LFS pointer, not the file itself",
    b"{": "a JSON document",
    b"<": "an HTML or XML document",
}
_WAL = 2  # the header's read version of a database in write-ahead mode


class GeoPackageTables(Mapping[str, Table]):
    """The tables of a GeoPackage by name, each read when it is asked for.

    Raises
    ------
    NotFoundError
        there is no such file.
    HydrofabricError
        the file is no GeoPackage, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(open_read_only(path)) as database:
            names = _ask(path, database, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        ours = ("gpkg_", "rtree_", "sqlite_")
        self._names = tuple(name for (name,) in names if not name.startswith(ours))
        self._read: dict[str, Table] = {}

    def __getitem__(self, name: str) -> Table:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            with closing(open_read_only(self.path)) as database:
                self._read[name] = read_table(self.path, database, name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def parts(self) -> dict[str, str]:
        """Return the name that each part of a hydrofabric has here; parts that are absent are left out."""
        names = {re.sub(r"[-_]", "", name.lower()): name for name in reversed(self._names)}
        return {
            part: names[spelling]
            for part, spellings in _SPELLINGS.items()
            for spelling in reversed(spellings)
            if spelling in names
        }


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open the file so that nothing beside it is created or changed; see `read_only_uri`."""
    try:
        return sqlite3.connect(read_only_uri(path), uri=True)
    except sqlite3.Error as error:
        raise HydrofabricError(f"{path} cannot be opened: {error}", hint="check its permissions") from error


def read_only_uri(path: Path) -> str:
    """Return the address under which SQLite opens the file without changing anything beside it.

    A database in write-ahead mode would get ``-wal`` and ``-shm`` files even from a reader; where no
    writer has left any, it is opened as immutable instead. That also works in a read-only folder.
    """
    _require_sqlite(path)
    with path.open("rb") as file:
        write_ahead = file.read(20)[19] == _WAL
    log = path.with_name(path.name + "-wal")
    at_rest = write_ahead and not (log.exists() and log.stat().st_size)
    options = "mode=ro&immutable=1" if at_rest else "mode=ro"
    return f"file:{quote(str(path.resolve()))}?{options}"


def ask(path: Path, statement: str, *values: str) -> list[tuple[Any, ...]]:
    """Return the rows that a query gives."""
    with closing(open_read_only(path)) as database:
        return _ask(path, database, statement, *values)


def quoted(name: str) -> str:
    """Return a table or column name as SQL takes any."""
    return '"' + name.replace('"', '""') + '"'


def read_table(path: Path, database: sqlite3.Connection, name: str) -> Table:
    """Return the columns of a table without shapes and row numbers.

    Numbers become float64 (NaN for null), text becomes objects ("" for null).
    """
    declared = [
        (column, kind.upper())
        for _, column, kind, *_, key in _ask(path, database, f"PRAGMA table_info({quoted(name)})")
        if not (key and column.lower() in {"fid", "ogc_fid"}) and not kind.upper().endswith(_SHAPE_TYPES)
    ]
    if not declared:
        return {}
    wanted = ", ".join(quoted(column) for column, _ in declared)
    rows = _ask(path, database, f"SELECT {wanted} FROM {quoted(name)}")
    columns = zip(*rows, strict=True) if rows else [()] * len(declared)
    return {
        column: as_column(values, text=any(word in kind for word in _TEXT_TYPES))
        for (column, kind), values in zip(declared, columns, strict=True)
    }


def as_column(values: tuple[Any, ...], *, text: bool) -> Column:
    """Return values as float64, or as text where they are declared so or are no numbers."""
    if not text and not any(isinstance(value, str | bytes) for value in values):
        return np.array(values, dtype=np.float64)
    return np.array(["" if value is None else str(value) for value in values], dtype=object)


def _ask(path: Path, database: sqlite3.Connection, statement: str, *values: str) -> list[tuple[Any, ...]]:
    try:
        return database.execute(statement, values).fetchall()
    except sqlite3.Error as error:
        raise HydrofabricError(
            f"{path} is damaged or cannot be read: {error}",
            hint="copy or download the file again; " + NEEDED,
        ) from error


def _require_sqlite(path: Path) -> None:
    """Say what the file is, if it is no SQLite database that is all there."""
    if not path.exists():
        raise NotFoundError(f"there is no hydrofabric {path}", hint="name the *.gpkg of the run package")
    if path.is_dir():
        raise HydrofabricError(f"{path} is a folder, not a hydrofabric", hint="name the *.gpkg inside")
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise HydrofabricError(f"{path} cannot be read: {error}", hint="check its permissions") from error
    if not head.startswith(MAGIC):
        raise HydrofabricError(f"{path} is no GeoPackage: it is {_what_it_is(head)}", hint=NEEDED)
    page = int.from_bytes(head[16:18], "big")
    whole = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    size = path.stat().st_size
    if len(head) < 100 or size < whole:
        raise HydrofabricError(
            f"{path} is cut short: {size} bytes of {whole}", hint="copy or download the file again"
        )


def _what_it_is(head: bytes) -> str:
    if not head:
        return "empty (0 bytes)"
    for start, description in _KNOWN_STARTS.items():
        if head.lstrip().startswith(start):
            return description
    text = head.decode("utf-8", errors="ignore")
    if len(text) > 0.9 * len(head) and all(sign.isprintable() or sign.isspace() for sign in text):
        return f"text that starts with {text[:40]!r}"
    return f"a binary file that starts with {head[:8].hex(' ')}"
