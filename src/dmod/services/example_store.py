"""Write a synthetic store of gridded forcing around a hydrofabric, in a published layout."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import hidden_path, remove, require_space, storing
from dmod.core.random_field import RandomField
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import AlreadyExists, InputError
from dmod.forcing.gridded.example_layouts import NWM_WKT, aorc_centres, nwm_centres
from dmod.forcing.gridded.example_stores import (
    write_aorc_store,
    write_cf_store,
    write_nwm_netcdf_store,
    write_nwm_zarr_store,
)
from dmod.forcing.gridded.grid import Bounds
from dmod.forcing.weather import Places, Weather, draw_weather

Layout = Literal["aorc", "nwm", "nwm-netcdf", "cf"]
LAYOUTS: tuple[str, ...] = get_args(Layout)
Floats = NDArray[np.float64]
Progress = Callable[[str], None]

MARK = "example.json"
SYNTHETIC = "Every number in this store was made by code; it shows the weather of no real place."
HOUR = 3600
MARGIN = 0.05
"""Of the store around the catchments [degree]: more than two cells of any layout."""
CF_CELL = 0.01
MOST_DAYS = 3660
MOST_VALUES = 30_000_000
"""Cells × hours of one variable; the writers hold one variable at a time, below 2 GB."""
BYTES_A_VALUE = 8 * 4 + 8 * 3
"""On the disk while it is made: eight variables in single precision aside, and the store."""
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class ExampleStore:
    """A store that was made.

    Parameters
    ----------
    bounds : of its cells: west, south, east, north [degree]
    rows, columns : of cells
    axis : hours that a reader gets, each stamped with its start
    """

    path: Path
    layout: str
    bounds: Bounds
    rows: int
    columns: int
    axis: TimeAxis


@dataclass(frozen=True, slots=True)
class _Mesh:
    """Centres of the cells in the store's own coordinates, and in degrees; row by row."""

    x: Floats
    y: Floats
    longitude: Floats
    latitude: Floats


def make_example_store(
    path: str | Path,
    *,
    around: str | Path,
    layout: Layout = "aorc",
    start: datetime,
    days: float = 92.0,
    seed: int = 1,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ExampleStore:
    """Write a store of synthetic weather that covers a hydrofabric; the same for the same arguments.

    The weather is that of example basins over a made-up landscape. It depends on fabric, period and seed, not
    on the layout: every layout shows the same storms at the points of its own grid. On success the whole
    store is there; on failure ``path`` is as it was.

    Parameters
    ----------
    path : folder to make; of layout "cf" its name ends in ``.zarr``, or ``.nc`` for one NetCDF file
    around : hydrofabric whose catchments the store covers
    layout : "aorc" (Zarr, one store a year), "nwm" (Zarr, one store a variable), "nwm-netcdf" (one file an
        hour), "cf" (one store, degrees)
    start : first hour, UTC
    days : length
    overwrite : replace an example store that is there, and nothing else

    Raises
    ------
    InputError
        layout, period or name is impossible, or the area is too large for an example.
    AlreadyExists
        something is there and not to be replaced.
    HydrofabricError, NotFoundError
        the fabric cannot be read.
    StoreError
        the disk is full, or the folder cannot be written.
    """
    target = Path(path)
    axis = _axis(start, days)
    _check(target, layout, overwrite=overwrite)
    say = progress or (lambda _: None)
    say("area")
    bounds = _bounds(Path(around))
    mesh = _mesh(layout, bounds)
    _require_size(mesh, axis, layout)
    require_space(target, mesh.longitude.size * axis.count * BYTES_A_VALUE)
    aside = hidden_path(target.absolute())
    try:
        with storing(target):
            aside.mkdir(parents=True)
            say("weather")
            weather = _weather(mesh, bounds, axis, seed)
            with tempfile.TemporaryDirectory(prefix="weather-", dir=aside) as scratch:
                field = _field(weather, Path(scratch), mesh)
                say("store")
                made = aside / target.name
                _write(made, layout, bounds, mesh, axis, field=field)
            if made.is_dir():
                (made / MARK).write_text(_record(layout, axis, seed), encoding="utf-8")
            if overwrite:
                remove(target)
            made.replace(target)
    finally:
        remove(aside)
    return ExampleStore(target, layout, bounds, mesh.y.size, mesh.x.size, axis)


def _record(layout: str, axis: TimeAxis, seed: int) -> str:
    content = {
        "synthetic": SYNTHETIC,
        "made_by": f"dmod {version('dmod')} example-store",
        "layout": layout,
        "seed": seed,
        "start": format_time(axis.start),
        "hours": axis.count,
    }
    return json.dumps(content, indent=2) + "\n"


def _axis(start: datetime, days: float) -> TimeAxis:
    if start.tzinfo is None:
        raise InputError(f"start {start} has no time zone", hint="give it in UTC")
    if start.timestamp() % HOUR:
        raise InputError(f"start {format_time(start)} is not on the hour", hint="the stores are hourly")
    if not 0.04 <= days <= MOST_DAYS:  # also where it is no number
        raise InputError(f"{days:g} days are impossible", hint=f"an hour (0.04) to {MOST_DAYS} days")
    return TimeAxis(start, HOUR, max(1, round(days * 24)))


def _check(target: Path, layout: str, *, overwrite: bool) -> None:
    if layout not in LAYOUTS:
        raise InputError(f"layout {layout!r} is unknown", hint=f"one of {', '.join(LAYOUTS)}")
    if layout == "cf" and target.suffix not in {".zarr", ".nc"}:
        raise InputError(
            f"{target} is no name for a store of layout cf", hint="end it in .zarr, or in .nc for one file"
        )
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not overwrite:
        raise AlreadyExists(f"{target} exists", hint="replace it with --overwrite, or name another place")
    if target.is_dir() != (layout != "cf" or target.suffix == ".zarr") or (
        target.is_dir() and not (target / MARK).is_file()
    ):
        raise AlreadyExists(f"{target} is no example store and is kept", hint="name another place")


def _require_size(mesh: _Mesh, axis: TimeAxis, layout: str) -> None:
    cells = mesh.longitude.size
    if layout != "nwm-netcdf" and cells * axis.count > MOST_VALUES:
        raise InputError(
            f"{cells:,} cells × {axis.count:,} hours are too many for an example store",
            hint=f"at most {MOST_VALUES // cells // 24} days around this fabric, or cut a part out of it",
        )


def _bounds(fabric: Path) -> Bounds:
    """Return the catchments' bounds and a margin, in degrees."""
    from pyproj import Transformer

    from dmod.hydrofabric.polygons import read_polygons

    polygons = read_polygons(fabric)
    to_degrees = Transformer.from_crs(polygons.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*polygons.bounds)
    return (west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN)


def _mesh(layout: str, bounds: Bounds) -> _Mesh:
    west, south, east, north = bounds
    if layout in ("nwm", "nwm-netcdf"):
        from pyproj import Transformer

        x, y = nwm_centres(bounds)
        across, up = np.meshgrid(x, y)
        longitude, latitude = Transformer.from_crs(NWM_WKT, "EPSG:4326", always_xy=True).transform(across, up)
        return _Mesh(x, y, np.asarray(longitude).ravel(), np.asarray(latitude).ravel())
    if layout == "aorc":
        x, y = aorc_centres(bounds)
    else:
        x = np.arange(np.floor(west / CF_CELL), np.ceil(east / CF_CELL) + 1) * CF_CELL
        y = np.arange(np.floor(south / CF_CELL), np.ceil(north / CF_CELL) + 1) * CF_CELL
    across, up = np.meshgrid(x, y)
    return _Mesh(x, y, across.ravel(), up.ravel())


def _weather(mesh: _Mesh, bounds: Bounds, axis: TimeAxis, seed: int) -> Weather:
    """Draw the weather over the area, whatever the layout, and place it on the cells."""
    west, south, east, north = bounds
    across, up = np.meshgrid(np.linspace(west, east, 20), np.linspace(south, north, 20))
    land = RandomField.draw(np.random.default_rng([seed, 7]), 30e3)
    # a store holds the hour before the period, and the instant at its end
    longer = TimeAxis(axis.start - timedelta(seconds=HOUR), HOUR, axis.count + 2)
    drawn = draw_weather(longer, _places(across.ravel(), up.ravel(), bounds, land), seed)
    return replace(drawn, places=_places(mesh.longitude, mesh.latitude, bounds, land))


def _places(longitude: Floats, latitude: Floats, bounds: Bounds, land: RandomField) -> Places:
    west, south, east, north = bounds
    middle = (south + north) / 2
    x = (longitude - (west + east) / 2) * np.cos(np.radians(middle)) * METRES_PER_DEGREE
    y = (latitude - middle) * METRES_PER_DEGREE
    return Places(x, y, longitude, latitude, 600.0 + 200.0 * np.clip(land(x, y), -2.5, 2.5))


def _field(weather: Weather, scratch: Path, mesh: _Mesh) -> Callable[[str, Floats, Floats, int], Floats]:
    """Compute the weather block by block, aside on the disk; return what looks it up hour by hour."""
    shape = (weather.axis.count, len(weather.places))
    held: Mapping[str, np.memmap] = {}
    for first, values in weather.blocks():
        for column, block in values.items():
            if column not in held:
                held = {**held, column: np.memmap(scratch / column, np.float32, "w+", shape=shape)}
            held[column][:, first : first + block.shape[0]] = block.T

    def field(column: str, _across: Floats, _up: Floats, step: int) -> Floats:
        return np.asarray(held[column][step + 1], np.float64).reshape(mesh.y.size, mesh.x.size)

    return field


def _write(
    path: Path,
    layout: str,
    bounds: Bounds,
    mesh: _Mesh,
    axis: TimeAxis,
    *,
    field: Callable[[str, Floats, Floats, int], Floats],
) -> None:
    if layout == "aorc":
        write_aorc_store(path, bounds, axis, field)
    elif layout == "nwm":
        write_nwm_zarr_store(path, bounds, axis, field)
    elif layout == "nwm-netcdf":
        write_nwm_netcdf_store(path, bounds, axis, field)
    else:
        write_cf_store(path, mesh.x, mesh.y, axis, field)
