"""A report's contents made by code: a basin, a year of weather, a flood-like flow, an observation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation import ObservedSeries, align, score
from dmod.evaluation.report.contents import (
    CatchmentRing,
    InputFile,
    ReportInput,
    RiverLine,
    WaterBalance,
)

Floats = NDArray[np.float64]
CELL = 0.045  # [degrees]


def example_report(
    catchments: int = 100, steps: int = 8760, *, seed: int = 7, observed: bool = True
) -> ReportInput:
    """Return contents that look like a run's: for tests of the page and for looking at it.

    Parameters
    ----------
    catchments : about this many
    steps : hourly
    observed : whether there is an observation to score
    """
    random = np.random.default_rng(seed)
    rings, rivers, area, location = _geometry(catchments, random)
    times = np.datetime64("2015-10-01T00:00:00") + np.arange(steps).astype("timedelta64[h]")
    rain = _rain(steps, random)
    basin = float(area.sum())
    truth = _flow(rain, basin, (9.0, 60.0, 900.0))
    flow = _flow(rain, basin, (12.0, 75.0, 800.0))
    series = pairs = scores = None
    if observed:
        noise = np.exp(np.cumsum(random.normal(0.0, 0.02, steps)) * 0.15 + random.normal(0.0, 0.03, steps))
        values = truth * noise
        values[steps // 3 : steps // 3 + 90] = np.nan
        series = ObservedSeries(
            times, values, "10109001", "observed.csv", "ft3/s", ("90 values are missing",)
        )
        pairs = align(times, flow, 3600, series)
        scores = score(pairs)
    return ReportInput(
        title="Example basin 7",
        outlet="nex-1",
        gauge="10109001",
        formulation="SLoTH + PET + CFE",
        times=times,
        simulated=flow,
        step=3600,
        rain=rain,
        outlet_location=location,
        catchments=rings,
        rivers=rivers,
        balance=_balance([ring.id for ring in rings], area, float(rain.sum()), random),
        observed=series,
        pairs=pairs,
        scores=scores,
        synthetic=True,
        version="0.1.0",
        files=[
            InputFile("hydrofabric", "config/example.gpkg", "sha256:" + "4f1c9a0e" * 8, 1_482_752),
            InputFile("realization", "config/realization.json", "sha256:" + "09bd77e1" * 8, 3_114),
            InputFile("forcing", "forcings/forcing.nc", "sha256:" + "e6510b42" * 8, 28_301_442),
        ],
        modules=[("SLoTH", "1.0"), ("PET", "energy balance"), ("CFE", "6d08db7")],
        options=[("routing", "Muskingum-Cunge, 300 s"), ("fill", "none")],
        facts=[("Time taken", "1.2 s"), ("Catchment steps", "876,000")],
        warnings=["cat-12: slope 0 was raised to 0.00001 for routing"],
    )


def _rain(steps: int, random: np.random.Generator) -> Floats:
    rain = np.zeros(steps)
    for start in np.cumsum(random.exponential(75.0, size=steps)).astype(int):
        if start >= steps:
            break
        length = 1 + int(random.exponential(9.0))
        season = 1.0 + 0.6 * np.cos(2.0 * np.pi * (start - 3000) / 8760.0)
        storm = random.gamma(0.7, 1.6) * season * np.sin(np.linspace(0.2, 3.0, length))
        rain[start : start + length] += storm[: steps - start]
    return rain


def _flow(rain: Floats, area: float, constants: tuple[float, float, float]) -> Floats:
    """Three linear reservoirs [h] in parallel fed by what soil moisture lets run off."""
    wetness, flow = 0.4, np.empty(len(rain))
    stores, shares = np.array([0.0, 0.0, 6.0]), np.array([0.35, 0.35, 0.30])
    loss = 1.0 - np.exp(-1.0 / np.asarray(constants))
    for i, depth in enumerate(rain):
        wetness = min(1.0, max(0.05, wetness + depth / 160.0 - 0.00065 * wetness))
        stores = stores + depth * wetness**1.6 * shares
        out = stores * loss
        stores = stores - out
        flow[i] = out.sum() * area / 3.6
    return flow


def _geometry(
    count: int, random: np.random.Generator
) -> tuple[list[CatchmentRing], list[RiverLine], Floats, tuple[float, float]]:
    side = max(2, int(np.ceil(np.sqrt(count * 1.35))))
    corners = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0), indexing="ij"), axis=-1)
    corners += random.uniform(-0.3, 0.3, corners.shape)
    grid = np.stack(np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5, indexing="ij"), axis=-1)
    middle = side / 2.0
    far = np.hypot((grid[..., 0] - middle) / 1.0, (grid[..., 1] - middle) / 0.85) + random.normal(
        0.0, 0.25, grid.shape[:2]
    )
    order = np.argsort(far.ravel())[:count]
    cells = [(int(k) // side, int(k) % side) for k in order]
    edges: dict[tuple[tuple[int, int], tuple[int, int]], Floats] = {}
    rings, area = [], np.empty(len(cells))
    for n, (i, j) in enumerate(cells):
        loop = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
        parts = [_edge(a, b, corners, edges, random) for a, b in zip(loop, loop[1:] + loop[:1], strict=True)]
        points = np.concatenate(parts)
        rings.append(CatchmentRing(f"cat-{n + 1}", *_degrees(points)))
        x, y = points[:, 0], points[:, 1]
        area[n] = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2.0 * 19.0
    rivers, outlet = _rivers(cells, area, random)
    lon, lat = _degrees(outlet[None, :])
    return rings, rivers, area, (float(lon[0]), float(lat[0]))


def _edge(
    a: tuple[int, int],
    b: tuple[int, int],
    corners: Floats,
    edges: dict[tuple[tuple[int, int], tuple[int, int]], Floats],
    random: np.random.Generator,
) -> Floats:
    """Return the wandering border from a to b without b; neighbours share it."""
    key = (min(a, b), max(a, b))
    if key not in edges:
        line = np.stack((corners[key[0]], corners[key[1]]))
        for sway in (0.16, 0.08, 0.04):
            middle = (line[:-1] + line[1:]) / 2.0 + random.normal(0.0, sway / 2.0, (len(line) - 1, 2))
            line = np.insert(line, np.arange(1, len(line)), middle, axis=0)
        edges[key] = line
    line = edges[key]
    return line[:-1] if a == key[0] else line[:0:-1]


def _rivers(
    cells: list[tuple[int, int]], area: Floats, random: np.random.Generator
) -> tuple[list[RiverLine], Floats]:
    places = np.array(cells) + 0.5 + random.uniform(-0.18, 0.18, (len(cells), 2))
    outlet = int(np.argmin(places[:, 1] + 0.4 * places[:, 0]))
    height = np.hypot(*(places - places[outlet]).T) * random.uniform(0.9, 1.1, len(cells))
    height[outlet] = -1.0
    down = np.full(len(cells), -1)
    for n in range(len(cells)):
        near = np.hypot(*(places - places[n]).T)
        lower = np.flatnonzero((near < 1.75) & (height < height[n]))
        if n != outlet and len(lower):
            down[n] = lower[np.argmin(height[lower] + 1.4 * near[lower])]
    drained = area.copy()
    for n in np.argsort(-height).tolist():
        if down[n] >= 0:
            drained[down[n]] += drained[n]
    lines = []
    for n in np.flatnonzero(down >= 0).tolist():
        line = np.stack((places[n], places[down[n]]))
        for sway in (0.12, 0.06, 0.03):
            middle = (line[:-1] + line[1:]) / 2.0 + random.normal(0.0, sway / 2.0, (len(line) - 1, 2))
            line = np.insert(line, np.arange(1, len(line)), middle, axis=0)
        lines.append(RiverLine(f"wb-{n + 1}", *_degrees(line), width=float(drained[n])))
    return lines, places[outlet]


def _degrees(points: Floats) -> tuple[Floats, Floats]:
    return -111.9 + CELL * 1.3 * points[:, 0], 41.6 + CELL * points[:, 1]


def _balance(ids: list[str], area: Floats, rain: float, random: np.random.Generator) -> WaterBalance:
    count = len(ids)
    precipitation = rain * np.linspace(1.15, 0.85, count) * random.normal(1.0, 0.02, count)
    runoff = precipitation * np.clip(random.normal(0.38, 0.05, count), 0.1, 0.9)
    storage = random.normal(12.0, 6.0, count)
    residual = random.normal(0.0, 1e-10, count)
    return WaterBalance(
        ids, area, precipitation, precipitation - runoff - storage - residual, runoff, storage, residual
    )
