"""Routed flow in a NetCDF file with the names that river routing for NextGen uses.

Dimensions ``feature_id`` and ``time``; variables ``flow``, ``velocity``, ``depth`` in single
precision. A value is that of the moment it is stamped with: the end of the period routed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from dmod.core.hdf5 import HDF5_LOCK
from dmod.core.time_axis import EPOCH, TimeAxis, format_time
from dmod.errors import InputError, StoreError
from dmod.output.netcdf_file import NetcdfFile, NetcdfSink, describe

if TYPE_CHECKING:
    import xarray

FILL = -9999.0
VARIABLES = {
    "flow": ("Flow", "m3 s-1", "water_volume_transport_in_river_channel"),
    "velocity": ("Velocity", "m s-1", ""),
    "depth": ("Depth", "m", ""),
}


class RoutedNetcdf(NetcdfSink):
    """Flow, velocity and depth of every flowpath, streamed by chunks of time.

    The file appears under its name when it is closed; `abort`, or an error inside a ``with``
    block, leaves nothing behind.
    """

    @classmethod
    def open(
        cls,
        path: Path,
        ids: Sequence[str],
        axis: TimeAxis,
        *,
        variables: Sequence[str] = tuple(VARIABLES),
        attributes: Mapping[str, str] | None = None,
        durable: bool = True,
    ) -> Self:
        """Prepare to write ``path``.

        Parameters
        ----------
        ids : the flowpaths, ``wb-N``, in the order of the arrays
        variables : which of ``flow``, ``velocity``, ``depth`` the file has
        axis : periods that are routed, stamped at their start as everywhere; the file has their ends
        attributes : global attributes beside the conventional ones
        durable : wait for the disk at the end

        Raises
        ------
        InputError
            an id does not end in a number, or two end in the same.
        StoreError
            the file cannot be written, or does not fit on the disk.
        """
        numbers, kinds = _split(ids)
        file = NetcdfFile(path, len(ids) * axis.count * 4 * len(variables), durable=durable)

        def define(dataset: Any) -> None:
            describe(dataset, "Routed flow of a NextGen run", attributes)
            dataset.file_reference_time = format_time(axis.start).replace(" ", "_")
            _define_features(dataset, numbers, kinds)
            _define_time(dataset, axis)
            for name in variables:
                _define_series(dataset, name, *VARIABLES[name])

        file.define(define)
        return cls(file)

    def write(
        self,
        first: int,
        flow: NDArray[Any],
        velocity: NDArray[Any] | None = None,
        depth: NDArray[Any] | None = None,
    ) -> None:
        """Write arrays (flowpath, period) from period ``first`` on; None for what the file does not have."""
        rows = np.arange(flow.shape[0], dtype=np.int64)
        for name, values in (("flow", flow), ("velocity", velocity), ("depth", depth)):
            if values is not None:
                self._file.write(name, rows, first, values)


def open_routed(path: Path) -> xarray.Dataset:
    """Open routed flow lazily: values are read when they are used; close the dataset after use.

    Raises
    ------
    StoreError
        the file cannot be read.
    InputError
        the file has no routed flow.
    """
    import xarray

    try:
        with HDF5_LOCK:
            data = xarray.open_dataset(path, engine="netcdf4", chunks=None)
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path} cannot be read: {error}", hint="give a NetCDF file of routed flow"
        ) from error
    missing = [name for name in ("feature_id", "time", "flow") if name not in data.variables]
    if missing:
        data.close()
        raise InputError(f"{path} has no {', '.join(missing)}", hint="give a file of routed flow")
    return data


def _split(ids: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    numbers = np.zeros(len(ids), np.int64)
    kinds = []
    for i, identifier in enumerate(ids):
        kind, _, number = identifier.rpartition("-")
        if not number.isdecimal():
            raise InputError(f"flowpath {identifier!r} has no number", hint="ids are written wb-N")
        numbers[i] = int(number)
        kinds.append(kind or "wb")
    if np.unique(numbers).size < len(ids):
        values, count = np.unique(numbers, return_counts=True)
        raise InputError(f"the number {values[count > 1][0]} belongs to more than one flowpath")
    return numbers, kinds


def _define_features(dataset: Any, numbers: NDArray[np.int64], kinds: list[str]) -> None:
    dataset.createDimension("feature_id", numbers.size)
    feature = dataset.createVariable("feature_id", "i8", ("feature_id",))
    feature.long_name = "Segment ID"
    feature.cf_role = "timeseries_id"
    feature[:] = numbers
    kind = dataset.createVariable("type", str, ("feature_id",))
    kind.long_name = "Type"
    kind[:] = np.array(kinds, dtype=object)


def _define_time(dataset: Any, axis: TimeAxis) -> None:
    dataset.createDimension("time", axis.count)
    time = dataset.createVariable("time", "f8", ("time",))
    time.long_name = "valid output time"
    time.standard_name = "time"
    time.axis = "T"
    time.calendar = "proleptic_gregorian"
    time.units = f"seconds since {format_time(EPOCH)}"
    time[:] = axis.epoch_seconds() + axis.step


def _define_series(dataset: Any, name: str, long_name: str, unit: str, standard_name: str) -> None:
    variable = dataset.createVariable(name, "f4", ("feature_id", "time"), contiguous=True, fill_value=FILL)
    variable.set_auto_maskandscale(False)
    variable.long_name = long_name
    variable.units = unit
    variable.missing_value = np.float32(FILL)
    variable.coordinates = "type"
    if standard_name:
        variable.standard_name = standard_name
