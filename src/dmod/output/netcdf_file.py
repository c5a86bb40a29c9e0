"""A NetCDF file that appears whole or not at all, and what every file of a run has in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import hidden_path, move, remove, require_space, storing
from dmod.core.hdf5 import HDF5_LOCK, close_with
from dmod.core.time_axis import TimeAxis
from dmod.output.sink import Sink


def stretches(rows: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield (first, end) positions in ``rows`` of stretches that rise by one."""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    edges = [0, *breaks.tolist(), len(rows)]
    yield from pairwise(edges)


class RowFile(Protocol):
    """What takes rows of variables (row, time), and is put in its place at the end."""

    def write(self, name: str, rows: NDArray[np.int64], first_step: int, values: NDArray[Any]) -> None:
        """Write ``values`` (row, time) of the given rows from step ``first_step`` on."""

    def commit(self) -> None:
        """Finish it, and put it in its place."""

    def discard(self) -> None:
        """Let go of it, and remove what is unfinished."""


class NetcdfFile:
    """A NetCDF file under its hidden name until it is complete.

    Parameters
    ----------
    needed : bytes that will be written
    durable : wait for the disk at the end

    Raises
    ------
    StoreError
        the file cannot be written, or does not fit on the disk.
    """

    def __init__(self, path: Path, needed: int, *, durable: bool) -> None:
        import netCDF4

        self.path = Path(path)
        self.needed = needed
        self._hidden = hidden_path(self.path)
        self._durable = durable
        require_space(self.path, needed)
        with storing(self.path, needed=needed), HDF5_LOCK:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.dataset: Any = netCDF4.Dataset(self._hidden, "w", format="NETCDF4")
            self._close = close_with(self, self.dataset)
            self.dataset.set_fill_off()

    def define(self, define: Callable[[Any], None]) -> None:
        """Let ``define`` fill the header; nothing is left of the file if that fails."""
        defined = False
        try:
            with storing(self.path, needed=self.needed), HDF5_LOCK:
                define(self.dataset)
            defined = True
        finally:
            if not defined:
                self.discard()

    def write(self, name: str, rows: NDArray[np.int64], first_step: int, values: NDArray[Any]) -> None:
        """Write ``values`` (row, time) of the given rows from step ``first_step`` on."""
        end = first_step + values.shape[1]
        with storing(self.path, needed=self.needed), HDF5_LOCK:
            variable = self.dataset.variables[name]
            for begin, stop in stretches(rows):
                row = int(rows[begin])
                variable[row : row + stop - begin, first_step:end] = values[begin:stop]

    def commit(self) -> None:
        """Close the file and give it its name."""
        with storing(self.path, needed=self.needed), HDF5_LOCK:
            self.dataset.close()
            move(self._hidden, self.path, durable=self._durable)

    def discard(self) -> None:
        """Close the file if it is open and remove it if it is unfinished."""
        self._close()
        remove(self._hidden)


class NetcdfSink(Sink):
    """What takes blocks of results into one NetCDF file."""

    def __init__(self, file: RowFile) -> None:
        super().__init__(file)
        self._file = file


def describe(dataset: Any, title: str, attributes: Mapping[str, str] | None) -> None:
    """Set the global attributes."""
    dataset.Conventions = "CF-1.11"
    dataset.featureType = "timeSeries"
    dataset.title = title
    for name, text in (attributes or {}).items():
        dataset.setncattr(name, text)


def define_time(dataset: Any, axis: TimeAxis, *, unit: str = "seconds") -> None:
    """Define and fill the time dimension; ``unit`` is ``seconds`` or ``minutes``."""
    dataset.createDimension("time", axis.count)
    time = dataset.createVariable("time", "i8", ("time",), contiguous=True)
    time.long_name = "start of the step that the values hold for, UTC"
    time.standard_name = "time"
    time.axis = "T"
    time.units = f"{unit} since 1970-01-01 00:00:00"
    time.calendar = "proleptic_gregorian"
    time[:] = axis.epoch_seconds() // (60 if unit == "minutes" else 1)


def define_series(
    dataset: Any, name: str, dimensions: tuple[str, str], dtype: str, *, unit: str, long_name: str
) -> None:
    """Define a variable (feature, time) that is NaN where it has no value."""
    variable = dataset.createVariable(name, dtype, dimensions, contiguous=True, fill_value=np.nan)
    variable.set_auto_maskandscale(False)
    variable.long_name = long_name
    if unit:
        variable.units = unit
