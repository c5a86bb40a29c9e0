"""Fill an R-tree of SQLite at once: entries are sorted into full nodes, level by level.

Node format: the R*Tree module of SQLite 3 (https://www.sqlite.org/rtree.html, "Shadow Tables").
Packing: sort-tile-recursive, Leutenegger et al. (1997), doi:10.1109/ICDE.1997.582015.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.geopackage import quoted
from dmod.hydrofabric.subset.graph import Index

Boxes = NDArray[np.float32]

_HEAD = 4
_CELL = np.dtype([("number", ">i8"), ("box", ">f4", (4,))])
_ROOT = 1


def fill_rtree(database: sqlite3.Connection, name: str, rows: Index, boxes: Boxes) -> None:
    """Put boxes into a new, empty R-tree of two dimensions.

    Parameters
    ----------
    rows : shape (n,), the row that each box belongs to; every row once
    boxes : shape (n, 4): west, east, south, north, rounded outwards
    """
    (size,) = database.execute(f"SELECT length(data) FROM {quoted(name + '_node')}").fetchone()
    levels = list(_levels(boxes, (size - _HEAD) // _CELL.itemsize))
    first = _first_numbers([len(groups) for groups, _ in levels])
    inner: Index = np.zeros(0, np.int64)
    for level, (groups, entries) in enumerate(levels):
        numbers = first[level] + np.arange(len(groups))
        depth = level if numbers[0] == _ROOT else 0
        named = rows if level == 0 else inner
        data = (_node(named[group], entries[group], size, depth) for group in groups)
        database.executemany(
            f"INSERT OR REPLACE INTO {quoted(name + '_node')} VALUES (?, ?)",
            zip(numbers.tolist(), data, strict=True),
        )
        owner = np.repeat(numbers, [len(group) for group in groups])
        below = named[np.concatenate(groups)] if groups else named
        database.executemany(
            f"INSERT INTO {quoted(name + ('_parent' if level else '_rowid'))} VALUES (?, ?)",
            zip(below.tolist(), owner.tolist(), strict=True),
        )
        inner = numbers


def _levels(boxes: Boxes, capacity: int) -> Iterator[tuple[list[Index], Boxes]]:
    """Yield groups of entries and the entries' boxes, from the leaves to the root."""
    while True:
        groups = _tiles(boxes, capacity)
        yield groups, boxes
        if len(groups) <= 1:
            return
        boxes = np.array([_around(boxes[group]) for group in groups], dtype=np.float32)


def _tiles(boxes: Boxes, capacity: int) -> list[Index]:
    """Cut entries into groups of neighbours: into strips from west to east, each from south to north."""
    count = len(boxes)
    if count <= capacity:
        return [np.arange(count)]
    strips = math.ceil(math.sqrt(math.ceil(count / capacity)))
    by_x = np.argsort(boxes[:, 0] + boxes[:, 1], kind="stable")
    groups: list[Index] = []
    for strip in np.array_split(by_x, strips):
        by_y = strip[np.argsort(boxes[strip, 2] + boxes[strip, 3], kind="stable")]
        groups += np.array_split(by_y, math.ceil(len(by_y) / capacity))
    return groups


def _first_numbers(counts: list[int]) -> list[int]:
    """Return the number of the first node of each level: they are counted from the root, which is 1."""
    first, at = [0] * len(counts), _ROOT
    for level in reversed(range(len(counts))):
        first[level] = at
        at += counts[level]
    return first


def _around(boxes: Boxes) -> tuple[float, float, float, float]:
    low, high = boxes.min(axis=0), boxes.max(axis=0)
    return (float(low[0]), float(high[1]), float(low[2]), float(high[3]))


def _node(numbers: Index, boxes: Boxes, size: int, depth: int) -> bytes:
    cells = np.empty(len(numbers), dtype=_CELL)
    cells["number"], cells["box"] = numbers, boxes
    head = depth.to_bytes(2, "big") + len(numbers).to_bytes(2, "big")
    return (head + cells.tobytes()).ljust(size, b"\0")
