"""What the cells of each catchment say about it: height, slope, wetness, time to its outlet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled
from dmod.hydrofabric.example.delineation import Division
from dmod.hydrofabric.example.terrain import Terrain

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

HOURS = 24
"""Longest unit hydrograph [h]."""

CLASSES = 29
"""Number of classes of the topographic index."""


@dataclass(frozen=True, slots=True)
class Hillslopes:
    """Statistics over the cells of each catchment, shape (n,) or (n, classes).

    Parameters
    ----------
    elevation : mean [m]
    slope : mean [-]
    aspect : circular mean, clockwise from north [degree]
    wetness_edges : shape (n, CLASSES + 1), classes of ln(a / tan β) [ln m]
    wetness : shape (n, CLASSES), share of the cells in each class
    arrival : shape (n, HOURS), share of the cells whose water needs 0–1 h, 1–2 h, … to the outlet
    distance : of the farthest cell to the outlet along the water's way [m]
    """

    elevation: Floats
    slope: Floats
    aspect: Floats
    wetness_edges: Floats
    wetness: Floats
    arrival: Floats
    distance: Floats


def survey(terrain: Terrain, division: Division) -> Hillslopes:
    """Take the statistics."""
    n = division.downstream.size
    cells = terrain.order
    label = division.label[cells]
    count = np.bincount(label, minlength=n)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(label, values, n) / count)

    height = terrain.elevation
    east, south = _gradient(height, terrain.inside, terrain.cell)
    slope = np.hypot(east, south).ravel()[cells]
    away = np.hypot(east, south).ravel()[cells] + 1e-12
    aspect = np.arctan2(mean(-east.ravel()[cells] / away), mean(south.ravel()[cells] / away))
    wetness = np.log(terrain.area[cells] * terrain.cell / np.maximum(slope, 1e-3))
    edges, shares = _classes(label, wetness, n)
    hours, distance = travel(
        height.ravel(),
        terrain.receiver,
        cells,
        terrain.area,
        division.label,
        terrain.width,
        terrain.cell,
        division.threshold / 4,
    )
    slot = np.minimum(hours[cells].astype(np.int64), HOURS - 1)
    arrival = np.bincount(label * HOURS + slot, minlength=n * HOURS).reshape(n, HOURS) / count[:, None]
    farthest = np.zeros(n)
    np.maximum.at(farthest, label, distance[cells])
    return Hillslopes(
        elevation=mean(height.ravel()[cells]),
        slope=mean(slope),
        aspect=np.degrees(aspect) % 360,
        wetness_edges=edges,
        wetness=shares,
        arrival=arrival,
        distance=farthest,
    )


def _gradient(height: Floats, inside: NDArray[np.bool_], cell: float) -> tuple[Floats, Floats]:
    """Return the rise to the east and to the south, from cells of the basin only."""
    filled = np.where(inside, height, np.nan)
    rises = []
    for axis in (1, 0):
        forward = np.roll(filled, -1, axis) - filled
        backward = filled - np.roll(filled, 1, axis)
        both = np.where(np.isnan(forward), backward, np.where(np.isnan(backward), forward, 0))
        central = np.where(np.isnan(forward + backward), both, (forward + backward) / 2)
        rises.append(np.nan_to_num(central) / cell)
    return rises[0], rises[1]


def _classes(label: Index, wetness: Floats, n: int) -> tuple[Floats, Floats]:
    lowest, highest = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(lowest, label, wetness)
    np.maximum.at(highest, label, wetness)
    span = np.maximum(highest - lowest, 1e-6)
    slot = np.minimum(((wetness - lowest[label]) / span[label] * CLASSES).astype(np.int64), CLASSES - 1)
    count = np.bincount(label * CLASSES + slot, minlength=n * CLASSES).reshape(n, CLASSES)
    edges = lowest[:, None] + span[:, None] * np.linspace(0, 1, CLASSES + 1)
    return edges, count / count.sum(axis=1, keepdims=True)


@compiled
def travel(
    height: Floats,
    receiver: Index,
    order: Index,
    area: Index,
    label: Index,
    width: int,
    cell: float,
    channel: float,
) -> tuple[Floats, Floats]:
    """Return hours and metres from each cell to the end of its catchment.

    Overland v = 0.4 sqrt(S) m/s (woodland; SCS upland method), in channels of more than ``channel``
    cells v = 0.7 A^0.1 m/s with A in km², within 0.02 to 2.5 m/s.
    """
    hours, metres = np.zeros(height.size), np.zeros(height.size)
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        below = receiver[i]
        apart = abs(i - below)
        step = cell if apart <= 1 or apart == width else cell * np.sqrt(2.0)
        if area[i] >= channel:
            speed = 0.7 * (area[i] * cell * cell * 1e-6) ** 0.1
        else:
            speed = 0.4 * np.sqrt(max(height[i] - height[below], 0.0) / step)
        speed = min(max(speed, 0.02), 2.5)
        hours[i], metres[i] = step / speed / 3600.0, step
        if below != i and label[below] == label[i]:
            hours[i] += hours[below]
            metres[i] += metres[below]
    return hours, metres
