"""Flowpaths of an example basin: lines, length, slope, order, main stems, cross-sections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.example.delineation import Division
from dmod.hydrofabric.example.terrain import Terrain

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

LEAST_SLOPE = 1e-4


@dataclass(frozen=True, slots=True)
class Channels:
    """One flowpath per catchment, upstream first.

    Parameters
    ----------
    lines : coordinates (points, 2) [m], from head to nexus
    length : [m]
    slope : [-], above 0
    altitude : of the channel, mean of its two ends [m]
    drainage : area upstream of its end [km²]
    order : Strahler's
    hydroseq : 1 at the outlet, larger upstream
    mainstem : the hydroseq of the lowest flowpath of the same main stem
    """

    lines: tuple[Floats, ...]
    length: Floats
    slope: Floats
    altitude: Floats
    drainage: Floats
    order: Index
    hydroseq: Index
    mainstem: Index


def make_channels(
    terrain: Terrain, division: Division, area_km2: Floats, origin: tuple[float, float]
) -> Channels:
    """Draw and measure the flowpaths; ``origin`` is the upper left corner of the grid [m]."""
    lines = tuple(_line(terrain, cells, origin) for cells in division.lines)
    length = np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in lines])
    height = terrain.elevation.ravel()
    head = height[[cells[0] for cells in division.lines]]
    end = height[[cells[-1] for cells in division.lines]]
    drainage = area_km2.copy()
    for i, below in enumerate(division.downstream):
        if below >= 0:
            drainage[below] += drainage[i]
    n = length.size
    return Channels(
        lines=lines,
        length=length,
        slope=np.maximum((head - end) / length, LEAST_SLOPE),
        altitude=(head + end) / 2,
        drainage=drainage,
        order=_strahler(division.downstream),
        hydroseq=np.arange(n, 0, -1),
        mainstem=_mainstems(division.downstream, drainage),
    )


def _line(terrain: Terrain, cells: Index, origin: tuple[float, float]) -> Floats:
    """Return the cells' centres, smoothed between fixed ends; the last line leaves the grid's basin."""
    row, column = np.divmod(cells, terrain.width)
    points = np.column_stack((column + 0.5, row + 0.5)).astype(np.float64)
    if cells[-1] == terrain.outlet:
        onward = points[-1] - points[-2] if len(points) > 1 else np.array([0.0, 1.0])
        points = np.vstack((points, points[-1] + 0.5 * onward))
    for _ in range(3):
        points[1:-1] = 0.25 * points[:-2] + 0.5 * points[1:-1] + 0.25 * points[2:]
    return np.asarray(np.array(origin) + points * np.array([terrain.cell, -terrain.cell]))


def _strahler(downstream: Index) -> Index:
    order = np.ones(downstream.size, np.int64)
    highest, count = np.zeros(downstream.size, np.int64), np.zeros(downstream.size, np.int64)
    for i, below in enumerate(downstream):
        if highest[i]:
            order[i] = highest[i] + (count[i] > 1)
        if below < 0:
            continue
        if order[i] > highest[below]:
            highest[below], count[below] = order[i], 1
        elif order[i] == highest[below]:
            count[below] += 1
    return order


def _mainstems(downstream: Index, drainage: Floats) -> Index:
    n = downstream.size
    main = np.full(n, -1)
    for i, below in enumerate(downstream):
        if below >= 0 and (main[below] < 0 or drainage[i] > drainage[main[below]]):
            main[below] = i
    stem = np.arange(n, 0, -1)
    for i in range(n - 1, -1, -1):
        below = downstream[i]
        if below >= 0 and main[below] == i:
            stem[i] = stem[below]
    return stem


def cross_sections(channels: Channels, random: np.random.Generator) -> dict[str, Floats]:
    """Return the compound trapezoids by drainage area, as columns of ``flowpath-attributes``.

    Bankfull width 2.70 A^0.352 and depth 0.30 A^0.213 [m], A in km², with some scatter; roughness
    falls with order; the flood plain is three times as wide and twice as rough.

    References
    ----------
    Bieger et al. (2015), table 4 (conterminous United States), doi:10.1111/jawr.12282.
    """
    n = channels.length.size
    width = 2.70 * channels.drainage**0.352 * np.exp(0.12 * random.standard_normal(n))
    depth = 0.30 * channels.drainage**0.213 * np.exp(0.08 * random.standard_normal(n))
    side = np.clip(1.1 - 0.12 * channels.order + 0.05 * random.standard_normal(n), 0.3, 1.5)
    roughness = np.clip(0.065 - 0.006 * channels.order, 0.03, 0.06)
    return {
        "Y": depth,
        "n": roughness,
        "nCC": 2 * roughness,
        "BtmWdth": np.maximum(width - 2 * depth / side, 0.5 * width),
        "TopWdth": width,
        "TopWdthCC": 3 * width,
        "ChSlp": side,
        "alt": channels.altitude,
        "So": channels.slope,
        "MusX": np.full(n, 0.2),
        "MusK": np.full(n, 3600.0),
    }
