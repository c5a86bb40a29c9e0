"""Area and first moments of every part that a grid cuts from polygons, exactly, by one walk round the rings.

The part of a polygon inside a cell is an integral over its area, and Green's theorem turns that into an
integral along the polygon's border. A piece of border inside the cell (r, c) adds what lies between the
piece and the right edge of that cell, and one and the same strip to every cell to the right of it. So
each piece is added once, in its own cell, and one sum along the row does the rest, as programs that draw
smooth glyphs do it (R. Levien, font-rs, 2016; FreeType's smooth rasteriser). Holes and several parts need
no case of their own, and nothing has to be intersected. What is drawn there in steps of 1/256 is exact
here: along a straight piece the integrands are polynomials of degree three or less, times the area of a
degree on the ellipsoid, which changes smoothly, and Gauss's rule with two points integrates them.

Positions are in cells: u along the columns, v along the rows, (0, 0) the outer corner of cell (0, 0).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shape = tuple[float, float, float]
Box = tuple[int, int, int, int]

GAUSS = 0.28867513459481287  # half of 1 / sqrt(3): where the two points lie, from the middle of a piece
NOTHING = 1e-12  # of a cell; below it, an area is what rounding left

AREA, U, V, COVER, COVER_V = 0, 1, 2, 3, 4  # what is summed in a cell, and what for all to the right of it


@compiled
def density(v: float, shape: Shape) -> float:
    """Return the true area of a cell's unit square at row position ``v``, but for a constant factor.

    ``shape`` = (first edge, size of a cell, eccentricity squared), the former two in radians of
    latitude; with a size of 0 the grid is a plane, and the density 1 everywhere. On the ellipsoid it is
    cos φ / (1 - e² sin² φ)², the product of its two radii of curvature and cos φ (Snyder 1987, p. 25).
    """
    if shape[1] == 0.0:
        return 1.0
    latitude = shape[0] + v * shape[1]
    sine = math.sin(latitude)
    flattened = 1.0 - shape[2] * sine * sine
    return max(math.cos(latitude), 0.0) / (flattened * flattened)


@compiled
def cell_rows(rows: int, shape: Shape) -> Floats:
    """Return area of a cell and position of its centroid, from its middle, for each row."""
    result = np.empty((2, rows))
    for row in range(rows):
        low, high = density(row + 0.5 - GAUSS, shape), density(row + 0.5 + GAUSS, shape)
        result[0, row] = 0.5 * (low + high)
        result[1, row] = GAUSS * (high - low) / (low + high)
    return result


@compiled
def _add(
    sums: Floats,
    row: int,
    column: int,
    u0: float,
    v0: float,
    u1: float,
    v1: float,
    shape: Shape,
    first_row: int,
    first_column: int,
) -> None:
    """Add one piece of border that lies in one cell."""
    here = sums[row - first_row, column - first_column]
    rise = v1 - v0
    for side in (-GAUSS, GAUSS):
        v = 0.5 * (v0 + v1) + side * rise
        u = 0.5 * (u0 + u1) + side * (u1 - u0) - column - 0.5
        strip = -0.5 * rise * density(v, shape)
        part = (0.5 - u) * strip
        height = v - row - 0.5
        here[AREA] += part
        here[U] += 0.5 * (0.25 - u * u) * strip
        here[V] += part * height
        here[COVER] += strip
        here[COVER_V] += strip * height


@compiled
def _add_in_row(
    sums: Floats, row: int, u0: float, v0: float, u1: float, v1: float, shape: Shape, box: Box
) -> None:
    """Cut a piece of border inside one row where it crosses columns, and add what results."""
    first_row, _, first_column, last_column = box
    if min(u0, u1) >= last_column:
        return
    step = 1 if u1 >= u0 else -1
    column = math.floor(u0)
    if column == u0 and u1 < u0:
        column -= 1
    if max(u0, u1) <= first_column:
        column, u0, u1 = first_column - 1, float(first_column), float(first_column)
    u, v = u0, v0
    last = False
    while not last:
        border = float(column + 1 if step > 0 else column)
        last = step * u1 <= step * border
        to_u = u1 if last else border
        to_v = v1 if last else v0 + (border - u0) * (v1 - v0) / (u1 - u0)
        if column < last_column:
            # left of the box, a piece stands for one on the box's own left edge
            edge = float(first_column)
            _add(
                sums, row, max(column, first_column), max(u, edge), v, max(to_u, edge), to_v, shape,
                first_row, first_column,
            )  # fmt: skip
        u, v = to_u, to_v
        column += step


@compiled
def _add_edge(sums: Floats, u0: float, v0: float, u1: float, v1: float, shape: Shape, box: Box) -> None:
    """Cut an edge of a ring where it crosses rows, and add what lies in the rows of the box."""
    first_row, last_row, _, last_column = box
    if v0 == v1 or max(v0, v1) <= first_row or min(v0, v1) >= last_row:
        return
    if min(u0, u1) >= last_column:
        return
    slope = (u1 - u0) / (v1 - v0)
    low, high = max(min(v0, v1), first_row), min(max(v0, v1), last_row)
    row = math.floor(low)
    while row < high:
        bottom, top = max(low, row), min(high, row + 1.0)
        start, end = (bottom, top) if v1 > v0 else (top, bottom)
        from_u = u0 if start == v0 else u0 + (start - v0) * slope
        to_u = u1 if end == v1 else u0 + (end - v0) * slope
        _add_in_row(sums, row, from_u, start, to_u, end, shape, box)
        row += 1


@compiled
def _whole_area(points: Floats, rings: Integers, signs: Floats, first: int, last: int, shape: Shape) -> float:
    """Return the area of the rings ``first … last``, inside and outside of the grid."""
    total = 0.0
    for ring in range(first, last):
        origin = points[rings[ring], 0]
        area = 0.0
        for k in range(rings[ring], rings[ring + 1] - 1):
            rise = points[k + 1, 1] - points[k, 1]
            run = points[k + 1, 0] - points[k, 0]
            for side in (-GAUSS, GAUSS):
                v = 0.5 * (points[k, 1] + points[k + 1, 1]) + side * rise
                u = 0.5 * (points[k, 0] + points[k + 1, 0]) + side * run - origin
                area += 0.5 * u * rise * density(v, shape)
        total += signs[ring] * area
    return total


@compiled
def _box(points: Floats, first: int, last: int, rows: int, columns: int, periodic: bool) -> Box:
    """Return first and last row and column that the points touch, cut at the grid's edges."""
    u_low, u_high, v_low, v_high = np.inf, -np.inf, np.inf, -np.inf
    for k in range(first, last):
        u_low, u_high = min(u_low, points[k, 0]), max(u_high, points[k, 0])
        v_low, v_high = min(v_low, points[k, 1]), max(v_high, points[k, 1])
    if not (u_high > u_low and v_high > v_low):
        return (0, 0, 0, 0)
    if not periodic:
        u_low, u_high = min(max(u_low, 0.0), columns), min(max(u_high, 0.0), columns)
    v_low, v_high = min(max(v_low, 0.0), rows), min(max(v_high, 0.0), rows)
    return (math.floor(v_low), math.ceil(v_high), math.floor(u_low), math.ceil(u_high))


@compiled
def _grown(array: NDArray[Any], needed: int) -> NDArray[Any]:
    """Return the array, made longer if it is shorter than needed."""
    if needed <= array.shape[0]:
        return array
    longer = np.empty((max(needed, 2 * array.shape[0]), array.shape[1]), array.dtype)
    for i in range(array.shape[0]):  # an assignment of slices takes Numba seconds to compile
        for j in range(array.shape[1]):
            longer[i, j] = array[i, j]
    return longer


@compiled
def parts_of(
    points: Floats,
    rings: Integers,
    signs: Floats,
    polygons: Integers,
    rows: int,
    columns: int,
    periodic: bool,
    shape: Shape,
    memory: int,
) -> tuple[Integers, Integers, Floats, Floats]:
    """Return what every polygon has of every cell that it touches.

    Parameters
    ----------
    points : (k, 2), u and v; the first point of a ring repeated at its end
    rings : (r + 1,) where each ring begins in ``points``
    signs : (r,) +1 or -1: what makes the area of an outer ring positive and that of a hole negative
    polygons : (n + 1,) where each polygon begins in ``rings``
    rows, columns : of the grid
    periodic : whether the column after the last is the first again
    shape : see `density`
    memory : cells that may be summed at once; larger polygons are done in bands of rows

    Returns
    -------
    offset : (n + 1,)
    cell : (m,) ``row * columns + column``, ascending in each polygon unless it wraps round
    part : (m, 3) area, and its first moments in u and v about the middle of the cell; in unit cells
    whole : (n,) area of the polygon, in the grid or not
    """
    count = polygons.shape[0] - 1
    offset = np.zeros(count + 1, np.int64)
    whole = np.empty(count)
    cell = np.empty((1024, 1), np.int64)
    part = np.empty((1024, 3))
    found = 0
    for polygon in range(count):
        first, last = polygons[polygon], polygons[polygon + 1]
        whole[polygon] = _whole_area(points, rings, signs, first, last, shape)
        box = _box(points, rings[first], rings[last], rows, columns, periodic)
        wide = box[3] - box[2]
        high = max(1, memory // max(wide, 1)) if wide > 0 else 1
        top = box[0]
        while top < box[1] and wide > 0:
            bottom = min(box[1], top + high)
            sums = np.zeros((bottom - top, wide, 5))
            band = (top, bottom, box[2], box[3])
            for ring in range(first, last):
                for k in range(rings[ring], rings[ring + 1] - 1):
                    start, end = (k, k + 1) if signs[ring] > 0.0 else (k + 1, k)
                    _add_edge(
                        sums, points[start, 0], points[start, 1], points[end, 0], points[end, 1], shape, band
                    )
            needed = found + (bottom - top) * wide
            cell, part = _grown(cell, needed), _grown(part, needed)
            for row in range(top, bottom):
                cover, cover_v = 0.0, 0.0
                for column in range(wide):
                    here = sums[row - top, column]
                    area = here[AREA] + cover
                    if area > NOTHING:
                        cell[found, 0] = row * columns + (box[2] + column) % columns
                        part[found, 0] = area
                        part[found, 1] = here[U]
                        part[found, 2] = here[V] + cover_v
                        found += 1
                    cover += here[COVER]
                    cover_v += here[COVER_V]
            top = bottom
        offset[polygon + 1] = found
    return offset, cell[:found, 0], part[:found], whole
