"""Drainage of an elevation grid: depressions, flow directions, order, upstream area.

Grids are flattened row by row and have a rim of inactive cells, so that all eight neighbours of an
active cell exist. Three states of a cell: `OUTSIDE`, `INSIDE`, and `BASE`, where water leaves the grid.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled

Grid = NDArray[np.float64]
Cells = NDArray[np.int64]
State = NDArray[np.uint8]

OUTSIDE, INSIDE, BASE = 0, 1, 2


def base_cells(active: NDArray[np.bool_]) -> State:
    """Return the state of every cell (flat): active cells beside inactive ones are `BASE`.

    The outermost rows and columns of ``active`` (rows, columns) must be False.
    """
    from scipy import ndimage

    inner = ndimage.binary_erosion(active, structure=np.ones((3, 3)))
    return np.where(inner, INSIDE, np.where(active, BASE, OUTSIDE)).astype(np.uint8).ravel()


@compiled
def _sift_up(keys: Grid, cells: Cells, size: int) -> None:
    i = size
    key, cell = keys[i], cells[i]
    while i > 0:
        parent = (i - 1) >> 1
        if keys[parent] <= key:
            break
        keys[i], cells[i] = keys[parent], cells[parent]
        i = parent
    keys[i], cells[i] = key, cell


@compiled
def _sift_down(keys: Grid, cells: Cells, size: int) -> None:
    key, cell = keys[size], cells[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i], cells[i] = keys[child], cells[child]
        i = child
    keys[i], cells[i] = key, cell


@compiled
def fill_depressions(elevation: Grid, state: State, width: int, rise: Grid) -> None:
    """Raise ``elevation`` in place until every inner cell descends to a base cell.

    A cell lies above its way out by at least ``rise``, given for each cell: uneven, it lets water
    wind through filled depressions, where an even one would draw straight lines.

    The priority flood with gradient of Barnes et al. (2014), algorithm 3: cells are visited from the
    base upwards, each from its lowest visited neighbour; depressions need no ordering.

    References
    ----------
    Barnes, Lehman and Mulla (2014), doi:10.1016/j.cageo.2013.04.024.
    """
    n = elevation.size
    around = np.array([-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1])
    seen = np.zeros(n, np.bool_)
    keys, cells = np.empty(n), np.empty(n, np.int64)
    pit = np.empty(n, np.int64)
    size = first = last = 0
    for i in range(n):
        if state[i] == OUTSIDE:
            seen[i] = True
        elif state[i] == BASE:
            seen[i] = True
            keys[size], cells[size] = elevation[i], i
            _sift_up(keys, cells, size)
            size += 1
    while size > 0 or first < last:
        if first < last:
            here = pit[first]
            first += 1
        else:
            first = last = 0
            here = cells[0]
            size -= 1
            if size > 0:
                _sift_down(keys, cells, size)
        for step in around:
            there = here + step
            if seen[there]:
                continue
            seen[there] = True
            lowest = elevation[here] + rise[there]
            if elevation[there] <= lowest:
                elevation[there] = lowest
                pit[last] = there
                last += 1
            else:
                keys[size], cells[size] = elevation[there], there
                _sift_up(keys, cells, size)
                size += 1


@compiled
def steepest_receivers(elevation: Grid, state: State, width: int) -> Cells:
    """Return for every cell the neighbour of steepest descent (D8); base and outside cells: themselves."""
    around = np.array([-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1])
    diagonal = 1.0 / np.sqrt(2.0)
    nearness = np.array([diagonal, 1.0, diagonal, 1.0, 1.0, diagonal, 1.0, diagonal])
    receiver = np.arange(elevation.size)
    for i in range(elevation.size):
        if state[i] != INSIDE:
            continue
        steepest = 0.0
        for k in range(8):
            slope = (elevation[i] - elevation[i + around[k]]) * nearness[k]
            if slope > steepest:
                steepest = slope
                receiver[i] = i + around[k]
    return receiver


@compiled
def upstream_first(receiver: Cells, state: State) -> Cells:
    """Return the active cells, each after all cells that drain to it."""
    n = receiver.size
    waiting = np.zeros(n, np.int32)
    count = 0
    for i in range(n):
        if state[i] != OUTSIDE:
            count += 1
            if receiver[i] != i:
                waiting[receiver[i]] += 1
    order = np.empty(count, np.int64)
    size = 0
    for start in range(n):
        if state[start] == OUTSIDE or waiting[start] != 0:
            continue
        i = start
        waiting[i] = -1
        while True:
            order[size] = i
            size += 1
            below = receiver[i]
            if below == i:
                break
            waiting[below] -= 1
            if waiting[below] != 0:
                break
            waiting[below] = -1
            i = below
    return order[:size]


@compiled
def accumulate(receiver: Cells, order: Cells) -> NDArray[np.int64]:
    """Return the number of cells that drain through each cell, itself included."""
    area = np.zeros(receiver.size, np.int64)
    for i in order:
        area[i] += 1
        if receiver[i] != i:
            area[receiver[i]] += area[i]
    return area


@compiled
def drains_to(receiver: Cells, order: Cells, outlet: int) -> NDArray[np.bool_]:
    """Return which cells drain through ``outlet``."""
    inside = np.zeros(receiver.size, np.bool_)
    inside[outlet] = True
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        if inside[receiver[i]]:
            inside[i] = True
    return inside


@compiled
def incise(
    elevation: Grid,
    receiver: Cells,
    order: Cells,
    area: Grid,
    width: int,
    erodibility: Grid,
    uplift: float,
    concavity: float,
) -> None:
    """Uplift and erode by stream power for one step, implicitly, in place.

        (z - z_old) / dt = U - K A^m (z - z_receiver) / dx

    ``erodibility`` is K dt / dx, ``uplift`` is U dt, ``concavity`` is m. Unconditionally
    stable, linear in cells.

    References
    ----------
    Braun and Willett (2013), eq. 22, doi:10.1016/j.geomorph.2012.10.008.
    """
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        below = receiver[i]
        if below == i:
            continue
        apart = abs(i - below)
        distance = 1.0 if apart in (1, width) else np.sqrt(2.0)
        power = erodibility[i] * area[i] ** concavity / distance
        elevation[i] = (elevation[i] + uplift + power * elevation[below]) / (1.0 + power)
