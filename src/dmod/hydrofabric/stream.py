"""Writing a GeoPackage of any size: tables are declared first, then rows are added batch by batch.

What is kept in memory is one batch and the bounds of the shapes; the spatial index is filled at the end.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import replacing
from dmod.errors import AlreadyExists
from dmod.hydrofabric.geopackage import quoted
from dmod.hydrofabric.schema import (
    APPLICATION_ID,
    REFERENCE_SYSTEMS,
    RTREE_TRIGGERS,
    SYSTEM_TABLES,
    USER_VERSION,
)
from dmod.hydrofabric.shape_arrays import ShapeArray
from dmod.hydrofabric.version22 import TableForm

Values = Sequence[Any] | NDArray[Any]
_CACHE = "PRAGMA cache_size = -65536"  # KiB


@contextmanager
def streaming(
    path: Path,
    forms: Mapping[str, TableForm],
    *,
    srs: int = 5070,
    overwrite: bool = False,
    needed: int = 0,
) -> Iterator[GeoPackageStream]:
    """Yield a GeoPackage with empty tables to add rows to; it appears at ``path`` when the block ends well.

    On failure nothing is left behind, and a file that was there before is unchanged.

    Parameters
    ----------
    srs : EPSG code of all coordinates: 5070, 4326 or 3857
    needed : bytes that will be written, as far as known, for the message when the disk is full

    Raises
    ------
    AlreadyExists
        the file exists and is not to be overwritten.
    StoreError
        the disk is full or the folder cannot be written.
    """
    if path.exists() and not overwrite:
        raise AlreadyExists(f"{path} exists already", hint="choose another name, or ask for overwriting")
    with (
        replacing(path, needed=needed) as hidden,
        _as_system_errors(hidden),
        closing(sqlite3.connect(hidden, isolation_level=None)) as database,
    ):
        stream = GeoPackageStream(database, forms, srs)
        yield stream
        stream.finish()


@contextmanager
def _as_system_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says about a disk that takes no more into the system's own error."""
    try:
        yield
    except sqlite3.OperationalError as error:
        full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error), str(path)) from error


class GeoPackageStream:
    """The tables of a GeoPackage that is being written."""

    def __init__(self, database: sqlite3.Connection, forms: Mapping[str, TableForm], srs: int) -> None:
        self._database, self._forms, self._srs = database, forms, srs
        self._rows = dict.fromkeys(forms, 0)
        self._bounds: dict[str, list[NDArray[np.float64]]] = {
            name: [] for name, form in forms.items() if form.geometry_type
        }
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", _CACHE):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {USER_VERSION}")
        database.execute("BEGIN")
        for statement in SYSTEM_TABLES:
            database.execute(statement)
        systems = [system for code, system in REFERENCE_SYSTEMS.items() if code in {-1, 0, 4326, srs}]
        database.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", systems)
        for name, form in forms.items():
            self._declare(name, form)

    @property
    def rows(self) -> Mapping[str, int]:
        """Number of rows that each table has so far."""
        return self._rows

    def add(self, name: str, columns: Mapping[str, Values], shapes: ShapeArray | None = None) -> None:
        """Add rows to a table.

        Parameters
        ----------
        columns : every column of the table, of equal length; NaN and None become null
        shapes : one for each row of a feature table

        Raises
        ------
        ValueError
            the columns are not those of the table, or differ in length.
        """
        form = self._forms[name]
        if set(columns) != set(form.columns) or (shapes is None) == bool(form.geometry_type):
            odd = set(columns).symmetric_difference(form.columns)
            raise ValueError(f"table {name}: columns or shapes do not fit: {', '.join(sorted(odd))}")
        values = [_plain(columns[column]) for column in form.columns]
        if shapes is not None:
            values.insert(0, shapes.encoded(self._srs))
            self._bounds[name].append(shapes.bounds())
        first = self._rows[name] + 1
        count = len(values[0])
        marks = ", ".join("?" * (len(values) + 1))
        self._database.executemany(
            f"INSERT INTO {quoted(name)} VALUES ({marks})",
            zip(range(first, first + count), *values, strict=True),
        )
        self._rows[name] += count

    def finish(self) -> None:
        """Fill the spatial indexes, register the layers and close the transaction."""
        for name, form in self._forms.items():
            if form.geometry_type:
                self._register(name, form.geometry_type)
        self._database.execute("COMMIT")

    def _declare(self, name: str, form: TableForm) -> None:
        columns = [f"{quoted(column)} {kind}" for column, kind in form.columns.items()]
        shape = [f'"geom" {form.geometry_type}'] if form.geometry_type else []
        declared = ", ".join(['"fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL', *shape, *columns])
        self._database.execute(f"CREATE TABLE {quoted(name)} ({declared})")
        if not form.geometry_type:
            self._database.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)"
                " VALUES (?, 'attributes', ?, 0)",
                (name, name),
            )

    def _register(self, name: str, geometry_type: str) -> None:
        boxes = np.concatenate([np.empty((0, 4)), *self._bounds.pop(name)])
        extent: list[float | None] = [None] * 4
        if len(boxes):
            extent = [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()]
        self._database.execute(
            "INSERT INTO gpkg_contents"
            " (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id)"
            " VALUES (?, 'features', ?, ?, ?, ?, ?, ?)",
            (name, name, *extent, self._srs),
        )
        self._database.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)",
            (name, geometry_type, self._srs),
        )
        self._index(name, boxes)

    def _index(self, name: str, boxes: NDArray[np.float64]) -> None:
        rtree = quoted(f"rtree_{name}_geom")
        self._database.execute(f"CREATE VIRTUAL TABLE {rtree} USING rtree(id, minx, maxx, miny, maxy)")
        self._database.executemany(
            f"INSERT INTO {rtree} VALUES (?, ?, ?, ?, ?)",
            zip(range(1, len(boxes) + 1), *(boxes[:, i].tolist() for i in (0, 2, 1, 3)), strict=True),
        )
        for trigger in RTREE_TRIGGERS:
            self._database.execute(trigger.format(table=name.replace('"', '""'), column="geom"))
        self._database.execute(
            "INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index',"
            " 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
            (name,),
        )


def _plain(values: Values) -> Sequence[Any]:
    """Return plain Python values; SQLite itself stores NaN as null."""
    if isinstance(values, np.ndarray):
        plain: list[Any] = values.tolist()
        return plain
    return values
