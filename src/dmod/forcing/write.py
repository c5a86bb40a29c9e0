"""Write forcing in the two layouts that the NextGen framework reads: NetCDF, and CSV per catchment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import hidden_path, move, remove, replacing, require_space, storing
from dmod.core.hdf5 import HDF5_LOCK, close_with
from dmod.core.number_format import RowFormatter
from dmod.core.time_axis import TimeAxis
from dmod.core.variables import BY_COLUMN
from dmod.errors import InputError

Array = NDArray[np.float64]
Block = tuple[int, Mapping[str, NDArray[Any]]]

TIME_VALUES = 2_000_000  # stamps, the same for every catchment, that are written at a time


class NetcdfForcingWriter:
    """A NetCDF forcing file that is filled block by block; it appears when it is complete.

    Parameters
    ----------
    path : file to write; replaced if it exists
    ids : catchments, in file order
    axis : times; every value holds for the interval that starts at its stamp
    columns : variable names (``precip_rate``, …); well-known ones get their unit
    units : units of columns that are not well known, or that deviate
    dtype : ``float32`` as the framework's tools write, or ``float64``

    Raises
    ------
    StoreError
        the file cannot be written; nothing is left behind.
    """

    def __init__(
        self,
        path: Path,
        ids: Sequence[str],
        axis: TimeAxis,
        columns: Sequence[str],
        *,
        units: Mapping[str, str] | None = None,
        dtype: str = "float32",
    ) -> None:
        self.path = Path(path)
        self._hidden = hidden_path(self.path)
        self._needed = len(ids) * axis.count * (8 + len(columns) * np.dtype(dtype).itemsize)
        self._file: Any = None
        require_space(self.path, self._needed)
        opened = False
        try:
            with storing(self.path, needed=self._needed), HDF5_LOCK:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._create(ids, axis, columns, units or {}, dtype)
            opened = True
        finally:
            if not opened:
                remove(self._hidden)

    def _create(
        self,
        ids: Sequence[str],
        axis: TimeAxis,
        columns: Sequence[str],
        units: Mapping[str, str],
        dtype: str,
    ) -> None:
        import netCDF4

        self._file = file = netCDF4.Dataset(self._hidden, "w", format="NETCDF4")
        self._close = close_with(self, file)
        file.set_fill_off()
        file.createDimension("catchment-id", len(ids))
        file.createDimension("time", axis.count)
        shape = ("catchment-id", "time")
        names = file.createVariable("ids", str, ("catchment-id",))
        names[:] = np.array(list(ids), dtype=object)
        time = file.createVariable("Time", "i8", shape, contiguous=True)
        time.units = "s"
        time.epoch_start = "01/01/1970 00:00:00"
        stamps, rows = axis.epoch_seconds(), max(1, TIME_VALUES // axis.count)
        for first in range(0, len(ids), rows):
            count = min(rows, len(ids) - first)
            time[first : first + count] = np.broadcast_to(stamps, (count, axis.count))
        for column in columns:
            variable = file.createVariable(column, dtype, shape, contiguous=True)
            known = BY_COLUMN.get(column)
            unit = units.get(column, known.unit if known else "")
            if unit:
                variable.units = unit
            if known:
                variable.long_name = known.long_name

    def write(self, first: int, variables: Mapping[str, NDArray[Any]]) -> None:
        """Write rows ``first`` and on: each variable an array (catchment, time)."""
        with storing(self.path, needed=self._needed), HDF5_LOCK:
            for column, values in variables.items():
                if column not in self._file.variables:
                    raise InputError(f"{self.path}: the file was not opened with a column {column!r}")
                self._file.variables[column][first : first + len(values)] = values

    def close(self) -> None:
        """Finish the file and put it in its place."""
        try:
            with storing(self.path, needed=self._needed), HDF5_LOCK:
                self._file.close()
                move(self._hidden, self.path)
        finally:
            remove(self._hidden)

    def abort(self) -> None:
        """Give up; no trace of the file is left."""
        self._close()
        remove(self._hidden)

    def __enter__(self) -> NetcdfForcingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()


def write_netcdf_forcing(
    path: Path,
    ids: Sequence[str],
    axis: TimeAxis,
    variables: Mapping[str, NDArray[Any]] | Iterable[Block],
    *,
    units: Mapping[str, str] | None = None,
    dtype: str = "float32",
) -> None:
    """Write a NetCDF forcing file as the framework reads it.

    Parameters
    ----------
    variables : column → (catchment, time), or blocks ``(first row, column → (rows, time))`` that
        are written as they come, so that the whole never has to fit into memory

    Raises
    ------
    StoreError
        the file cannot be written; nothing is left behind.
    """
    blocks = iter([(0, variables)] if isinstance(variables, Mapping) else variables)
    first, block = next(blocks)
    with NetcdfForcingWriter(path, ids, axis, tuple(block), units=units, dtype=dtype) as writer:
        writer.write(first, block)
        for row, more in blocks:
            writer.write(row, more)


def write_csv_forcing(
    folder: Path,
    ids: Sequence[str],
    axis: TimeAxis,
    variables: Mapping[str, NDArray[Any]] | Iterable[Block],
    *,
    units: Mapping[str, str] | None = None,
    digits: int = 9,
) -> None:
    """Write one ``cat-N.csv`` per catchment as the framework reads it.

    Parameters
    ----------
    variables : column → (catchment, time), or blocks ``(first row, column → (rows, time))``
    units : units that deviate from a column's own; stated in the header (``T2D[degC]``)
    digits : significant digits, 1 to 17

    Raises
    ------
    StoreError
        a file cannot be written; those complete by then stay.
    """
    blocks = [(0, variables)] if isinstance(variables, Mapping) else variables
    formatter: RowFormatter | None = None
    columns: tuple[str, ...] = ()
    prefixes = [f"{label}," for label in axis.labels()]
    for first, block in blocks:
        if formatter is None or columns != tuple(block):
            columns = tuple(block)
            titles = [f"{name}[{units[name]}]" if units and name in units else name for name in columns]
            header = ",".join(("time", *titles))
            formatter = RowFormatter(prefixes, len(columns), digits, header=header)
        for i in range(len(block[columns[0]])):
            values = np.stack([np.asarray(block[name][i], np.float64) for name in columns])
            with replacing(Path(folder) / f"{ids[first + i]}.csv", durable=False) as hidden:
                hidden.write_bytes(formatter.format(values))
