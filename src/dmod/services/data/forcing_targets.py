"""Writing forcing in any of the formats of catchments: it appears whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dmod.catalog.data_format import FORMATS, DataFormat
from dmod.core.atomic import hidden_path, remove, require_space, storing
from dmod.core.hdf5 import HDF5_LOCK
from dmod.core.time_axis import TimeAxis
from dmod.core.variables import BY_COLUMN
from dmod.errors import AlreadyExists, InputError
from dmod.forcing.write import Block, write_csv_forcing, write_netcdf_forcing
from dmod.services.data.forcing_zarr import CALENDAR, CATCHMENT, IDS, TIME, TIME_UNIT, ZarrForcingWriter

DIGITS = 17
"""So many digits tell every double from every other."""
FAMILY = tuple(item.name for item in FORMATS.values() if item.family == "forcing")


@dataclass(frozen=True, slots=True)
class Contents:
    """What is to be written.

    Parameters
    ----------
    ids : catchments in order
    units : by column
    dtype : ``float32`` or ``float64``
    rows : catchments of a block
    """

    ids: Sequence[str]
    axis: TimeAxis
    units: Mapping[str, str]
    dtype: str
    rows: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(self.units)

    @property
    def stated_units(self) -> dict[str, str]:
        """Units that differ from those that a column's name implies."""
        return {
            name: unit
            for name, unit in self.units.items()
            if unit and (name not in BY_COLUMN or BY_COLUMN[name].unit != unit)
        }

    @property
    def bytes(self) -> int:
        """How large the values are."""
        return len(self.ids) * self.axis.count * len(self.units) * np.dtype(self.dtype).itemsize


def write_forcing(target: Path, layout: DataFormat, contents: Contents, blocks: Iterator[Block]) -> None:
    """Write blocks ``(first row, column → (rows, time))`` as they come.

    Raises
    ------
    InputError
        the format is none of forcing of catchments.
    AlreadyExists
        something stands where it is to be written.
    StoreError
        it cannot be written; nothing is left behind.
    """
    if layout.name not in FAMILY:
        raise InputError(f"forcing cannot be written as {layout}", hint="one of " + ", ".join(FAMILY))
    if target.exists():
        raise AlreadyExists(f"{target} exists already", hint="give another place, or remove it")
    require_space(target, contents.bytes)
    if layout.name == "NETCDF_AORC_DEFAULT":
        write_netcdf_forcing(
            target, contents.ids, contents.axis, blocks, units=contents.stated_units, dtype=contents.dtype
        )
        return
    write = {
        "AORC_CSV": _write_csv,
        "NETCDF_FORCING_CANONICAL": _write_canonical,
        "ZARR_FORCING": _write_zarr,
    }[layout.name]
    hidden = hidden_path(target)
    try:
        with storing(target, needed=contents.bytes):
            target.parent.mkdir(parents=True, exist_ok=True)
            write(hidden, contents, blocks)
            hidden.rename(target)
    finally:
        remove(hidden)


def _write_csv(path: Path, contents: Contents, blocks: Iterator[Block]) -> None:
    write_csv_forcing(path, contents.ids, contents.axis, blocks, units=contents.stated_units, digits=DIGITS)


def _write_zarr(path: Path, contents: Contents, blocks: Iterator[Block]) -> None:
    writer = ZarrForcingWriter(
        path,
        contents.ids,
        contents.axis,
        contents.columns,
        units=contents.units,
        dtype=contents.dtype,
        rows=contents.rows,
    )
    for first, variables in blocks:
        writer.write(first, variables)
    writer.close()


def _write_canonical(path: Path, contents: Contents, blocks: Iterator[Block]) -> None:
    """Write NetCDF with a coordinate of times: ids, time, and variables (catchment-id, time)."""
    import netCDF4

    with HDF5_LOCK:
        file = netCDF4.Dataset(path, "w", format="NETCDF4")
    try:
        with HDF5_LOCK:
            _define(file, contents)
        for first, variables in blocks:  # a block may itself be read from a NetCDF file
            with HDF5_LOCK:
                for name, values in variables.items():
                    file.variables[name][first : first + len(values)] = values
    finally:
        with HDF5_LOCK:
            file.close()


def _define(file: Any, contents: Contents) -> None:
    file.Conventions = "CF-1.11"
    file.set_fill_off()
    file.createDimension(CATCHMENT, len(contents.ids))
    file.createDimension(TIME, contents.axis.count)
    names = file.createVariable(IDS, str, (CATCHMENT,))
    names.cf_role = "timeseries_id"
    names[:] = np.array(list(contents.ids), dtype=object)
    time = file.createVariable(TIME, "i8", (TIME,), contiguous=True)
    time.units, time.calendar, time.standard_name = TIME_UNIT, CALENDAR, TIME
    time[:] = contents.axis.epoch_seconds()
    for name, unit in contents.units.items():
        variable = file.createVariable(name, contents.dtype, (CATCHMENT, TIME), contiguous=True)
        if unit:
            variable.units = unit
        if name in BY_COLUMN:
            variable.long_name = BY_COLUMN[name].long_name
