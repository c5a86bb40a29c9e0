"""Small stores in exactly the published layouts, filled by a function: for tests and demonstrations.

A field is asked for in the coordinates of the store's own grid (degrees, or metres of its projection) and
in the columns' own units; names, units, packing and stamps of the layout are added here. A store holds one
time more than the period, so that amounts, which are stamped at the end of their hour, are complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import replacing
from dmod.core.hdf5 import HDF5_LOCK
from dmod.core.time_axis import TimeAxis
from dmod.core.variables import BY_COLUMN
from dmod.forcing.gridded.example_layouts import (
    AORC,
    COLUMNS,
    FILL16,
    FILL32,
    NWM,
    NWM_CRS,
    ExampleField,
    Floats,
    Published,
    aorc_centres,
    end_stamps,
    nwm_attributes,
    nwm_centres,
    packed_values,
    steps_by_year,
    stored_values,
)
from dmod.forcing.gridded.grid import Bounds

AORC_CHUNKS = (144, 128, 256)
NWM_CHUNKS = (672, 350, 350)
EPOCH_MINUTES = "minutes since 1970-01-01 00:00:00 UTC"
CF_NAMES = {
    "precip_rate": "precipitation_flux",
    "DLWRF_surface": "surface_downwelling_longwave_flux_in_air",
    "DSWRF_surface": "surface_downwelling_shortwave_flux_in_air",
    "PRES_surface": "surface_air_pressure",
    "SPFH_2maboveground": "specific_humidity",
    "TMP_2maboveground": "air_temperature",
    "UGRD_10maboveground": "eastward_wind",
    "VGRD_10maboveground": "northward_wind",
}


def write_aorc_store(
    root: Path,
    bounds: Bounds,
    period: TimeAxis,
    field: ExampleField,
    *,
    columns: Sequence[str] = COLUMNS,
    packed: bool = True,
    chunks: tuple[int, int, int] = AORC_CHUNKS,
) -> Path:
    """Write AORC's Zarr stores, one a year: ``root/2019.zarr`` and so on.

    Parameters
    ----------
    bounds : west, south, east, north in degrees; the published cells that touch it are written
    period : hourly steps that a reader gets
    field : asked for every step from -1 to the count, in degrees
    packed : 16-bit integers as published (precipitation in steps of 0.1 kg m-2); else double precision

    Returns
    -------
    root : what `open_grid_source` takes
    """
    x, y = aorc_centres(bounds)
    for year, steps in steps_by_year(period).items():
        group = _group(Path(root) / f"{year}.zarr")
        _coordinate(group, "longitude", x, {"units": "degrees_east", "long_name": "longitude"})
        _coordinate(group, "latitude", y, {"units": "degrees_north", "long_name": "latitude"})
        origin = int(TimeAxis(datetime(year, 1, 1, tzinfo=UTC), 3600, 1).epoch_seconds()[0])
        _time(group, (end_stamps(period, steps) - origin) // 3600, f"hours since {year}-01-01 00:00:00")
        for column in columns:
            shown = AORC[column]
            values = stored_values(field, column, shown, x, y, steps)
            attributes = {"units": shown.unit, "long_name": shown.long_name, "crs": "EPSG:4326"}
            dimensions = ("time", "latitude", "longitude")
            kind = "i2" if packed else "f8"
            _variable(group, shown, dimensions, values, attributes, kind=kind, chunks=chunks)
        _consolidate(group)
    return Path(root)


def write_nwm_zarr_store(
    root: Path,
    bounds: Bounds,
    period: TimeAxis,
    field: ExampleField,
    *,
    columns: Sequence[str] = COLUMNS,
    packed: bool = True,
    chunks: tuple[int, int, int] = NWM_CHUNKS,
) -> Path:
    """Write the National Water Model's forcing as Zarr, one store a variable: ``root/precip.zarr`` and so on.

    Parameters
    ----------
    bounds : west, south, east, north in **degrees**
    field : asked in metres of the projection
    packed : 32-bit integers (precipitation in single precision); else double precision

    Returns
    -------
    root : what `open_grid_source` takes
    """
    x, y = nwm_centres(bounds)
    steps = range(-1, period.count)
    for column in columns:
        shown = NWM[column]
        group = _group(Path(root) / f"{shown.store}.zarr")
        _coordinate(group, "x", x, {"standard_name": "projection_x_coordinate", "units": "m"})
        _coordinate(group, "y", y, {"standard_name": "projection_y_coordinate", "units": "m"})
        _time(group, end_stamps(period, steps) // 60, EPOCH_MINUTES)
        crs = group.create_array("crs", shape=(), dtype="i4", fill_value=0)
        crs.attrs.update(dict(NWM_CRS) | {"_ARRAY_DIMENSIONS": []})
        values = stored_values(field, column, shown, x, y, steps, step=period.step)
        kind = _nwm_kind(shown, packed)
        _variable(group, shown, ("time", "y", "x"), values, nwm_attributes(shown), kind=kind, chunks=chunks)
        _consolidate(group)
    return Path(root)


def write_nwm_netcdf_store(
    root: Path,
    bounds: Bounds,
    period: TimeAxis,
    field: ExampleField,
    *,
    columns: Sequence[str] = COLUMNS,
    packed: bool = True,
) -> Path:
    """Write the National Water Model's forcing as NetCDF: ``root/2019/2019030100.LDASIN_DOMAIN1`` and so on.

    One file an hour, of all variables.

    Parameters
    ----------
    as of `write_nwm_zarr_store`

    Returns
    -------
    root : what `open_grid_source` takes
    """
    x, y = nwm_centres(bounds)
    for step in range(-1, period.count):
        time = period.time(step + 1)
        path = Path(root) / f"{time:%Y}" / f"{time:%Y%m%d%H}.LDASIN_DOMAIN1"
        steps = range(step, step + 1)
        variables = {
            NWM[column]: stored_values(field, column, NWM[column], x, y, steps, step=period.step)
            for column in columns
        }
        kinds = {shown: _nwm_kind(shown, packed) for shown in variables}
        with replacing(path, durable=False) as hidden, HDF5_LOCK:
            _nwm_file(hidden, x, y, int(end_stamps(period, steps)[0]) // 60, variables, kinds)
    return Path(root)


def _nwm_file(
    path: Path,
    x: Floats,
    y: Floats,
    minutes: int,
    variables: Mapping[Published, Floats],
    kinds: Mapping[Published, str],
) -> None:
    import netCDF4

    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("time", 1), ("y", y.size), ("x", x.size), ("reference_time", 1)):
            file.createDimension(name, size)
        for name in ("time", "reference_time"):
            time = file.createVariable(name, "i4", (name,))
            time.units = EPOCH_MINUTES
            time[:] = minutes
        for name, centres in (("x", x), ("y", y)):
            coordinate = file.createVariable(name, "f8", (name,))
            coordinate.standard_name = f"projection_{name}_coordinate"
            coordinate.units = "m"
            coordinate[:] = centres
        file.createVariable("crs", "S1").setncatts(dict(NWM_CRS))
        for shown, values in variables.items():
            kind = kinds[shown]
            fill = FILL32 if kind == "i4" else -9999.0
            variable = file.createVariable(
                shown.name, kind, ("time", "y", "x"), fill_value=fill, compression="zlib", complevel=2
            )
            variable.set_auto_maskandscale(False)
            packing = {"scale_factor": shown.scale, "add_offset": shown.offset} if kind[0] == "i" else {}
            variable.setncatts(nwm_attributes(shown) | packing)
            numbers = packed_values(values, shown, kind)
            variable[:] = np.where(np.isnan(numbers), fill, numbers) if kind[0] == "f" else numbers


def write_cf_store(
    path: Path,
    x: Floats,
    y: Floats,
    period: TimeAxis,
    field: ExampleField,
    *,
    crs: str = "EPSG:4326",
    columns: Sequence[str] = COLUMNS,
    zarr_format: Literal[2, 3] = 2,
) -> Path:
    """Write one store by the conventions for climate and forecast metadata: Zarr or NetCDF, by the suffix.

    Parameters
    ----------
    path : ends with ``.zarr`` or ``.nc``
    x, y : centres of the cells in units of ``crs``, in whatever direction
    period : stamps, each with the bounds of its interval
    field : asked in units of ``crs``, in the columns' units, for the steps 0 to count - 1

    Returns
    -------
    path
    """
    dataset = _cf_dataset(x, y, period, field, crs, columns)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zarr":
        # a list of the arrays is part of format 2 only
        dataset.to_zarr(path, mode="w", zarr_format=zarr_format, consolidated=zarr_format == 2)
    else:
        with replacing(path, durable=False) as hidden, HDF5_LOCK:
            dataset.to_netcdf(hidden, engine="netcdf4")
    return path


def _cf_dataset(
    x: Floats, y: Floats, period: TimeAxis, field: ExampleField, crs: str, columns: Sequence[str]
) -> Any:
    import xarray
    from pyproj import CRS

    system = CRS.from_user_input(crs)
    degrees = system.is_geographic
    names = ("longitude", "latitude") if degrees else ("x", "y")
    across, up = np.meshgrid(x, y)
    starts = period.epoch_seconds()
    bounds = np.stack([starts, starts + period.step], axis=1)
    units = {"units": "seconds since 1970-01-01 00:00:00", "calendar": "standard"}
    dataset = xarray.Dataset(attrs={"Conventions": "CF-1.8"})
    dataset["time"] = ("time", starts, {"standard_name": "time", "bounds": "time_bnds", **units})
    dataset["time_bnds"] = (("time", "nv"), bounds)
    for name, centres, unit in zip(names, (x, y), ("degrees_east", "degrees_north"), strict=True):
        standard = name if degrees else f"projection_{name}_coordinate"
        attributes = {"standard_name": standard, "units": unit if degrees else "m"}
        dataset[name] = (name, centres, attributes)
    dataset["crs"] = ((), np.int32(0), system.to_cf())
    for column in columns:
        values = np.stack(
            [np.broadcast_to(field(column, across, up, i), across.shape) for i in range(period.count)]
        )
        attributes = {
            "standard_name": CF_NAMES[column],
            "units": BY_COLUMN[column].unit if column != "precip_rate" else "kg m-2 s-1",
            "cell_methods": "time: mean",
            "grid_mapping": "crs",
        }
        dataset[column] = (("time", names[1], names[0]), values, attributes)
    return dataset


def _nwm_kind(shown: Published, packed: bool) -> str:
    return ("i4" if shown.scale else "f4") if packed else "f8"


def _group(path: Path, zarr_format: int = 2) -> Any:
    import zarr

    path.parent.mkdir(parents=True, exist_ok=True)
    return zarr.create_group(str(path), zarr_format=3 if zarr_format == 3 else 2, overwrite=True)


def _consolidate(group: Any) -> None:
    import zarr

    zarr.consolidate_metadata(group.store, zarr_format=2)


def _coordinate(group: Any, name: str, values: Floats, attributes: dict[str, Any]) -> None:
    array = group.create_array(name, shape=values.shape, chunks=values.shape, dtype="f8", fill_value=np.nan)
    array[...] = values
    array.attrs.update(attributes | {"_ARRAY_DIMENSIONS": [name]})


def _time(group: Any, values: NDArray[np.int64], unit: str) -> None:
    array = group.create_array("time", shape=values.shape, chunks=values.shape, dtype="i8", fill_value=None)
    array[...] = values
    array.attrs.update({"_ARRAY_DIMENSIONS": ["time"], "units": unit, "calendar": "proleptic_gregorian"})


def _variable(
    group: Any,
    shown: Published,
    dimensions: tuple[str, str, str],
    values: Floats,
    attributes: dict[str, Any],
    *,
    kind: str,
    chunks: tuple[int, int, int],
) -> None:
    array = group.create_array(
        shown.name,
        shape=values.shape,
        chunks=tuple(min(a, b) for a, b in zip(chunks, values.shape, strict=True)),
        dtype=kind,
        fill_value={"i2": FILL16, "i4": FILL32}.get(kind, np.nan),
        compressors={"id": "zstd", "level": 3},
    )
    array[...] = packed_values(values, shown, kind)
    packing = {"scale_factor": shown.scale, "add_offset": shown.offset} if kind[0] == "i" else {}
    array.attrs.update(attributes | packing | {"_ARRAY_DIMENSIONS": list(dimensions)})
