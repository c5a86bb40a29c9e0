"""Bounding boxes of shapes, from the head of their binary form."""

from __future__ import annotations

import math
import sqlite3
import struct
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.geopackage import quoted
from dmod.hydrofabric.shapes import strip_header
from dmod.hydrofabric.subset.source import SourceTable, has_table

Box = tuple[float, float, float, float]
Boxes = NDArray[np.float32]

HEAD = 64
"""Bytes at the start of a shape that hold its bounding box, or the whole of it if it is a point."""

_BLOCK = 100_000
_POINT = 1


def box_of(head: bytes | None) -> Box | None:
    """Return (west, south, east, north) of a shape from its first bytes.

    None where it is null or empty, and where the bounding box does not stand at the start.
    GeoPackage and SpatiaLite binary are understood.
    """
    if head is None or len(head) < 13:
        return None
    if head[:1] == b"\0":  # SpatiaLite: 00, byte order, system, west, south, east, north
        west, south, east, north = struct.unpack_from("<4d" if head[1] else ">4d", head, 6)
        return (west, south, east, north)
    order = "<" if head[3] & 1 else ">"
    if head[3] >> 1 & 7:
        west, east, south, north = struct.unpack_from(order + "4d", head, 8)
        return None if math.isnan(west) else (west, south, east, north)
    order = "<" if head[8] else ">"
    if struct.unpack_from(order + "I", head, 9)[0] % 1000 != _POINT:
        return None
    x, y = struct.unpack_from(order + "2d", head, 13)
    return None if math.isnan(x) else (x, y, x, y)


def boxes_of_rows(
    database: sqlite3.Connection, table: SourceTable, rows: Sequence[int] | None = None
) -> Iterable[tuple[int, Box]]:
    """Yield row number and bounding box of the shapes that are not empty, of some rows or of all."""
    name, shape = quoted(table.name), quoted(table.geometry)
    fields = f"t.{table.rowid}, substr(t.{shape}, 1, {HEAD})"
    statement = f"SELECT {fields} FROM {name} AS t"
    if rows is not None:
        listed = "[" + ",".join(map(str, rows)) + "]"
        cursor = database.execute(
            f"SELECT {fields} FROM json_each(?) AS r CROSS JOIN {name} AS t ON t.{table.rowid} = r.value",
            (listed,),
        )
    else:
        cursor = database.execute(statement)
    while block := cursor.fetchmany(_BLOCK):
        for row, head in block:
            box = box_of(head)
            if box is None and head is not None and not _is_empty(head):
                box = _computed(database, table, row)
            if box is not None:
                yield row, box


def boxes_of_nodes(
    database: sqlite3.Connection,
    table: SourceTable,
    rows: NDArray[np.int64],
    node: NDArray[np.int64],
    count: int,
) -> Boxes:
    """Return the bounding box of each of ``count`` features, shape (4, count): west, south, east, north.

    They are rounded outwards to single precision; NaN where a feature has no shape. The layer's R-tree is
    taken where it covers every row.

    Parameters
    ----------
    rows, node : row numbers, ascending, and the feature that each one belongs to; -1 for none
    """
    boxes = np.full((4, count), np.nan, np.float32)
    if not rows.size or not table.geometry:
        return boxes
    found = _from_tree(database, table, rows.size)
    if found is None:
        pairs = list(boxes_of_rows(database, table))
        row = np.array([pair[0] for pair in pairs], np.int64)
        found = row, outwards(np.array([pair[1] for pair in pairs], np.float64).reshape(-1, 4).T)
    row, values = found
    at = np.searchsorted(rows, row)
    known = (at < rows.size) & (rows[np.minimum(at, rows.size - 1)] == row)
    owner = node[at[known]]
    for side, widest in enumerate((np.fmin, np.fmin, np.fmax, np.fmax)):
        widest.at(boxes[side], owner[owner >= 0], values[side][known][owner >= 0])
    return boxes


def _from_tree(
    database: sqlite3.Connection, table: SourceTable, count: int
) -> tuple[NDArray[np.int64], Boxes] | None:
    tree = f"rtree_{table.name}_{table.geometry}"
    if not has_table(database, tree):
        return None
    if database.execute(f"SELECT count(*) FROM {quoted(tree + '_rowid')}").fetchone()[0] != count:
        return None
    rows = database.execute(f"SELECT * FROM {quoted(tree)}").fetchall()
    found = np.array(rows, np.float64).reshape(-1, 5).T
    return found[0].astype(np.int64), found[[1, 3, 2, 4]].astype(np.float32)


def outwards(boxes: NDArray[np.float64]) -> Boxes:
    """Return boxes (4, n) in single precision, none smaller than it was."""
    single = boxes.astype(np.float32)
    low, high = single[:2], single[2:]
    low = np.where(low > boxes[:2], np.nextafter(low, np.float32(-np.inf)), low)
    high = np.where(high < boxes[2:], np.nextafter(high, np.float32(np.inf)), high)
    return np.concatenate((low, high))


def _is_empty(head: bytes) -> bool:
    return head[:2] == b"GP" and bool(head[3] & 0x10)


def _computed(database: sqlite3.Connection, table: SourceTable, row: int) -> Box | None:
    """Return the box of a shape that has none at its head."""
    import shapely

    shape = quoted(table.geometry)
    (blob,) = database.execute(
        f"SELECT {shape} FROM {quoted(table.name)} WHERE {table.rowid} = ?", (row,)
    ).fetchone()
    west, south, east, north = shapely.bounds(shapely.from_wkb(strip_header(blob)))
    return None if math.isnan(west) else (float(west), float(south), float(east), float(north))
