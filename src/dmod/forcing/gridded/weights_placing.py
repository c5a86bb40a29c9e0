"""Polygons in the cells of a grid: from their own reference system to columns and rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.errors import CoverageError, InputError
from dmod.forcing.gridded.grid import Grid

if TYPE_CHECKING:
    import pyproj

Shapes = NDArray[Any]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

METRES_PER_DEGREE = 111_320.0
DENSE = 8  # points that a straight border gets per cell at least, so that it is as curved as it should be
LONGEST = 1000.0  # [m] and where cells are large


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """Borders of polygons in cells of the grid: see `weights_kernel.parts_of`."""

    points: Floats
    rings: Integers
    signs: Floats
    polygons: Integers


class Placing:
    """How polygons of one reference system come to lie in the cells of a grid.

    Parameters
    ----------
    grid : the cells
    crs : reference system of the polygons

    Raises
    ------
    InputError
        a reference system is unknown, or has no axes to measure along.
    """

    def __init__(self, grid: Grid, crs: str) -> None:
        import pyproj

        self.grid = grid
        self.target = _system(grid.crs, "the grid")
        self.source = _system(crs, "the polygons")
        self.angular = is_angular(self.target)
        self._same = self.source.equals(self.target, ignore_axis_order=True)
        self._to_grid = pyproj.Transformer.from_crs(self.source, self.target, always_xy=True)
        turn = 360.0 if self.angular else 0.0
        self._turn = turn
        self.periodic = bool(turn) and abs(abs(grid.dx) * grid.columns - turn) < 0.01 * abs(grid.dx)

    @property
    def shape(self) -> tuple[float, float, float]:
        """How the area of a cell changes from row to row; see `weights_kernel.density`."""
        if not self.angular:
            return (0.0, 0.0, 0.0)
        return (np.radians(self.grid.y_edge), np.radians(self.grid.dy), figure(self.target)[1])

    @property
    def unit_area(self) -> float:
        """Area [m²] of a cell whose `weights_kernel.density` is 1."""
        if self.angular:
            radius, eccentricity = figure(self.target)
            size = np.radians(self.grid.dx) * np.radians(self.grid.dy)
            return float(abs(size) * radius * radius * (1.0 - eccentricity))
        factors = [axis.unit_conversion_factor or 1.0 for axis in self.target.axis_info[:2]] or [1.0, 1.0]
        return float(abs(self.grid.dx * factors[0] * self.grid.dy * factors[-1]))

    def place(self, ids: Sequence[str], shapes: Shapes) -> Rings:
        """Return the borders of polygons in columns and rows.

        Raises
        ------
        CoverageError
            a polygon has no place in the grid's projection.
        """
        import shapely

        if not self._same:
            shapes = shapely.segmentize(shapes, self._longest())
        parts, polygon_of_part = shapely.get_parts(shapes, return_index=True)
        rings, part_of_ring = shapely.get_rings(parts, return_index=True)
        points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
        starts = _starts(ring_of_point, len(rings))
        polygon_of_ring = polygon_of_part[part_of_ring] if len(rings) else np.zeros(0, np.int64)
        placed = self._in_cells(points)
        self._require_placed(ids, placed, ring_of_point, polygon_of_ring)
        if self._turn:
            self._unwind(ids, placed, starts, polygon_of_ring)
        outer = np.append(True, part_of_ring[1:] != part_of_ring[:-1])[: len(rings)]
        signs = np.where((_turned(placed, starts) > 0.0) == outer, 1.0, -1.0)
        return Rings(placed, starts, signs, _starts(polygon_of_ring, len(shapes)))

    def _longest(self) -> float:
        """Return how long a straight border may be, in the unit of the polygons."""
        degrees = METRES_PER_DEGREE if self.angular else 1.0
        cell = min(abs(self.grid.dx), abs(self.grid.dy)) * degrees
        metres = min(cell / DENSE, LONGEST)
        return metres / METRES_PER_DEGREE if is_angular(self.source) else metres

    def _in_cells(self, points: Floats) -> Floats:
        x, y = points[:, 0], points[:, 1]
        if not self._same:
            x, y = self._to_grid.transform(x, y)
        u, v = (x - self.grid.x_edge) / self.grid.dx, (y - self.grid.y_edge) / self.grid.dy
        return np.ascontiguousarray(np.column_stack((u, v)))

    def _require_placed(self, ids: Sequence[str], points: Floats, ring: Integers, polygon: Integers) -> None:
        lost = ~np.isfinite(points).all(axis=1)
        if lost.any():
            names = [ids[at] for at in np.unique(polygon[ring[lost]]).tolist()]
            raise CoverageError(
                f"catchments have no place in the grid's projection: {name_some(names)}",
                hint="the reference system of the hydrofabric or of the store is wrong, or they lie on"
                " another side of the world",
            )

    def _unwind(self, ids: Sequence[str], points: Floats, starts: Integers, polygon: Integers) -> None:
        """Make longitudes continuous round each ring, and bring each polygon to the grid's own turn."""
        turn = self._turn / abs(self.grid.dx)
        u = points[:, 0]
        jump = np.diff(u, prepend=u[:1])
        jump[starts[:-1]] = 0.0
        turns = -np.rint(jump / turn)
        total = np.cumsum(turns)
        turns = total - np.repeat(total[starts[:-1]], np.diff(starts))
        open_rings = np.flatnonzero(turns[starts[1:] - 1])
        if open_rings.size:
            names = [ids[at] for at in np.unique(polygon[open_rings]).tolist()]
            raise CoverageError(f"catchments enclose a pole of the grid: {name_some(names)}",
                                hint="use a grid in a polar projection")  # fmt: skip
        u += turns * turn
        lead = _starts(polygon, int(polygon[-1]) + 1)[polygon]  # the first ring of each ring's polygon
        heads = u[starts[:-1]]
        heads = np.rint((heads[lead] - heads) / turn) * turn
        u += np.repeat(heads, np.diff(starts))
        low = np.minimum.reduceat(u, starts[:-1])
        lows = np.full(int(polygon[-1]) + 1, np.inf)
        np.minimum.at(lows, polygon, low)
        highs = np.full(lows.size, -np.inf)
        np.maximum.at(highs, polygon, np.maximum.reduceat(u, starts[:-1]))
        shift = -np.floor(lows / turn) * turn
        # a polygon that pokes out on the grid's first side is not to be moved to a place beyond its last
        outside = (lows + shift >= self.grid.columns) | (highs + shift > turn)
        if not self.periodic:
            shift = np.where(outside & (highs + shift - turn > 0.0), shift - turn, shift)
        u += np.repeat(shift[polygon], np.diff(starts))


def is_angular(system: pyproj.CRS) -> bool:
    """Whether coordinates are angles: longitude and latitude, of a rotated pole too."""
    axes = system.axis_info
    return bool(system.is_geographic or (axes and axes[0].unit_name.lower().startswith("degree")))


def _system(crs: str, whose: str) -> pyproj.CRS:
    import pyproj

    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise InputError(
            f"the reference system of {whose} is unknown: {crs[:200]!r}",
            hint="give WKT, a PROJ string or an authority's code such as EPSG:4326",
        ) from error


def figure(system: pyproj.CRS) -> tuple[float, float]:
    """Return the semi-major axis [m] and the eccentricity squared; a sphere without them."""
    figure = system.ellipsoid
    major = getattr(figure, "semi_major_metre", None) or 6_371_229.0
    minor = getattr(figure, "semi_minor_metre", None) or major
    return float(major), 1.0 - (float(minor) / float(major)) ** 2


def _starts(owner: Integers, count: int) -> Integers:
    """Return where each owner's items begin; items are in the order of their owners."""
    return np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)


def _turned(points: Floats, starts: Integers) -> Floats:
    """Return twice the signed area of each ring."""
    if not len(points):
        return np.zeros(0)
    origin = np.repeat(points[starts[:-1]], np.diff(starts), axis=0)
    x, y = (points - origin).T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    cross[starts[1:] - 1] = 0.0
    return np.add.reduceat(cross, starts[:-1])
