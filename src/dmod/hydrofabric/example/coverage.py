"""Polygons of labelled cells: one for each label, valid, without gaps or overlaps between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled

if TYPE_CHECKING:
    import shapely

Index = NDArray[np.int64]


@compiled
def _root(parent: Index, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@compiled
def _pieces(label: Index) -> tuple[Index, Index]:
    """Return the piece (joined over edges, one label) of each cell, and the size of each piece."""
    rows, columns = label.shape
    parent = np.arange(rows * columns)
    for i in range(rows):
        for j in range(columns):
            here = i * columns + j
            if j > 0 and label[i, j] == label[i, j - 1]:
                parent[_root(parent, here)] = _root(parent, here - 1)
            if i > 0 and label[i, j] == label[i - 1, j]:
                parent[_root(parent, here)] = _root(parent, here - columns)
    size = np.zeros(rows * columns, np.int64)
    for k in range(rows * columns):
        parent[k] = _root(parent, k)
        size[parent[k]] += 1
    return parent, size


@compiled
def _largest(label: Index, piece: Index, size: Index, count: int) -> Index:
    """Return the largest piece of each label."""
    largest = np.full(count, -1)
    flat = label.ravel()
    for k in range(flat.size):
        if flat[k] >= 0 and piece[k] == k and (largest[flat[k]] < 0 or size[k] > size[largest[flat[k]]]):
            largest[flat[k]] = k
    return largest


@compiled
def _hand_over(label: Index, piece: Index, largest: Index) -> int:
    """Give cells of lesser pieces to a kept neighbour beside them; return how many are still waiting."""
    rows, columns = label.shape
    new = label.copy()
    waiting = 0
    for i in range(1, rows - 1):
        for j in range(1, columns - 1):
            own = label[i, j]
            if own < 0 or largest[own] == piece[i * columns + j]:
                continue
            waiting += 1
            for di, dj in ((-1, 0), (0, -1), (0, 1), (1, 0)):
                other = label[i + di, j + dj]
                if other >= 0 and largest[other] == piece[(i + di) * columns + j + dj]:
                    new[i, j] = other
                    break
    label[:, :] = new
    return waiting


@compiled
def widen_corners(label: Index, receiver: Index, order: Index, area: Index, width: int) -> Index:
    """Return labels (flat) in which water that runs over a corner finds a cell of its own label beside it.

    Of the two cells at the corner the one with less water is taken; the larger stream, which comes
    later in ``order``, has the last word.
    """
    label = label.copy()
    for i in order:
        below = receiver[i]
        apart = abs(below - i)
        if label[i] < 0 or label[below] != label[i] or apart <= 1 or apart == width:
            continue
        down = width if below > i else -width
        beside, under = below - down, i + down
        if label[beside] != label[i] and label[under] != label[i]:
            taken = (
                beside if label[under] < 0 or (label[beside] >= 0 and area[beside] <= area[under]) else under
            )
            label[taken] = label[i]
    return label


def joined(label: Index, count: int) -> Index:
    """Return labels of which each forms one piece, joined over edges, and none encloses a hole.

    Water runs over corners too, so a catchment can consist of pieces that touch at a corner only:
    all but the largest go to the catchment beside them.
    """
    from scipy import ndimage

    label = label.copy()
    holes = ndimage.binary_fill_holes(label >= 0) & (label < 0)
    if holes.any():
        nearest = ndimage.distance_transform_edt(label < 0, return_distances=False, return_indices=True)
        label[holes] = label[tuple(nearest)][holes]
    for _ in range(1000):
        piece, size = _pieces(label)
        if _hand_over(label, piece, _largest(label, piece, size, count)) == 0:
            break
    return label


@compiled
def _corner_edges(label: Index) -> NDArray[np.uint8]:
    """Return which boundary edges meet at each corner: 1 east, 2 south, 4 west, 8 north."""
    rows, columns = label.shape
    edges = np.zeros((rows + 1, columns + 1), np.uint8)
    for i in range(1, rows):
        for j in range(columns):
            if label[i - 1, j] != label[i, j]:
                edges[i, j] |= 1
                edges[i, j + 1] |= 4
    for i in range(rows):
        for j in range(1, columns):
            if label[i, j - 1] != label[i, j]:
                edges[i, j] |= 2
                edges[i + 1, j] |= 8
    return edges


@compiled
def _arcs(edges: NDArray[np.uint8]) -> tuple[Index, Index, Index]:
    """Follow the boundaries from junction to junction; return row, column and arc of every point."""
    rows, columns = edges.shape
    total = 0
    for i in range(rows):
        for j in range(columns):
            for bit in range(4):
                total += (edges[i, j] >> bit) & 1
    row, column, arc = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
    step_row, step_column = np.array([0, 1, 0, -1]), np.array([1, 0, -1, 0])
    left = edges.copy()
    size = number = 0
    for junctions_first in (True, False):  # what is left then are rings without a junction
        for i in range(rows):
            for j in range(columns):
                simple = edges[i, j] in (3, 5, 6, 9, 10, 12)
                if simple == junctions_first:
                    continue
                for start in range(4):
                    if not left[i, j] & (1 << start):
                        continue
                    y, x, way = i, j, start
                    row[size], column[size], arc[size] = y, x, number
                    size += 1
                    while True:
                        left[y, x] &= ~np.uint8(1 << way)
                        y, x = y + step_row[way], x + step_column[way]
                        left[y, x] &= ~np.uint8(1 << ((way + 2) % 4))
                        row[size], column[size], arc[size] = y, x, number
                        size += 1
                        if edges[y, x] not in (3, 5, 6, 9, 10, 12) or left[y, x] == 0:
                            break
                        for onward in range(4):
                            if left[y, x] & (1 << onward):
                                way = onward
                    number += 1
    return row[:size], column[:size], arc[:size]


def polygons(label: Index, count: int, tolerance: float) -> list[shapely.Polygon]:
    """Return the polygon of each label in grid units: x to the right, y down, a cell is 1 by 1.

    Parameters
    ----------
    label : shape (rows, columns); each label in one piece (`joined`), the rim -1
    tolerance : stairs smaller than a triangle of this side are smoothed, for neighbours alike
    """
    import shapely

    row, column, arc = _arcs(_corner_edges(label))
    lines: Any = shapely.linestrings(np.column_stack((column, row)).astype(np.float64), indices=arc)
    faces = np.array(shapely.get_parts(shapely.polygonize(lines)))
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    owner = label[np.floor(inner[:, 1]).astype(int), np.floor(inner[:, 0]).astype(int)]
    by_label = np.empty(count, dtype=object)
    by_label[owner[owner >= 0]] = faces[owner >= 0]
    smooth = shapely.coverage_simplify(by_label, tolerance)
    return list(smooth)
