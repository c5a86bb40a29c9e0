"""One NetCDF file of t-route: flow, velocity and depth over features and time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.hdf5 import HDF5_LOCK, close_with
from dmod.core.time_axis import EPOCH, parse_time
from dmod.errors import BackendError, InputError

FEATURE, TIME, KIND = "feature_id", "time", "type"
USUAL_KIND = "wb"
FILL = -9999.0
LOOK = "look at the framework's log, and at stream_output of the routing configuration"
_UNITS = re.compile(r"(seconds|minutes|hours|days) since (.+)")
_SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}


class RoutedNetcdfFile:
    """A file that is read by features and stretches of time.

    Parameters
    ----------
    path : of the file

    Raises
    ------
    BackendError
        it cannot be read, or holds no flow over features and time.
    """

    def __init__(self, path: Path) -> None:
        import netCDF4

        self.path = path
        with reading(path), HDF5_LOCK:
            self._dataset: Any = netCDF4.Dataset(path, "r")
            self.close = close_with(self, self._dataset)
        is_open = False
        try:
            with reading(path), HDF5_LOCK:
                self._require_shape()
                self.names: tuple[str, ...] = self._names()
                """Features as the hydrofabric has them (``wb-7``)."""
                self.stamps: NDArray[np.int64] = self._stamps()
                """Moments that values are for, seconds since 1970."""
                self.version = str(getattr(self._dataset, "code_version", "")).strip()
                """Of t-route, as far as it says."""
            is_open = True
        finally:
            if not is_open:
                self.close()

    def read(self, name: str, first: int, end: int) -> NDArray[np.float32] | None:
        """Return a variable, shape (feature, time), NaN where there is no number; None if it has none."""
        with reading(self.path), HDF5_LOCK:
            if name not in self._dataset.variables:
                return None
            variable = self._dataset.variables[name]
            variable.set_auto_maskandscale(False)
            turned = variable.dimensions[0] == TIME
            block = variable[first:end].T if turned else variable[:, first:end]
        values = np.array(block, dtype=np.float32)
        values[values == FILL] = np.nan
        return values

    def _require_shape(self) -> None:
        variables = self._dataset.variables
        missing = [name for name in (FEATURE, TIME, "flow") if name not in variables]
        if not missing and set(variables["flow"].dimensions) != {FEATURE, TIME}:
            missing = [f"flow over {FEATURE} and {TIME}"]
        if missing:
            raise BackendError(f"{self.path} has no {', '.join(missing)}", hint=LOOK)

    def _names(self) -> tuple[str, ...]:
        numbers = np.asarray(self._dataset.variables[FEATURE][:]).tolist()
        kinds: list[str] = [USUAL_KIND] * len(numbers)
        if KIND in self._dataset.variables:
            kinds = [str(kind) or USUAL_KIND for kind in self._dataset.variables[KIND][:].tolist()]
        return tuple(f"{kind}-{number}" for kind, number in zip(kinds, numbers, strict=True))

    def _stamps(self) -> NDArray[np.int64]:
        variable = self._dataset.variables[TIME]
        units = str(getattr(variable, "units", ""))
        match = _UNITS.fullmatch(units)
        if match is None:
            raise BackendError(f"{self.path}: {units!r} is no unit of time that is known", hint=LOOK)
        try:
            since = (parse_time(match[2], what="time") - EPOCH).total_seconds()
        except InputError as error:
            raise BackendError(f"{self.path}: {error.message}", hint=LOOK) from error
        values = np.asarray(variable[:], dtype=np.float64)
        return np.asarray(np.rint(since + values * _SECONDS[match[1]]), dtype=np.int64)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say of an error of a library which file cannot be read."""
    try:
        yield
    except (OSError, RuntimeError, IndexError, UnicodeError, csv.Error) as error:
        raise BackendError(f"{path} cannot be read: {error}", hint=LOOK) from error
