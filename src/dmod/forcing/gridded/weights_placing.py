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
TURN = 360.0
WIDEST = 60.0  # [degrees] that a piece of border may span, so that it is known which way round it goes
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
        self.periodic = self.angular and abs(abs(grid.dx) * grid.columns - TURN) < 0.01 * abs(grid.dx)

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
        return float(abs(self.grid.dx * self.grid.dy)) * metres_per_unit(self.target) ** 2

    def place(self, ids: Sequence[str], shapes: Shapes) -> Rings:
        """Return the borders of polygons in columns and rows.

        Raises
        ------
        CoverageError
            a polygon has no place in the grid's projection, or encloses a pole of it.
        """
        import shapely

        shapes = shapely.segmentize(_unbroken(shapes) if is_angular(self.source) else shapes, self._longest())
        borders = _Borders.of(shapes)
        placed = self._in_cells(borders.points)
        self._require_placed(ids, placed, borders)
        if self.angular:
            self._bring_home(ids, placed, borders)
        signs = np.where((_turned(placed, borders.starts) > 0.0) == borders.outer, 1.0, -1.0)
        return Rings(placed, borders.starts, signs, _starts(borders.polygon, len(shapes)))

    def _longest(self) -> float:
        """Return how long a straight piece of border may be, in the unit of the polygons."""
        if self._same:
            return WIDEST if self.angular else np.inf
        cell = min(abs(self.grid.dx), abs(self.grid.dy)) * metres_per_unit(self.target)
        return min(cell / DENSE, LONGEST) / metres_per_unit(self.source)

    def _in_cells(self, points: Floats) -> Floats:
        x, y = points[:, 0], points[:, 1]
        if not self._same:
            x, y = self._to_grid.transform(x, y)
        u, v = (x - self.grid.x_edge) / self.grid.dx, (y - self.grid.y_edge) / self.grid.dy
        return np.ascontiguousarray(np.column_stack((u, v)))

    def _require_placed(self, ids: Sequence[str], points: Floats, borders: _Borders) -> None:
        lost = ~np.isfinite(points).all(axis=1)
        if lost.any():
            rings = np.searchsorted(borders.starts, np.flatnonzero(lost), side="right") - 1
            raise CoverageError(
                f"catchments have no place in the grid's projection: {borders.names(ids, rings)}",
                hint="the reference system of the hydrofabric or of the store is wrong, or they lie on"
                " another side of the world",
            )

    def _bring_home(self, ids: Sequence[str], points: Floats, borders: _Borders) -> None:
        """Make longitudes run on round each ring, and bring each polygon to the grid's own turn."""
        turn = TURN / abs(self.grid.dx)
        u, lengths = points[:, 0], np.diff(borders.starts)
        turns = _turns(u, borders.starts, turn)
        around = np.flatnonzero(turns[borders.starts[1:] - 1])
        if around.size:
            raise CoverageError(
                f"catchments enclose a pole of the grid: {borders.names(ids, around)}",
                hint="use a grid in a polar projection",
            )
        u += turns * turn
        u += np.repeat(_beside_first(u, borders, turn), lengths)
        low, high = borders.extremes(u)
        shift = -np.floor(low / turn) * turn
        if not self.periodic:  # what pokes out on the grid's first side is not to lie beyond its last
            beyond = (low + shift >= self.grid.columns) & (high + shift > turn)
            shift -= np.where(beyond, turn, 0.0)
        u += np.repeat(shift[borders.polygon], lengths)


@dataclass(frozen=True, slots=True, eq=False)
class _Borders:
    """Rings of polygons: their points, where each begins, and to which polygon each belongs.

    Every polygon has a ring at least; ``outer`` tells outer rings from holes.
    """

    points: Floats
    starts: Integers
    polygon: Integers
    outer: NDArray[np.bool_]

    @classmethod
    def of(cls, shapes: Shapes) -> _Borders:
        import shapely

        parts, polygon_of_part = shapely.get_parts(shapes, return_index=True)
        rings, part_of_ring = shapely.get_rings(parts, return_index=True)
        points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
        outer = np.append(True, part_of_ring[1:] != part_of_ring[:-1])
        return cls(points, _starts(ring_of_point, len(rings)), polygon_of_part[part_of_ring], outer)

    def names(self, ids: Sequence[str], rings: Integers) -> str:
        """Name the polygons that some rings belong to."""
        return name_some([ids[at] for at in np.unique(self.polygon[rings]).tolist()])

    def extremes(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the least and the greatest value of each polygon's points."""
        first = self.starts[np.flatnonzero(np.append(True, np.diff(self.polygon) != 0))]
        return np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)


def _beside_first(u: Floats, borders: _Borders, turn: float) -> Floats:
    """Return how far to move each ring, in whole turns, to lie where its polygon's first one lies."""
    heads = u[borders.starts[:-1]]
    first = np.searchsorted(borders.polygon, borders.polygon)
    moved: Floats = np.rint((heads[first] - heads) / turn) * turn
    return moved


def _turns(values: Floats, starts: Integers, turn: float) -> Floats:
    """Return how many turns to add to each point, so that no step round a ring is half a turn or more."""
    step = np.diff(values, prepend=values[:1])
    step[starts[:-1]] = 0.0
    step[np.abs(step) > turn * (1.0 - 1e-9)] = 0.0  # the width of the world, as borders of all of it have
    total = np.cumsum(-np.rint(step / turn))
    turns: Floats = total - np.repeat(total[starts[:-1]], np.diff(starts))
    return turns


def _unbroken(shapes: Shapes) -> Shapes:
    """Return shapes in longitude and latitude, those across the date line in one piece."""
    import shapely

    borders = _Borders.of(shapes)
    turns = _turns(borders.points[:, 0], borders.starts, TURN)
    if not turns.any():
        return shapes
    points = borders.points.copy()
    points[:, 0] += turns * TURN
    return shapely.set_coordinates(shapes.copy(), points)


def is_angular(system: pyproj.CRS) -> bool:
    """Whether coordinates are angles: longitude and latitude, of a rotated pole too."""
    axes = system.axis_info
    return bool(system.is_geographic or (axes and axes[0].unit_name.lower().startswith("degree")))


def metres_per_unit(system: pyproj.CRS) -> float:
    """Return how long a unit of the coordinates is on the ground, along the equator if it is a degree."""
    if is_angular(system):
        return METRES_PER_DEGREE
    axes = system.axis_info
    return float(axes[0].unit_conversion_factor or 1.0) if axes else 1.0


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
