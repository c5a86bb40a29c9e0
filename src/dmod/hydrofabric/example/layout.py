"""Where the basins of an example continent lie: side by side, without overlap, within a coarse outline.

Basins are laid out on square cells, the largest first, each pressed to one side; whoever comes later fills
the room that is left. If the land is too small for all, everything is made smaller by one factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled
from dmod.errors import InputError
from dmod.hydrofabric.example.pattern import CELL, Pattern

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

OUTLINE = (
    (-124.6, 48.3), (-123.0, 49.0), (-95.2, 49.0), (-89.5, 48.0), (-84.5, 46.5), (-82.4, 43.0),
    (-79.0, 43.3), (-75.0, 45.0), (-71.0, 45.3), (-69.2, 47.4), (-67.0, 44.8), (-70.7, 42.0),
    (-74.0, 40.4), (-75.6, 35.3), (-81.3, 31.4), (-80.1, 26.0), (-81.8, 26.2), (-82.8, 29.0),
    (-85.0, 29.7), (-89.3, 29.2), (-94.0, 29.5), (-97.2, 27.7), (-97.3, 26.0), (-99.4, 27.5),
    (-101.4, 29.8), (-104.5, 29.7), (-106.5, 31.8), (-111.1, 31.4), (-117.1, 32.6), (-120.6, 34.6),
    (-124.3, 40.3),
)  # fmt: skip
"""The conterminous United States in a few strokes, longitude and latitude [degree]."""

REGIONS = {
    "01": (-70.5, 44.3), "02": (-76.0, 41.0), "03N": (-79.0, 35.5), "03S": (-82.5, 29.8),
    "03W": (-87.5, 32.3), "04": (-84.5, 44.0), "05": (-84.5, 39.0), "06": (-86.0, 35.6),
    "07": (-91.5, 43.0), "08": (-91.0, 32.5), "09": (-96.5, 48.0), "10L": (-98.5, 41.0),
    "10U": (-106.0, 46.5), "11": (-98.0, 36.0), "12": (-98.5, 31.0), "13": (-105.0, 33.0),
    "14": (-109.0, 39.0), "15": (-112.0, 34.5), "16": (-115.5, 40.5), "17": (-118.0, 45.5),
    "18": (-120.5, 37.5),
}  # fmt: skip
"""Vector processing units and about where their middle is, longitude and latitude [degree]."""

TURNS = tuple(
    np.array(rows, dtype=np.float64)
    for rows in (
        ((1, 0), (0, 1)), ((0, -1), (1, 0)), ((-1, 0), (0, -1)), ((0, 1), (-1, 0)),
        ((-1, 0), (0, 1)), ((1, 0), (0, -1)), ((0, 1), (1, 0)), ((0, -1), (-1, 0)),
    )
)  # fmt: skip
"""Rotations by quarters, plain and mirrored; applied as ``points @ turn.T``."""

USABLE = 0.97
"""Share of the land that is tried first; uneven outlines leave the rest open."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stamp of a pattern lies: points are turned, moved, and then made smaller.

    Parameters
    ----------
    pattern : which pattern
    turn : which of ``TURNS``
    shift : by how much the turned points move [m]
    """

    pattern: int
    turn: int
    shift: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """A plane of cells with basins on it.

    Parameters
    ----------
    places : one for each basin
    scale : everything is made smaller by this factor
    corner : of the cell in row 0, column 0, before scaling [m]
    land : cells within the outline; rows from south to north
    taken : cells that basins touch
    """

    places: tuple[Place, ...]
    scale: float
    corner: tuple[float, float]
    land: Mask
    taken: Mask


def lay_out(patterns: Sequence[Pattern], copies: Sequence[int], random: np.random.Generator) -> Layout:
    """Lay out so many copies of each pattern, largest first, over the land of the outline.

    Parameters
    ----------
    patterns : from the largest to the smallest

    Raises
    ------
    InputError
        no scale was found at which they fit.
    """
    masks = [[_footprint(pattern, turn) for turn in range(len(TURNS))] for pattern in patterns]
    wanted = sum(count * int(mask[0][0].sum()) for count, mask in zip(copies, masks, strict=True))
    land, _ = _land(1.0)
    scale = min(1.0, float(np.sqrt(USABLE * land.sum() / wanted)))
    angle = random.uniform(0.0, 2 * np.pi)
    for _ in range(40):
        land, corner = _land(scale)
        taken = ~land
        places = _settled(masks, copies, taken, corner, angle)
        if places is not None:
            return Layout(tuple(places), scale, corner, land, taken & land)
        scale *= 0.97
    raise InputError(f"{sum(copies)} basins cannot be laid out side by side", hint="ask for fewer catchments")


def alone(pattern: Pattern) -> Layout:
    """Leave a single basin where its own coordinates are, with land around it."""
    mask, (row, column) = _footprint(pattern, 0)
    margin = 2 + int(np.sqrt(len(pattern)) / 10)
    taken = np.pad(mask, margin)
    corner = (CELL * (column - margin), CELL * (row - margin))
    return Layout((Place(0, 0, (0.0, 0.0)),), 1.0, corner, np.ones_like(taken), taken)


def nearest_regions(x: float, y: float) -> list[str]:
    """Return the vector processing units, the one whose middle is nearest to a point [m] first."""
    names = list(REGIONS)
    away = np.hypot(*(_middles() - (x, y)).T)
    return [names[i] for i in np.argsort(away)]


@lru_cache(maxsize=1)
def _middles() -> Floats:
    return _projected(tuple(REGIONS.values()))


def _projected(degrees: Sequence[tuple[float, float]]) -> Floats:
    from pyproj import Transformer

    x, y = Transformer.from_crs(4326, 5070, always_xy=True).transform(*np.array(degrees).T)
    return np.column_stack((x, y))


def _land(scale: float) -> tuple[Mask, tuple[float, float]]:
    """Return which cells have their centre within the outline, and the corner of the first."""
    import shapely

    outline = shapely.Polygon(_projected(OUTLINE) / scale)
    west, south, east, north = (float(CELL * np.floor(edge / CELL)) for edge in outline.bounds)
    x = np.arange(west + CELL / 2, east + CELL, CELL)
    y = np.arange(south + CELL / 2, north + CELL, CELL)
    shapely.prepare(outline)
    return np.asarray(shapely.contains_xy(outline, *np.meshgrid(x, y))), (west, south)


def _footprint(pattern: Pattern, turn: int) -> tuple[Mask, tuple[int, int]]:
    """Return the cells that a pattern touches, and the row and column of the first."""
    box = pattern.polygons.bounds()
    corners = np.stack((box[:, :2], box[:, 2:])) @ TURNS[turn].T
    low = np.floor(corners.min(axis=0) / CELL).astype(np.int64)
    high = np.floor(corners.max(axis=0) / CELL).astype(np.int64) + 1
    first = low.min(axis=0)
    low, high = low - first, high - first
    steps = np.zeros(high.max(axis=0) + 1, np.int64)
    for column, row, sign in ((low, low, 1), (high, high, 1), (low, high, -1), (high, low, -1)):
        np.add.at(steps, (column[:, 0], row[:, 1]), sign)
    mask = steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
    return np.ascontiguousarray(mask.T), (int(first[1]), int(first[0]))


def _settled(
    masks: Sequence[Sequence[tuple[Mask, tuple[int, int]]]],
    copies: Sequence[int],
    taken: Mask,
    corner: tuple[float, float],
    angle: float,
) -> list[Place] | None:
    """Place everything, marking ``taken``; None if there is no room for all."""
    ways = [_along(taken.shape, angle + turn * np.pi / 4) for turn in range(len(TURNS))]
    places: list[Place] = []
    for number, (turned, count) in enumerate(zip(masks, copies, strict=True)):
        left = count
        for turn, (mask, (row, column)) in enumerate(turned):
            share = -(-left // (len(turned) - turn))
            cells = np.argwhere(mask)
            # scattered cells show soonest that there is no room
            cells = cells[np.argsort(np.sin(np.arange(len(cells)) * 12.9898))]
            found = _settle(taken, cells, np.array(mask.shape), ways[(turn + number) % len(ways)], share)
            places += [
                Place(number, turn, (corner[0] + CELL * (c - column), corner[1] + CELL * (r - row)))
                for r, c in found.tolist()
            ]
            left -= len(found)
        if left:
            return None
    return places


def _along(shape: tuple[int, ...], angle: float) -> Index:
    """Return all cells (flat) from one side of the plane to the other."""
    rows, columns = np.indices(shape)
    return np.argsort((rows * np.sin(angle) + columns * np.cos(angle)).ravel(), kind="stable")


@compiled
def _settle(taken: Mask, cells: Index, shape: Index, order: Index, wanted: int) -> Index:
    """Put copies of a footprint where there is room, in the order of cells; return their first cells."""
    rows, columns = taken.shape
    found = np.empty((wanted, 2), np.int64)
    count = 0
    for at in order:
        if count == wanted:
            break
        row, column = at // columns, at % columns
        if row + shape[0] > rows or column + shape[1] > columns:
            continue
        free = True
        for k in range(cells.shape[0]):
            if taken[row + cells[k, 0], column + cells[k, 1]]:
                free = False
                break
        if free:
            for k in range(cells.shape[0]):
                taken[row + cells[k, 0], column + cells[k, 1]] = True
            found[count, 0], found[count, 1] = row, column
            count += 1
    return found[:count]
