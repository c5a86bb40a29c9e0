"""Series of a run from NetCDF: ``catchments.nc``, ``nexuses.nc``, ``streamflow.nc``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.hdf5 import HDF5_LOCK, close_with
from dmod.errors import InputError
from dmod.output.netcdf_file import stretches
from dmod.services.comparison.layer import Floats, Layer, Rows, Stamps, stamps_of

IDS = ("catchment", "feature_id")
SCALES = {"nanoseconds": 1e-9, "seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}


class NetcdfLayer(Layer):
    """Variables (place, time) of one NetCDF file, read by stretches of neighbouring rows."""

    def __init__(self, path: Path) -> None:
        import netCDF4

        with _reading(path), HDF5_LOCK:
            self._dataset: Any = netCDF4.Dataset(path, "r")
            self._close = close_with(self, self._dataset)
        opened = False
        try:
            with _reading(path), HDF5_LOCK:
                ids, stamps, names = self._header(path)
                variables = {name: self._dataset.variables[name] for name in names}
                units = {name: str(getattr(v, "units", "")) for name, v in variables.items()}
                precision = {name: str(v.dtype) for name, v in variables.items()}
                self._fills = {name: float(getattr(v, "_FillValue", np.nan)) for name, v in variables.items()}
                for variable in variables.values():
                    variable.set_auto_maskandscale(False)
            super().__init__(str(path), ids, stamps, units, precision)
            opened = True
        finally:
            if not opened:
                self._close()

    def _header(self, path: Path) -> tuple[list[str], Stamps, list[str]]:
        dimension = next((name for name in IDS if name in self._dataset.variables), None)
        if dimension is None or "time" not in self._dataset.variables:
            raise InputError(
                f"{path} is not what a run writes: it has no {' or '.join(IDS)} with a time",
                hint="give the output folder of a run",
            )
        names = [n for n, v in self._dataset.variables.items() if v.dimensions == (dimension, "time")]
        if not names:
            raise InputError(f"{path} holds no series", hint="run it again")
        stamps = stamps_of(_seconds(self._dataset.variables["time"], path), str(path))
        return _ids(self._dataset, dimension), stamps, names

    def _read(self, names: Sequence[str], rows: Rows, first: int, count: int) -> dict[str, Floats]:
        order = np.argsort(rows, kind="stable")
        wanted = rows[order]
        parts = list(stretches(wanted))
        in_place = len(parts) == 1 and bool((rows == wanted).all())
        result = {}
        for name in names:
            values = np.empty((0 if in_place else len(rows), count))
            with _reading(Path(self.where)), HDF5_LOCK:
                variable = self._dataset.variables[name]
                for begin, end in parts:
                    row = int(wanted[begin])
                    block = variable[row : row + end - begin, first : first + count]
                    if in_place:
                        values = np.asarray(block, dtype=np.float64)
                    else:
                        values[order[begin:end]] = block
            fill = self._fills[name]
            if np.isfinite(fill):
                values[values == fill] = np.nan
            result[name] = values
        return result

    def close(self) -> None:
        """Close the file."""
        self._close()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            f"{path} cannot be read: {reason}",
            hint="if it was cut off or copied in part, copy it again or run it again",
        ) from error


def _ids(dataset: Any, dimension: str) -> list[str]:
    variable = dataset.variables[dimension]
    values = variable[:]
    if variable.dtype == np.dtype("S1"):
        rows: NDArray[Any] = np.ma.filled(values, b"\0")
        return [row.tobytes().rstrip(b"\0 ").decode("utf-8", "replace") for row in rows]
    if variable.dtype is str:
        return [str(name) for name in values]
    kinds = dataset.variables["type"][:] if "type" in dataset.variables else None
    if kinds is None or len(kinds) != len(values):
        return [f"wb-{number}" for number in values.tolist()]
    return [f"{kind}-{number}" for kind, number in zip(kinds, values.tolist(), strict=True)]


def _seconds(variable: Any, path: Path) -> NDArray[np.int64]:
    from dmod.core.time_axis import EPOCH, parse_time

    unit, since, start = str(getattr(variable, "units", "")).partition(" since ")
    if not since or unit not in SCALES:
        raise InputError(
            f"{path}: the times' unit {unit + since + start!r} is not understood",
            hint="runs write seconds or minutes since a time",
        )
    zero = (parse_time(start.replace("_", " "), what=f"{path}, time") - EPOCH).total_seconds()
    values = np.ma.filled(variable[:].astype(np.float64), np.nan)
    if not np.isfinite(values).all():
        raise InputError(f"{path}: a time is missing", hint="the run that wrote it did not end; run it again")
    return np.rint(values * SCALES[unit] + zero).astype(np.int64)
