"""Synthetic rain: fronts that cross the basin, and convective cells on summer afternoons.

Every storm is drawn once, before any rain is computed, so that the rain of a catchment does not
depend on which others are computed with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled
from dmod.core.random_field import RandomField
from dmod.forcing.weather.places import Places

Floats = NDArray[np.float64]

YEAR_HOURS = 8766.0
BANDS = 4
"""Rain bands in a front."""

TRACE = 0.03
"""Rain below this share of a storm's peak rate does not reach the ground."""


@dataclass(frozen=True, slots=True)
class Fronts:
    """Fronts, shape (n,) or (n, BANDS).

    Parameters
    ----------
    time : at which the middle passes the origin of coordinates [h since the start]
    depth : mean over the land [mm]
    slowness : hours of delay per metre to the east and to the north, shape (n, 2) [h/m]
    offset, width, weight : of the rain bands in time [h], [h], [-]
    amount, tilt : per front a field: logarithm of local depth, and shift in time
    """

    time: Floats
    depth: Floats
    slowness: Floats
    offset: Floats
    width: Floats
    weight: Floats
    amount: tuple[RandomField, ...]
    tilt: tuple[RandomField, ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """Convective cells (n,): start [h], centre and radius [m], drift [m/h], depth [mm], length [h]."""

    time: Floats
    x: Floats
    y: Floats
    drift_x: Floats
    drift_y: Floats
    radius: Floats
    depth: Floats
    duration: Floats


@dataclass(frozen=True, slots=True)
class Storms:
    """All storms of a period; ``scale`` brings them to the annual precipitation that is wanted."""

    fronts: Fronts
    cells: Cells
    scale: float

    def rain(self, places: Places, hours: int) -> Floats:
        """Return the rain in each hour, shape (places, hours) [mm/h]."""
        rain = np.zeros((len(places), hours))
        fronts = self.fronts
        rise = _orographic(places.elevation)
        for i in range(fronts.time.size):
            passing = (
                fronts.time[i]
                + places.x * fronts.slowness[i, 0]
                + places.y * fronts.slowness[i, 1]
                + fronts.tilt[i](places.x, places.y)
            )
            depth = self.scale * fronts.depth[i] * rise * _amount(fronts.amount[i], places)
            add_front(rain, passing, depth, fronts.offset[i], fronts.width[i], fronts.weight[i])
        cells = self.cells
        add_cells(
            rain,
            places.x,
            places.y,
            self.scale * rise,
            np.column_stack((cells.time, cells.x, cells.y, cells.drift_x, cells.drift_y)),
            np.column_stack((cells.radius, cells.depth, cells.duration)),
        )
        return rain


def draw_storms(
    places: Places, hours: int, first_day: float, annual: float, random: np.random.Generator
) -> Storms:
    """Draw the storms of ``hours``, a year at least, from day ``first_day`` of the year on.

    Parameters
    ----------
    annual : mean precipitation over all places [mm in 8766 h]
    """
    span = max(YEAR_HOURS, float(hours))
    fronts = _draw_fronts(span, first_day, random)
    cells = _draw_cells(places, span, first_day, random)
    some = places.some(400)
    storms = Storms(fronts, cells, 1.0)
    mean = storms.rain(some, int(span)).sum() / len(some)
    return Storms(fronts, cells, annual * span / YEAR_HOURS / mean)


def _season(hour: Floats, first_day: float) -> Floats:
    """Return 1 in the middle of July and -1 in the middle of January."""
    return np.asarray(np.cos(2 * np.pi * (hour / 24 + first_day - 196) / 365.25))


def _draw_fronts(span: float, first_day: float, random: np.random.Generator) -> Fronts:
    often = 1 / (3.6 * 24)
    time = np.cumsum(random.exponential(1 / often, int(1.5 * span * often) + 20)) - 48
    time = time[time < span + 48]
    time = time[random.random(time.size) < 0.72 - 0.28 * _season(time, first_day)]
    n = time.size
    toward = np.radians(random.normal(65, 25, n))  # clockwise from north: mostly to the east-north-east
    speed = random.uniform(8, 18, n) * 3600
    duration = 3 + random.gamma(1.6, 5.0, n)
    return Fronts(
        time=time,
        depth=np.minimum(0.4 + random.gamma(0.9, 13.0, n), 10 + 3 * duration),
        slowness=np.column_stack((np.sin(toward), np.cos(toward))) / speed[:, None],
        offset=random.uniform(-0.5, 0.5, (n, BANDS)) * duration[:, None],
        width=random.uniform(0.06, 0.18, (n, BANDS)) * duration[:, None] + 0.6,
        weight=random.gamma(0.8, 1.0, (n, BANDS)) + 0.02,
        amount=tuple(RandomField.draw(random, 60e3, 24) for _ in range(n)),
        tilt=tuple(RandomField.draw(random, 50e3, 24) for _ in range(n)),
    )


def _draw_cells(places: Places, span: float, first_day: float, random: np.random.Generator) -> Cells:
    """Draw cells on outbreak days, over the land and 25 km around."""
    days = np.arange(int(span // 24))
    outbreak = random.random(days.size) < np.clip(
        0.05 + 0.35 * _season(days.astype(np.float64) * 24.0, first_day), 0, 1
    )
    west, east = places.x.min() - 25e3, places.x.max() + 25e3
    south, north = places.y.min() - 25e3, places.y.max() + 25e3
    area = (east - west) * (north - south) / 1e6
    density = 1.2e-3 * random.gamma(1.2, 1.0, days.size)
    count = np.where(outbreak, random.poisson(density * area), 0)
    day = np.repeat(days, count)
    n = day.size
    noon = 12 - places.longitude.mean() / 15  # UTC
    heading = np.radians(random.normal(75, 20, days.size))[day]
    speed = random.uniform(3, 9, days.size)[day] * 3600
    return Cells(
        time=day * 24 + (noon + random.normal(4.0, 2.2, n)),
        x=random.uniform(west, east, n),
        y=random.uniform(south, north, n),
        drift_x=speed * np.sin(heading),
        drift_y=speed * np.cos(heading),
        radius=random.uniform(3.5e3, 9e3, n),
        depth=2 + random.gamma(1.1, 9.0, n),
        duration=random.uniform(0.7, 2.5, n),
    )


def _orographic(elevation: Floats) -> Floats:
    """Return how much more it rains uphill: 5 % per 100 m, at most half as much again."""
    return np.asarray(np.clip(1 + 5e-4 * (elevation - 300), 0.8, 1.5))


def _amount(field: RandomField, places: Places) -> Floats:
    return np.asarray(np.exp(0.4 * field(places.x, places.y) - 0.08))


@compiled
def add_front(
    rain: Floats, passing: Floats, depth: Floats, offset: Floats, width: Floats, weight: Floats
) -> None:
    """Add a front's rain: bands that are Gaussian in time, trace removed, ``depth`` in all."""
    reach = np.max(np.abs(offset) + 3 * width)
    hours = rain.shape[1]
    shape = np.empty(int(2 * reach) + 4)
    for c in range(rain.shape[0]):
        first = int(np.floor(passing[c] - reach))
        last = min(int(np.ceil(passing[c] + reach)), first + shape.size - 1)
        if last < 0 or first >= hours:
            continue
        peak = 0.0
        for t in range(first, last + 1):
            value = 0.0
            for k in range(offset.size):
                away = (t + 0.5 - passing[c] - offset[k]) / width[k]
                value += weight[k] / width[k] * np.exp(-0.5 * away * away)
            shape[t - first] = value
            peak = max(peak, value)
        total = 0.0
        for i in range(last - first + 1):
            if shape[i] < TRACE * peak:
                shape[i] = 0.0
            total += shape[i]
        for t in range(max(first, 0), min(last + 1, hours)):
            rain[c, t] += depth[c] * shape[t - first] / total


@compiled
def add_cells(rain: Floats, x: Floats, y: Floats, factor: Floats, track: Floats, size: Floats) -> None:
    """Add convective cells: Gaussian in space, drifting, constant while they last."""
    hours = rain.shape[1]
    for k in range(track.shape[0]):
        start, x0, y0, drift_x, drift_y = track[k]
        radius, depth, duration = size[k]
        for hour in range(max(0, int(np.floor(start))), min(hours, int(np.ceil(start + duration)))):
            share = (min(hour + 1.0, start + duration) - max(hour * 1.0, start)) / duration
            middle = hour + 0.5 - start - 0.5 * duration
            at_x, at_y = x0 + drift_x * middle, y0 + drift_y * middle
            for c in range(rain.shape[0]):
                away = ((x[c] - at_x) ** 2 + (y[c] - at_y) ** 2) / (radius * radius)
                if away < 6.0:
                    rain[c, hour] += factor[c] * depth * share * np.exp(-0.5 * away)
