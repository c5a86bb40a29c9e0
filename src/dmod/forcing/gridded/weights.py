"""What part of which grid cell belongs to which catchment: the weights of a mean, as a sparse matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.forcing.gridded.grid import GridWindow

Method = Literal["area", "linear"]
METHODS: tuple[Method, ...] = ("area", "linear")

WHOLE = 1.0 - 1e-9  # what rounding leaves of a polygon that lies inside the grid entirely


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Shares of cells, catchment by catchment, in compressed rows.

    Catchment *i* has the cells ``cell[offset[i]:offset[i + 1]]``, ascending, with their ``share``.

    Parameters
    ----------
    ids : of the catchments, in the order they were given
    window : the cells of the grid that occur; what must be read
    offset : (n + 1,)
    cell : (m,) number of the cell inside the window, row by row: ``row * window.columns + column``
    share : (m,); the shares of a catchment add up to 1, or there are none where the grid misses it;
        with method "linear" some are negative
    covered : (n,) share of the catchment that lies inside the grid, 0 … 1
    area : (n,) area of that part [m²]: on the ellipsoid with a geographic grid, in the plane of the
        projection with any other
    method : "area" or "linear"
    """

    ids: tuple[str, ...]
    window: GridWindow
    offset: NDArray[np.int64]
    cell: NDArray[np.int64]
    share: NDArray[np.float64]
    covered: NDArray[np.float64]
    area: NDArray[np.float64]
    method: Method = "area"

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays take."""
        arrays = (self.offset, self.cell, self.share, self.covered, self.area)
        return sum(array.nbytes for array in arrays)

    def of(self, catchment: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return cells and shares of one catchment."""
        at = self.ids.index(catchment)
        row = slice(int(self.offset[at]), int(self.offset[at + 1]))
        return self.cell[row], self.share[row]

    def outside(self) -> tuple[str, ...]:
        """Return the catchments of which the grid covers nothing at all."""
        return self._named(self.covered <= 0.0)

    def partly(self) -> tuple[str, ...]:
        """Return the catchments of which the grid covers a part, but not all."""
        return self._named((self.covered > 0.0) & (self.covered < WHOLE))

    def select(self, rows: Sequence[int] | NDArray[np.int64]) -> Weights:
        """Return the weights of some catchments, by number, in this order and in the same window."""
        rows = np.asarray(rows, np.int64)
        count = np.diff(self.offset)[rows]
        offset = np.concatenate(([0], np.cumsum(count)))
        at = np.repeat(self.offset[rows] - offset[:-1], count) + np.arange(offset[-1])
        ids = tuple(self.ids[row] for row in rows.tolist())
        chosen = (self.cell[at], self.share[at], self.covered[rows], self.area[rows])
        return Weights(ids, self.window, offset, *chosen, self.method)

    def within(self, window: GridWindow) -> Weights:
        """Return the same weights, their cells numbered inside another window.

        Raises
        ------
        InputError
            a cell lies outside of that window.
        """
        row, column = np.divmod(self.cell, self.window.columns)
        row, column = row + (self.window.row - window.row), column + (self.window.column - window.column)
        if not ((row >= 0) & (row < window.rows) & (column >= 0) & (column < window.columns)).all():
            raise InputError(f"cells lie outside of the window {window}: they take {self.window}")
        cell = row * window.columns + column
        return Weights(self.ids, window, self.offset, cell, self.share, self.covered, self.area, self.method)

    def _named(self, where: NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(self.ids[at] for at in np.flatnonzero(where).tolist())
