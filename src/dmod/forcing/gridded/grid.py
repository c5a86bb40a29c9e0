"""A regular grid of cells, known by its edges: where it lies, in which projection, and what it covers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]  # xmin, ymin, xmax, ymax

# centres that were stored in single precision waver by this share of a cell
_UNEVEN = 0.02


@dataclass(frozen=True, slots=True)
class GridWindow:
    """A rectangle of cells: ``rows`` from ``row`` on, ``columns`` from ``column`` on."""

    row: int
    rows: int
    column: int
    columns: int

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.rows * self.columns


@dataclass(frozen=True, slots=True)
class Grid:
    """Equal cells in rows (along y) and columns (along x), as the store orders them.

    Parameters
    ----------
    crs : reference system, as WKT or an authority's code that pyproj reads
    x_edge, y_edge : outer **edge** of column 0 and of row 0, in the units of ``crs``
    dx, dy : size of a cell; negative where the store runs westward or southward
    columns, rows : number of cells
    """

    crs: str
    x_edge: float
    y_edge: float
    dx: float
    dy: float
    columns: int
    rows: int

    @classmethod
    def from_centres(cls, x: Floats, y: Floats, crs: str, *, where: str = "grid") -> Grid:
        """Return the grid whose cells have these **centres**: its edges lie half a cell outside them.

        Raises
        ------
        InputError
            there are fewer than two centres along an axis, or they are not evenly spaced.
        """
        (x_edge, dx), (y_edge, dy) = (_edge(x, "x", where), _edge(y, "y", where))
        return cls(crs, x_edge, y_edge, dx, dy, len(x), len(y))

    @property
    def bounds(self) -> Bounds:
        """Outer edges: xmin, ymin, xmax, ymax."""
        x = (self.x_edge, self.x_edge + self.columns * self.dx)
        y = (self.y_edge, self.y_edge + self.rows * self.dy)
        return (min(x), min(y), max(x), max(y))

    @property
    def x(self) -> Floats:
        """Centres of the columns."""
        return np.asarray(self.x_edge + self.dx * (np.arange(self.columns) + 0.5), np.float64)

    @property
    def y(self) -> Floats:
        """Centres of the rows."""
        return np.asarray(self.y_edge + self.dy * (np.arange(self.rows) + 0.5), np.float64)

    @property
    def whole(self) -> GridWindow:
        """The window that holds every cell."""
        return GridWindow(0, self.rows, 0, self.columns)

    def window(self, bounds: Bounds, *, margin: int = 0) -> GridWindow | None:
        """Return the smallest window that holds ``bounds``, cut at the grid's edges; None if they miss it.

        Parameters
        ----------
        margin : cells to add on every side
        """
        column, columns = _span(bounds[0], bounds[2], self.x_edge, self.dx, self.columns, margin)
        row, rows = _span(bounds[1], bounds[3], self.y_edge, self.dy, self.rows, margin)
        return GridWindow(row, rows, column, columns) if rows > 0 and columns > 0 else None

    def cut(self, window: GridWindow) -> Grid:
        """Return the window as a grid of its own."""
        return Grid(
            self.crs,
            self.x_edge + window.column * self.dx,
            self.y_edge + window.row * self.dy,
            self.dx,
            self.dy,
            window.columns,
            window.rows,
        )

    @property
    def key(self) -> str:
        """A hash of everything that decides which cell lies where."""
        numbers = (self.x_edge, self.y_edge, self.dx, self.dy)
        text = "|".join((self.crs, *(number.hex() for number in numbers), str(self.columns), str(self.rows)))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _edge(centres: Floats, axis: str, where: str) -> tuple[float, float]:
    """Return the outer edge of the first cell, and the signed size of a cell."""
    centres = np.asarray(centres, np.float64)
    if centres.ndim != 1:
        raise InputError(
            f"{where}: the {axis} coordinate has {centres.ndim} dimensions, of the shape {centres.shape}",
            hint="give a store with a one-dimensional, regular coordinate along each axis",
        )
    if centres.size < 2:
        raise InputError(
            f"{where}: the {axis} coordinate has {centres.size} values; a grid's cells have a size only"
            " where there are two or more centres",
            hint="give a store with a one-dimensional, regular coordinate along each axis",
        )
    size = float(centres[-1] - centres[0]) / (centres.size - 1)
    even = centres[0] + size * np.arange(centres.size)
    off = np.abs(centres - even)
    if size == 0.0 or not np.isfinite(off).all() or off.max() > _UNEVEN * abs(size):
        worst = int(np.nanargmax(off)) if np.isfinite(off).any() else 0
        raise InputError(
            f"{where}: the {axis} coordinate is not evenly spaced (value {worst} is {centres[worst]:.10g},"
            f" an even grid has {even[worst]:.10g})",
            hint="regrid the data to equal cells first",
        )
    return float(centres[0]) - size / 2, size


def _span(low: float, high: float, edge: float, size: float, count: int, margin: int) -> tuple[int, int]:
    """Return first cell and number of cells that hold low … high."""
    ends = sorted(((low - edge) / size, (high - edge) / size))
    first, last = int(np.floor(ends[0])) - margin, int(np.ceil(ends[1])) + margin
    first, last = max(0, first), min(count, last)
    return first, last - first
