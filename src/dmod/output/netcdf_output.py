"""CF NetCDF of a run: ``catchments.nc`` and ``nexuses.nc``, streamed by blocks of catchments.

Variables are (catchment, time) in contiguous storage: a block of neighbouring catchments is one write,
the series of one catchment one read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis
from dmod.output.layout import OutputLayout, layout_of_rows, stored_names, stored_variables
from dmod.output.netcdf_file import (
    NetcdfFile,
    NetcdfSink,
    RowFile,
    define_series,
    define_time,
    describe,
)

Array = NDArray[np.float64]

NEXUS_FLOW = "runoff_rate"
ID_LENGTH = 32  # of the framework's character arrays


class CatchmentNetcdf(NetcdfSink):
    """``catchments.nc``: every output variable of every catchment.

    A variable that a catchment's formulation does not give is NaN there. `write` may be called
    from any thread.

    Parameters
    ----------
    file : which has the variables of all layouts
    ids, layouts : see `open`
    """

    def __init__(self, file: RowFile, ids: Sequence[str], layouts: Sequence[OutputLayout]) -> None:
        super().__init__(file)
        self._index = layout_of_rows(layouts, len(ids))
        self._names = stored_names(layouts)
        self._all = set(stored_variables(layouts))

    @classmethod
    def open(
        cls,
        path: Path,
        ids: Sequence[str],
        axis: TimeAxis,
        layouts: Sequence[OutputLayout],
        *,
        dtype: str = "float64",
        attributes: Mapping[str, str] | None = None,
        durable: bool = True,
    ) -> Self:
        """Prepare to write ``path``.

        Parameters
        ----------
        ids : every catchment of the run, in order
        layouts : variables, by formulation
        dtype : ``float64``, or ``float32`` for half the size
        attributes : global attributes beside the conventional ones
        durable : wait for the disk at the end

        Raises
        ------
        StoreError
            the file cannot be written, or does not fit on the disk.
        """
        stored = stored_variables(layouts)
        size = len(ids) * axis.count * np.dtype(dtype).itemsize
        file = NetcdfFile(path, size * len(stored), durable=durable)

        def define(dataset: Any) -> None:
            describe(dataset, "Catchment output of a NextGen run", attributes)
            _define_catchments(dataset, ids)
            define_time(dataset, axis)
            for name, variable in stored.items():
                text = variable.long_name or variable.name
                shape = ("catchment", "time")
                define_series(dataset, name, shape, dtype, unit=variable.unit, long_name=text)
            for name in stored:  # room is made in this order, whichever catchments come first
                dataset.variables[name][:1, :1] = np.nan

        file.define(define)
        return cls(file, ids, layouts)

    def write(self, rows: NDArray[np.int64], first_step: int, arrays: Mapping[str, Array]) -> None:
        """Write steps from ``first_step`` on: ``arrays`` name → (catchment, time), by row of ``rows``."""
        for layout in np.unique(self._index[rows]):
            part = self._index[rows] == layout
            whole = bool(part.all())
            names = self._names[layout]
            for variable, (name, _) in names.items():
                values = arrays[variable]
                self._file.write(name, rows[part], first_step, values if whole else values[part])
            missing = self._all - {name for name, _ in names.values()}
            if missing:
                steps = next(iter(arrays.values())).shape[1]
                nothing = np.full((int(part.sum()), steps), np.nan)
                for name in sorted(missing):
                    self._file.write(name, rows[part], first_step, nothing)


class NexusNetcdf(NetcdfSink):
    """``nexuses.nc``: flow into every nexus, with the framework's names."""

    @classmethod
    def open(
        cls,
        path: Path,
        ids: Sequence[str],
        axis: TimeAxis,
        *,
        attributes: Mapping[str, str] | None = None,
        durable: bool = True,
    ) -> Self:
        """Prepare to write ``path``; ``ids`` are the nexuses of the run, in order.

        Raises
        ------
        StoreError
            the file cannot be written, or does not fit on the disk.
        """
        file = NetcdfFile(path, len(ids) * axis.count * 8, durable=durable)

        def define(dataset: Any) -> None:
            describe(dataset, "Flow into the nexuses of a NextGen run", attributes)
            _define_nexuses(dataset, ids)
            define_time(dataset, axis, unit="seconds" if axis.step % 60 or axis.start.second else "minutes")
            shape = ("feature_id", "time")
            define_series(dataset, NEXUS_FLOW, shape, "f8", unit="m3 s-1", long_name="flow into the nexus")

        file.define(define)
        return cls(file)

    def write(self, rows: NDArray[np.int64], first_step: int, arrays: Mapping[str, Array]) -> None:
        """Write steps from ``first_step`` on: ``arrays["runoff_rate"]`` (nexus, time) [m3 s-1]."""
        self._file.write(NEXUS_FLOW, rows, first_step, arrays[NEXUS_FLOW])


def _define_catchments(dataset: Any, ids: Sequence[str]) -> None:
    dataset.createDimension("catchment", len(ids))
    names = dataset.createVariable("catchment", str, ("catchment",))
    names.long_name = "catchment identifier"
    names.cf_role = "timeseries_id"
    names[:] = np.array(list(ids), dtype=object)


def _define_nexuses(dataset: Any, ids: Sequence[str]) -> None:
    length = max([ID_LENGTH, *(len(identifier.encode()) for identifier in ids)])
    dataset.createDimension("feature_id", len(ids))
    dataset.createDimension("feature_id_str_len", length)
    names = dataset.createVariable("feature_id", "S1", ("feature_id", "feature_id_str_len"))
    names.long_name = "nexus identifier"
    names.cf_role = "timeseries_id"
    padded = np.array([identifier.encode() for identifier in ids], dtype=f"S{length}")
    names[:] = padded.view("S1").reshape(len(ids), length)
