"""The file of a map: its shapes at several levels of detail, found by place, and the tiles made of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import replacing
from dmod.services.maps.layers import LEVELS, Layer
from dmod.services.maps.mercator import Bounds, latitudes, longitudes, pixel

FORMAT = 1
"""Of the file; one of another format is made anew."""
BLOCK = 20_000
_SCHEMA = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE layer (number INTEGER PRIMARY KEY, name TEXT NOT NULL, shapes INTEGER NOT NULL,
    first INTEGER NOT NULL);
CREATE TABLE place (id TEXT NOT NULL, layer INTEGER NOT NULL, west REAL, south REAL, east REAL, north REAL,
    PRIMARY KEY (id, layer)) WITHOUT ROWID;
CREATE TABLE shape (key INTEGER PRIMARY KEY, layer INTEGER NOT NULL, first INTEGER NOT NULL, id TEXT NOT NULL,
    properties TEXT NOT NULL, wkb BLOB NOT NULL);
CREATE VIRTUAL TABLE box USING rtree(key, west, east, south, north, low, high);
CREATE TABLE tile (zoom INTEGER, x INTEGER, y INTEGER, content BLOB NOT NULL, PRIMARY KEY (zoom, x, y));
"""


def write_pyramid(path: Path, layers: list[Layer], tell: Callable[[str], None]) -> None:
    """Write the file of a map; it is complete or not there.

    Raises
    ------
    StoreError
        the disk is full, or the folder cannot be written.
    """
    with replacing(path) as hidden, closing(sqlite3.connect(hidden, isolation_level=None)) as database:
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        database.execute("BEGIN")
        for number, layer in enumerate(layers):
            tell(f"drawing {len(layer.ids):,} {layer.name}")
            count = len(layer.ids)
            first = int(layer.first.min()) if count else 0
            database.execute("INSERT INTO layer VALUES (?, ?, ?, ?)", (number, layer.name, count, first))
            _write_places(database, number, layer)
            for high, low, rows, shapes in _levels(layer):
                _write_level(database, number, layer, (high, low), rows, shapes)
        bounds = _bounds(layers)
        facts = {"format": FORMAT, "bounds": bounds}
        database.executemany(
            "INSERT INTO fact VALUES (?, ?)", [(name, json.dumps(value)) for name, value in facts.items()]
        )
        database.execute("COMMIT")


def _write_places(database: sqlite3.Connection, number: int, layer: Layer) -> None:
    """Note where each shape is [degrees]."""
    import shapely

    west, south, east, north = shapely.bounds(layer.shapes).reshape(-1, 4).T
    columns = (longitudes(west), latitudes(south), longitudes(east), latitudes(north))
    rows = zip(layer.ids, *(np.round(column, 6).tolist() for column in columns), strict=True)
    database.executemany(
        "INSERT OR IGNORE INTO place VALUES (?, ?, ?, ?, ?, ?)",
        ((identifier, number, *bounds) for identifier, *bounds in rows),
    )


def _levels(layer: Layer) -> Iterator[tuple[int, int, NDArray[np.int64], NDArray[Any]]]:
    """Yield highest and lowest zoom of each level, which shapes it has, and these simplified."""
    import shapely

    rows, shapes = np.arange(len(layer.ids)), layer.shapes
    if layer.is_points:
        yield LEVELS[0], 0, rows, shapes
        return
    for high, below in zip(LEVELS, (*LEVELS[1:], -1), strict=True):
        seen = layer.first[rows] <= high
        rows, shapes = rows[seen], shapes[seen]
        if rows.size == 0:
            return
        if high < LEVELS[0]:
            shapes = _simplified(layer.name, shapes, pixel(high) / 2.0)
        there = ~shapely.is_empty(shapes)
        yield high, below + 1, rows[there], shapes[there]


def _simplified(name: str, shapes: NDArray[Any], tolerance: float) -> NDArray[Any]:
    import shapely

    if name == "catchments":  # borders that they share stay shared
        return np.asarray(shapely.coverage_simplify(shapes, tolerance))
    return np.asarray(shapely.simplify(shapes, tolerance, preserve_topology=False))


def _write_level(
    database: sqlite3.Connection,
    number: int,
    layer: Layer,
    zooms: tuple[int, int],
    rows: NDArray[np.int64],
    shapes: NDArray[Any],
) -> None:
    import shapely

    high, low = zooms
    names = list(layer.properties)
    key = database.execute("SELECT coalesce(max(key), 0) FROM shape").fetchone()[0] + 1
    for begin in range(0, len(rows), BLOCK):
        block, some = rows[begin : begin + BLOCK].tolist(), shapes[begin : begin + BLOCK]
        bounds = shapely.bounds(some).tolist()
        content = shapely.to_wkb(some)
        first = layer.first[block].tolist()
        database.executemany(
            "INSERT INTO shape VALUES (?, ?, ?, ?, ?, ?)",
            (
                (key + i, number, first[i], layer.ids[row],
                 json.dumps({name: layer.properties[name][row] for name in names}), content[i])
                for i, row in enumerate(block)
            ),
        )  # fmt: skip
        database.executemany(
            "INSERT INTO box VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((key + i, w, e, s, n, low, high) for i, (w, s, e, n) in enumerate(bounds)),
        )
        key += len(block)


def _bounds(layers: list[Layer]) -> list[float]:
    """Return west, south, east, north of all shapes [degrees]; the world where there are none."""
    import shapely

    boxes = [shapely.total_bounds(layer.shapes) for layer in layers if len(layer.ids)]
    if not boxes:
        return [-180.0, -85.0, 180.0, 85.0]
    west, south = np.min(boxes, axis=0)[:2]
    east, north = np.max(boxes, axis=0)[2:]
    return [float(x) for x in (longitudes(west), latitudes(south), longitudes(east), latitudes(north))]


class Pyramid:
    """The file of a map, open.

    Parameters
    ----------
    path : that :func:`write_pyramid` wrote
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(self._open()) as database:
            facts = {name: json.loads(value) for name, value in database.execute("SELECT * FROM fact")}
            found = list(database.execute("SELECT number, name, shapes, first FROM layer ORDER BY number"))
        self.bounds: tuple[float, float, float, float] = tuple(facts["bounds"])
        self.format = facts["format"]
        self.layers: dict[int, tuple[str, int, int]] = {n: (name, c, f) for n, name, c, f in found}

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30.0)

    def shapes(self, zoom: int, bounds: Bounds) -> dict[str, list[tuple[str, dict[str, Any], bytes]]]:
        """Return what touches a box at a zoom: id, properties and shape (WKB) by layer."""
        west, south, east, north = bounds
        with closing(self._open()) as database:
            rows = database.execute(
                "SELECT layer, id, properties, wkb FROM box JOIN shape USING (key)"
                " WHERE east >= ? AND west <= ? AND north >= ? AND south <= ? AND low <= ? AND high >= ?"
                " AND first <= ? ORDER BY key",
                (west, east, south, north, zoom, zoom, zoom),
            ).fetchall()
        found: dict[str, list[tuple[str, dict[str, Any], bytes]]] = {}
        for number, identifier, properties, wkb in rows:
            found.setdefault(self.layers[number][0], []).append((identifier, json.loads(properties), wkb))
        return found

    def place(self, identifier: str, layer: str) -> Bounds | None:
        """Return west, south, east, north of a shape [degrees]; None where it has none."""
        return self.places([identifier], layer)[0]

    def places(self, ids: Sequence[str], layer: str) -> list[Bounds | None]:
        """Return the same of several shapes."""
        number = next((n for n, (name, *_) in self.layers.items() if name == layer), -1)
        query = "SELECT west, south, east, north FROM place WHERE id = ? AND layer = ?"
        with closing(self._open()) as database:
            return [database.execute(query, (identifier, number)).fetchone() for identifier in ids]

    def kept(self, zoom: int, x: int, y: int) -> bytes | None:
        """Return a tile that was made before."""
        with closing(self._open()) as database:
            row = database.execute(
                "SELECT content FROM tile WHERE zoom = ? AND x = ? AND y = ?", (zoom, x, y)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def keep(self, zoom: int, x: int, y: int, content: bytes) -> None:
        """Keep a tile for the next time; where that cannot be, it is made again."""
        with closing(self._open()) as database, database:
            database.execute("INSERT OR REPLACE INTO tile VALUES (?, ?, ?, ?)", (zoom, x, y, content))
