"""Where time, rows and columns of a variable are, and the grid that they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dmod.errors import InputError
from dmod.forcing.gridded.cf import GEOGRAPHIC, SYSTEM_KEYS, projection
from dmod.forcing.gridded.dataset import RawDataset, RawVariable
from dmod.forcing.gridded.grid import Grid

TIME = frozenset({"time", "valid_time", "Time", "t"})
ROWS = frozenset({"y", "lat", "latitude", "rlat", "yc", "projection_y_coordinate"})
COLUMNS = frozenset({"x", "lon", "longitude", "rlon", "xc", "projection_x_coordinate"})
_STANDARD = {
    "time": "time",
    "latitude": "row",
    "projection_y_coordinate": "row",
    "grid_latitude": "row",
    "longitude": "column",
    "projection_x_coordinate": "column",
    "grid_longitude": "column",
}
_DEGREES = {"degrees_north", "degree_north", "degrees_east", "degree_east", "degrees", "degree"}
_METRES = {"m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0, "km": 1000.0, "": 1.0}


@dataclass(frozen=True, slots=True)
class Axes:
    """Names of the coordinates of a variable, and its dimensions' order as (time, row, column)."""

    time: str
    row: str
    column: str
    order: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Placed:
    """A grid, and the store's column in which the grid's first column lies."""

    grid: Grid
    first_column: int = 0


def axes_of(dataset: RawDataset, variable: RawVariable) -> Axes | None:
    """Return the axes of a variable, or None if it does not vary in time over a grid.

    Raises
    ------
    InputError
        it varies along a further dimension.
    """
    roles = {name: _role(dataset, name) for name in variable.dimensions}
    found = {role: name for name, role in roles.items() if role}
    if {"time", "row", "column"} - found.keys():
        return None
    for name, size in zip(variable.dimensions, variable.shape, strict=True):
        if not roles[name] and size != 1:
            raise InputError(
                f"{dataset.where}: {variable.name} varies along {name} ({size} values) beside time and place",
                hint=f"choose one of {name} and store it as a variable of its own",
            )
    at = variable.dimensions.index
    order = (at(found["time"]), at(found["row"]), at(found["column"]))
    return Axes(found["time"], found["row"], found["column"], order)


def _role(dataset: RawDataset, name: str) -> str:
    """Return what a dimension is by its coordinate: "time", "row", "column" or ""."""
    coordinate = dataset.variables.get(name)
    if coordinate is None or len(coordinate.shape) != 1:
        return ""
    attributes = coordinate.attributes
    by_name = _STANDARD.get(str(attributes.get("standard_name", "")))
    if by_name:
        return by_name
    axis = {"T": "time", "Y": "row", "X": "column"}.get(str(attributes.get("axis", "")))
    if axis:
        return axis
    unit = str(attributes.get("units", ""))
    if " since " in unit and name not in {"reference_time", "forecast_reference_time"}:
        return "time"
    for names, unit_names, role in ((ROWS, "north", "row"), (COLUMNS, "east", "column")):
        if name in names or unit.endswith(f"_{unit_names}"):
            return role
    return "time" if name in TIME else ""


def refuse_curvilinear(dataset: RawDataset) -> None:
    """Say so if places are given by two-dimensional coordinates only.

    Raises
    ------
    InputError
        there are such.
    """
    for name, variable in dataset.variables.items():
        standard = str(variable.attributes.get("standard_name", ""))
        flat = len(variable.shape) >= 2
        if flat and (standard in {"latitude", "longitude"} or name.lower() in {"lat", "xlat", "latitude"}):
            raise InputError(
                f"{dataset.where}: the grid is given by the two-dimensional {name} alone, without x and y",
                hint="a grid needs evenly spaced coordinates: add x and y of its projection, with a grid"
                " mapping, or regrid the data to longitudes and latitudes",
            )


def grid_of(dataset: RawDataset, variable: RawVariable, axes: Axes, crs: str = "") -> Placed:
    """Return the grid of a variable.

    Parameters
    ----------
    crs : reference system if the store states none

    Raises
    ------
    InputError
        the coordinates are not even, or their reference system is not known.
    """
    where = dataset.where
    x, y = (dataset.read(name).astype(np.float64) for name in (axes.column, axes.row))
    system = projection(stated(dataset, variable), where) or crs
    degrees = _unit(dataset, axes.column) in _DEGREES
    if not system and not degrees:
        raise InputError(
            f"{where}: {variable.name} names no grid mapping, and {axes.column} is not in degrees",
            hint="add a grid_mapping variable with crs_wkt, or give the option crs",
        )
    if degrees and (not system or _is_geographic(system)):
        return _geographic(x, y, system or GEOGRAPHIC, where)
    x, y = x * _metres(dataset, axes.column), y * _metres(dataset, axes.row)
    return Placed(Grid.from_centres(x, y, system, where=where))


def stated(dataset: RawDataset, variable: RawVariable) -> list[dict[str, object]]:
    """Return the attributes that may state a reference system, the most binding first."""
    named = str(variable.attributes.get("grid_mapping", "")).split(":")[0].strip()
    mapping = dataset.variables.get(named)
    # all of a grid mapping is about it, of the others only what is named so
    others = [
        {key: attributes[key] for key in SYSTEM_KEYS if key in attributes}
        for attributes in (variable.attributes, dataset.attributes)
    ]
    return [*([dict(mapping.attributes)] if mapping else []), *others]


def _is_geographic(system: str) -> bool:
    from pyproj import CRS

    known = CRS.from_user_input(system)
    return bool(known.is_geographic) and not known.is_derived


def _geographic(x: np.ndarray, y: np.ndarray, system: str, where: str) -> Placed:
    """Return a grid of degrees, with longitudes from -180 on where the store counts to 360."""
    whole = Grid.from_centres(x, y, system, where=where)
    if abs(abs(whole.dx) * whole.columns - 360.0) < 1e-3 * abs(whole.dx) and whole.dx > 0:
        first = int(np.searchsorted(x, 180.0))  # the first column whose centre lies east of 180
        if 0 < first < x.size:
            turned = np.concatenate([x[first:] - 360.0, x[:first]])
            return Placed(Grid.from_centres(turned, y, system, where=where), first)
    if max(x[0], x[-1]) > 180.0:
        return Placed(Grid.from_centres(x - 360.0, y, system, where=where))
    return Placed(whole)


def _unit(dataset: RawDataset, name: str) -> str:
    return str(dataset.variables[name].attributes.get("units", "")).strip()


def _metres(dataset: RawDataset, name: str) -> float:
    unit = _unit(dataset, name)
    if unit in _DEGREES:
        return 1.0
    if unit not in _METRES:
        raise InputError(f"{dataset.where}: {name} is in {unit!r}", hint="m, km or degrees")
    return _METRES[unit]
