"""How large pieces are: groups of catchments that lie together, and blocks of time.

A piece is what is read at once, so its size bounds the memory; and what is kept at once, so it bounds
what a crash costs. Reading is cheapest along the chunks of the store: one that two pieces need is read
twice. Values never depend on the shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.forcing.gridded.grid import GridWindow
from dmod.forcing.gridded.weights import Weights

Integers = NDArray[np.int64]
Chunk = tuple[int, int, int]

VALUE_BYTES = 4
TARGET_BYTES = 64 * 2**20
"""Field of one variable in one piece, where the store's chunks are smaller."""
MOST_BYTES = 256 * 2**20
"""… where they are larger; above this chunks are read more than once."""
WHOLE = 0
SIDES = (WHOLE, 64, 32, 16, 8, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of pieces.

    Parameters
    ----------
    steps : of a block of time
    side : rows and columns of chunks in the tiles by which catchments are grouped; 0 is one tile of all
    """

    steps: int
    side: int = WHOLE

    def as_facts(self) -> Mapping[str, int]:
        """Return it as JSON data."""
        return asdict(self)


class Extents:
    """First and last row and column of the cells of each catchment that has any.

    Parameters
    ----------
    rows : numbers of these catchments
    low, high : (n, 2) first and last (row, column) in the grid
    """

    def __init__(self, weights: Weights) -> None:
        self.rows: Integers = np.flatnonzero(np.diff(weights.offset) > 0)
        place = np.stack(np.divmod(weights.cell, weights.window.columns), axis=1)
        place += (weights.window.row, weights.window.column)
        starts = weights.offset[self.rows]
        self.low: Integers = np.minimum.reduceat(place, starts)
        self.high: Integers = np.maximum.reduceat(place, starts)

    def groups(self, chunk: Chunk, side: int) -> list[tuple[Integers, GridWindow]]:
        """Return the catchments of each tile, ascending, and the window that holds their cells."""
        numbers = self._tiles(chunk, side)
        order = np.argsort(numbers, kind="stable")
        starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
        low = np.minimum.reduceat(self.low[order], starts)
        size = np.maximum.reduceat(self.high[order], starts) - low + 1
        windows = [
            GridWindow(int(row), int(rows), int(column), int(columns))
            for (row, column), (rows, columns) in zip(low, size, strict=True)
        ]
        members = [self.rows[group] for group in np.split(order, starts[1:])]
        return list(zip(members, windows, strict=True))

    def _tiles(self, chunk: Chunk, side: int) -> Integers:
        """Return the number of the tile that each catchment's middle lies in."""
        if side == WHOLE:
            return np.zeros(self.rows.size, np.int64)
        tile = (self.low + self.high) // 2 // (side * np.array(chunk[1:], np.int64))
        return np.asarray(tile[:, 0] * (tile[:, 1].max() + 1) + tile[:, 1], np.int64)


def choose_shape(weights: Weights, chunk: Chunk, steps: int, block: int | None = None) -> Shape:
    """Return the size of pieces that reads least within bounded memory.

    Parameters
    ----------
    chunk : steps, rows and columns that the store holds together
    steps : of the whole period
    block : steps of a block, where the user chose them
    """
    extents = Extents(weights)
    options = []
    for side in SIDES:
        windows = [window for _, window in extents.groups(chunk, side)]
        cells = max(window.cells for window in windows)
        chunks = sum(chunks_of(window, chunk) for window in windows)
        size = block or _largest(chunk[0], cells, steps)
        if min(size, steps) * cells * VALUE_BYTES <= MOST_BYTES:
            options.append((chunks * -(-chunk[0] // size), -size, SIDES.index(side), cells))
    if not options:
        return Shape(block or 1, SIDES[-1])
    _, size, place, cells = min(options)
    size = -size
    if block is None and size == chunk[0]:
        size *= max(1, TARGET_BYTES // (size * cells * VALUE_BYTES))
    return Shape(size, SIDES[place])


def _largest(chunk: int, cells: int, steps: int) -> int:
    """Return the largest part of a chunk's steps whose field fits into memory."""
    divisors = (size for size in range(chunk, 0, -1) if chunk % size == 0)
    fitting = (size for size in divisors if min(size, steps) * cells * VALUE_BYTES <= MOST_BYTES)
    return next(fitting, 1)


def chunks_of(window: GridWindow, chunk: Chunk) -> int:
    """Return how many of the store's chunks a window touches."""
    return _touched(window.row, window.rows, chunk[1]) * _touched(window.column, window.columns, chunk[2])


def _touched(first: int, count: int, size: int) -> int:
    return (first + count - 1) // size - first // size + 1


def hull(windows: Sequence[GridWindow]) -> GridWindow:
    """Return the smallest window that holds all of them."""
    row, column = min(w.row for w in windows), min(w.column for w in windows)
    below, right = max(w.row + w.rows for w in windows), max(w.column + w.columns for w in windows)
    return GridWindow(row, below - row, column, right - column)
