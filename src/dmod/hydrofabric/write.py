"""Writing a hydrofabric: a GeoPackage with feature layers, spatial index and attribute tables.

The file is written aside and renamed when it is complete, so that nobody ever sees half of it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dmod.errors import AlreadyExists, HydrofabricError, StoreError
from dmod.hydrofabric.schema import (
    APPLICATION_ID,
    REFERENCE_SYSTEMS,
    RTREE_TRIGGERS,
    SYSTEM_TABLES,
    USER_VERSION,
)
from dmod.hydrofabric.shapes import Bounds, encode_geometry

GEOMETRY_TYPES = ("POINT", "LINESTRING", "POLYGON", "MULTILINESTRING", "MULTIPOLYGON")


@dataclass(frozen=True, slots=True)
class Layer:
    """One table to write: columns of equal length and, for a feature layer, a shape per row.

    Parameters
    ----------
    columns : name → values; the column type follows from them, NaN and None become null
    geometry : a shape or None per row, None for an attribute table; a point is (2,), a line (k, 2), a
        polygon its ring (k, 2) or its rings, a multi-shape its parts
    geometry_type : POINT, LINESTRING, POLYGON, MULTILINESTRING, MULTIPOLYGON
    """

    columns: Mapping[str, Sequence[Any] | np.ndarray[Any, Any]]
    geometry: Sequence[Any] | np.ndarray[Any, Any] | None = None
    geometry_type: str = "POLYGON"

    def __len__(self) -> int:
        columns = self.columns.values() if self.geometry is None else [self.geometry]
        return len(next(iter(columns), ()))


def write_geopackage(
    path: Path | str, tables: Mapping[str, Layer], *, srs: int = 5070, overwrite: bool = False
) -> Path:
    """Write the tables as a GeoPackage (version 1.2, readable by GDAL and by the framework).

    On failure nothing is left behind, and a file that was there before is unchanged.

    Parameters
    ----------
    srs : EPSG code of all coordinates: 5070 (NAD83 / Conus Albers), 4326 or 3857

    Raises
    ------
    AlreadyExists
        the file exists and is not to be overwritten.
    HydrofabricError
        a table's columns differ in length, or its geometry cannot be stored.
    StoreError
        the disk is full or the folder cannot be written.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise AlreadyExists(f"{path} exists already", hint="choose another name, or ask for overwriting")
    for name, layer in tables.items():
        _check(name, layer, srs)
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        with closing(sqlite3.connect(aside, isolation_level=None)) as database:
            _write(database, tables, srs)
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        aside.replace(path)
    except (sqlite3.OperationalError, OSError) as error:
        raise StoreError(
            f"{path} could not be written: {error}", hint="check free space and permissions", retryable=True
        ) from error
    finally:
        with suppress(OSError):  # the folder itself may be what is missing
            aside.unlink(missing_ok=True)
    return path


def _check(name: str, layer: Layer, srs: int) -> None:
    lengths = {column: len(values) for column, values in layer.columns.items()}
    if layer.geometry is not None:
        lengths["geom"] = len(layer.geometry)
        if layer.geometry_type not in GEOMETRY_TYPES:
            raise HydrofabricError(
                f"table {name}: geometry type {layer.geometry_type!r} cannot be stored",
                hint=f"one of {', '.join(GEOMETRY_TYPES)}",
            )
    if len(set(lengths.values())) > 1:
        raise HydrofabricError(f"table {name}: columns differ in length: {lengths}")
    if srs not in REFERENCE_SYSTEMS:
        raise HydrofabricError(
            f"reference system EPSG:{srs} cannot be written",
            hint=f"one of {', '.join(str(code) for code in REFERENCE_SYSTEMS if code > 0)}",
        )


def _write(database: sqlite3.Connection, tables: Mapping[str, Layer], srs: int) -> None:
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {USER_VERSION}")
    database.execute("BEGIN")
    for statement in SYSTEM_TABLES:
        database.execute(statement)
    database.executemany(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        [system for code, system in REFERENCE_SYSTEMS.items() if code in {-1, 0, 4326, srs}],
    )
    for name, layer in tables.items():
        if layer.geometry is None:
            _write_attributes(database, name, layer)
        else:
            _write_features(database, name, layer, srs)
    database.execute("COMMIT")


def _write_attributes(database: sqlite3.Connection, name: str, layer: Layer) -> None:
    _fill(database, name, [_stored(values) for values in layer.columns.values()], layer, geometry=())
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)"
        " VALUES (?, 'attributes', ?, 0)",
        (name, name),
    )


def _write_features(database: sqlite3.Connection, name: str, layer: Layer, srs: int) -> None:
    shapes = [] if layer.geometry is None else layer.geometry
    encoded = [
        (None, None) if shape is None else encode_geometry(layer.geometry_type, shape, srs)
        for shape in shapes
    ]
    columns = [[blob for blob, _ in encoded], *(_stored(values) for values in layer.columns.values())]
    _fill(database, name, columns, layer, geometry=(f'"geom" {layer.geometry_type}',))
    bounds = {fid: box for fid, (_, box) in enumerate(encoded, start=1) if box is not None}
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id)"
        " VALUES (?, 'features', ?, ?, ?, ?, ?, ?)",
        (name, name, *_extent(list(bounds.values())), srs),
    )
    database.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (name, layer.geometry_type, srs)
    )
    _index(database, name, bounds)


def _fill(
    database: sqlite3.Connection,
    name: str,
    values: Sequence[Sequence[Any]],
    layer: Layer,
    *,
    geometry: tuple[str, ...],
) -> None:
    declared = [f"{_quoted(column)} {_type(content)}" for column, content in layer.columns.items()]
    columns = ", ".join(['"fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL', *geometry, *declared])
    database.execute(f"CREATE TABLE {_quoted(name)} ({columns})")
    if len(layer):
        marks = ", ".join("?" * (len(values) + 1))
        rows = zip(range(1, len(layer) + 1), *values, strict=True)
        database.executemany(f"INSERT INTO {_quoted(name)} VALUES ({marks})", rows)


def _index(database: sqlite3.Connection, name: str, bounds: Mapping[int, Bounds]) -> None:
    """Build the R-tree and the triggers that keep it true when another program edits the layer."""
    rtree = _quoted(f"rtree_{name}_geom")
    database.execute(f"CREATE VIRTUAL TABLE {rtree} USING rtree(id, minx, maxx, miny, maxy)")
    database.executemany(
        f"INSERT INTO {rtree} VALUES (?, ?, ?, ?, ?)",
        ((fid, box[0], box[2], box[1], box[3]) for fid, box in bounds.items()),
    )
    for trigger in RTREE_TRIGGERS:
        database.execute(trigger.format(table=name.replace('"', '""'), column="geom"))
    database.execute(
        "INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index',"
        " 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
        (name,),
    )


def _extent(bounds: Sequence[Bounds]) -> Sequence[float | None]:
    if not bounds:
        return (None, None, None, None)
    boxes = np.array(bounds)
    return [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()]


def _type(values: Sequence[Any] | np.ndarray[Any, Any]) -> str:
    """Return the column type: from the array's own type where it has one, else from the values."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        return {"b": "BOOLEAN", "i": "INTEGER", "u": "INTEGER", "f": "REAL"}.get(values.dtype.kind, "TEXT")
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {bool, np.bool_}:
        return "BOOLEAN"
    if kinds and all(issubclass(kind, int | np.integer) for kind in kinds):
        return "INTEGER"
    if not kinds or any(issubclass(kind, str) for kind in kinds):
        return "TEXT"
    return "REAL"


def _stored(values: Sequence[Any] | np.ndarray[Any, Any]) -> list[Any]:
    """Return plain Python values; SQLite itself stores NaN as null."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        plain: list[Any] = values.tolist()
        return plain
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
