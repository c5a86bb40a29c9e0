"""Dimensions, variables and attributes of a NetCDF file or Zarr store, and what layout they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from dmod.core.hdf5 import HDF5_LOCK
from dmod.core.variables import BY_COLUMN
from dmod.errors import InputError
from dmod.forcing.netcdf_forcing import ID_NAMES
from dmod.services.data.detect.sight import Kind, is_store, kind_of

CATCHMENT_TITLE = "Catchment output of a NextGen run"
STATES_MARK = "dmod states"
NEXUS_FLOW = "runoff_rate"
TIME = "time"


class Layout(StrEnum):
    """What a file of arrays is."""

    FRAMEWORK_FORCING = "framework-forcing"
    FORCING = "forcing"
    GRID = "grid"
    ROUTED = "routed"
    NEXUSES = "nexuses"
    CATCHMENTS = "catchments"
    STATES = "states"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ArrayInfo:
    """One variable: names and sizes of its dimensions, its unit, whether it is of single precision."""

    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    unit: str = ""
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file of arrays declares."""

    variables: Mapping[str, ArrayInfo]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def series(self) -> dict[str, ArrayInfo]:
        """Return the variables over time and one further dimension, by name."""
        return {
            name: info
            for name, info in self.variables.items()
            if len(info.dimensions) == 2 and TIME in info.dimensions and name not in {"Time", TIME}
        }


def layout_of(path: Path) -> Layout:
    """Return what a NetCDF file or Zarr store is; UNKNOWN of anything else.

    Raises
    ------
    InputError
        it begins like a NetCDF file or Zarr store, and cannot be opened.
    """
    shape = shape_of(path)
    return Layout.UNKNOWN if shape is None else classify(shape)


def shape_of(path: Path) -> Shape | None:
    """Return what a NetCDF file or Zarr store declares; None of anything else.

    Raises
    ------
    InputError
        it begins like one, and cannot be opened.
    """
    if path.is_dir():
        return _zarr_shape(path) if is_store(path) else None
    return _netcdf_shape(path) if kind_of(path) is Kind.NETCDF else None


def classify(shape: Shape) -> Layout:
    """Tell the layout by variables, dimensions and attributes; the surest marks come first."""
    variables = shape.variables
    if str(shape.attributes.get("format_name", "")).startswith(STATES_MARK):
        return Layout.STATES
    series = shape.series()
    features = {name for name, info in series.items() if "feature_id" in info.dimensions}
    if "flow" in features:
        return Layout.ROUTED
    if NEXUS_FLOW in features:
        return Layout.NEXUSES
    has_ids = any(name in variables for name in ID_NAMES)
    if series and has_ids:
        forced = any(name in BY_COLUMN for name in series)
        if not forced or str(shape.attributes.get("title", "")).startswith(CATCHMENT_TITLE):
            return Layout.CATCHMENTS if TIME in variables and "catchment" in variables else Layout.UNKNOWN
        framework = "ids" in variables and len(_dimensions(variables, "Time")) == 2
        return Layout.FRAMEWORK_FORCING if framework else Layout.FORCING
    gridded = [info for info in variables.values() if len(info.dimensions) >= 3]
    return Layout.GRID if gridded and any("time" in name.lower() for name in variables) else Layout.UNKNOWN


def _dimensions(variables: Mapping[str, ArrayInfo], name: str) -> tuple[str, ...]:
    return variables[name].dimensions if name in variables else ()


def _netcdf_shape(path: Path) -> Shape:
    import netCDF4

    with HDF5_LOCK:
        try:
            with netCDF4.Dataset(path) as file:
                attributes = {name: file.getncattr(name) for name in file.ncattrs()}
                variables = {name: _declared(variable) for name, variable in file.variables.items()}
        except (OSError, RuntimeError) as error:  # RuntimeError is the NetCDF library's own
            raise InputError(
                f"{path} begins like a NetCDF file, but cannot be opened: {error} (damaged, or cut short)",
                hint="copy or make the file again",
            ) from error
    return Shape(variables, attributes)


def _declared(variable: Any) -> ArrayInfo:
    unit = _unit(getattr(variable, "units", ""))
    packed = hasattr(variable, "scale_factor") or hasattr(variable, "add_offset")
    single = variable.dtype == np.float32 and not packed
    return ArrayInfo(tuple(variable.dimensions), tuple(variable.shape), unit, single)


def _zarr_shape(path: Path) -> Shape:
    from dmod.forcing.gridded.store import Place
    from dmod.forcing.gridded.zarr_dataset import open_zarr

    dataset = open_zarr(Place(str(path)))
    variables = {
        name: ArrayInfo(
            variable.dimensions,
            variable.shape,
            _unit(variable.attributes.get("units", "")),
            variable.dtype == np.float32 and not {"scale_factor", "add_offset"} & set(variable.attributes),
        )
        for name, variable in dataset.variables.items()
    }
    return Shape(variables, dataset.attributes)


def _unit(value: object) -> str:
    return str(value).strip()
