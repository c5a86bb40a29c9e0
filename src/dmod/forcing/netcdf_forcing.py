"""Forcing in one NetCDF file: variables (catchment, time), times of the first catchment, string ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.hdf5 import HDF5_LOCK, close_with
from dmod.core.time_axis import EPOCH, TimeAxis, parse_time
from dmod.core.units import Conversion
from dmod.errors import CoverageError, InputError
from dmod.forcing.column import Column, by_any_name, parse_column
from dmod.forcing.convert import convert, missing_mask, refuse
from dmod.forcing.source import Array, ForcingSource, RawBlock, Times
from dmod.forcing.times import axis_of, irregularity, matching_times

ID_NAMES = ("ids", "catchment-id", "catchment_id", "catchment", "divide_id", "feature_id", "id")
TIME_NAMES = ("Time", "time", "valid_time")
TIME_UNITS = {
    "ns": 1e-9, "nanoseconds": 1e-9,
    "us": 1e-6, "microseconds": 1e-6,
    "ms": 1e-3, "milliseconds": 1e-3,
    "s": 1.0, "seconds": 1.0, "second": 1.0, "sec": 1.0,
    "m": 60.0, "min": 60.0, "minutes": 60.0, "minute": 60.0,
    "h": 3600.0, "hr": 3600.0, "hours": 3600.0, "hour": 3600.0,
    "d": 86400.0, "days": 86400.0, "day": 86400.0,
}  # fmt: skip
DEFAULT_FILL = {"f4": 9.969209968386869e36, "f8": 9.969209968386869e36}
UNEVEN_HINT = "correct the file's times, or choose how to fill gaps with --fill (linear, previous, …)"
SCAN_BYTES = 32 * 2**20
DENSE = 0.5  # share of a span of rows from which on it is read in one go


class NetcdfForcing(ForcingSource):
    """Forcing in one NetCDF file, kept open."""

    def __init__(
        self, path: Path, file: Any, ids: Sequence[str], times: Times, columns: Mapping[str, Column]
    ) -> None:
        super().__init__(str(path), ids, columns, axis_of(times, str(path)))
        self._file = file
        self._close = close_with(self, file)
        self._times = times
        self._irregular = irregularity(times, self.period.step)
        # asked once: even reading an attribute enters the HDF5 library
        self._fills = {column.name: _fill_value(file.variables[column.name]) for column in columns.values()}
        self._row = {identifier: row for row, identifier in enumerate(self.catchments)}

    def close(self) -> None:
        """Close the file."""
        self._close()

    def _read(
        self,
        catchments: Sequence[str],
        columns: Sequence[Column],
        changes: Sequence[Conversion],
        window: TimeAxis,
        arrays: Sequence[Array],
        check: bool,
    ) -> None:
        rows = self._rows(catchments)
        if self._irregular is not None:
            if check:
                raise CoverageError(f"{self.where}: {self._irregular[1]}", hint=UNEVEN_HINT)
            self._read_scattered(rows, columns, changes, window, arrays)
            return
        first = self.period.index(window.start)
        skip, stop = max(0, -first), min(window.count, self.period.count - first)
        for column, change, array in zip(columns, changes, arrays, strict=True):
            fill = self._fills[column.name]
            if skip or stop < window.count:
                array[:] = np.nan
            for raw, places in self._pieces(column.name, rows, first + skip, first + max(skip, stop)):
                fine = convert(raw, array, places, column, change, fill, skip=skip)
                if check and not fine:
                    named = [catchments[place] for place in places]
                    refuse(raw, named, window, column, fill, self.where)

    def _read_scattered(
        self,
        rows: NDArray[np.int64],
        columns: Sequence[Column],
        changes: Sequence[Conversion],
        window: TimeAxis,
        arrays: Sequence[Array],
    ) -> None:
        """Read from a file whose times are uneven, each value to its own time; the rest is NaN."""
        places_in_window, places_in_file = matching_times(self._times, window.epoch_seconds())
        for column, change, array in zip(columns, changes, arrays, strict=True):
            array[:] = np.nan
            for raw, places in self._pieces(column.name, rows, 0, self._times.size):
                values = np.empty(raw.shape)
                own = np.arange(len(places))
                convert(raw, values, own, column, change, self._fills[column.name])
                array[np.ix_(places, places_in_window)] = values[:, places_in_file]

    def _rows(self, catchments: Sequence[str]) -> NDArray[np.int64]:
        try:
            return np.array([self._row[name] for name in catchments], np.int64)
        except KeyError as error:
            missing = [name for name in catchments if name not in self._row]
            raise CoverageError(
                f"{self.where}: {len(missing)} catchments have no forcing, the first is {missing[0]}",
                hint="add them to the forcing, or leave them out of the run",
            ) from error

    def _pieces(
        self, name: str, rows: NDArray[np.int64], first: int, stop: int
    ) -> Iterator[tuple[NDArray[Any], NDArray[np.int64]]]:
        """Yield values (row, time) and their places in ``rows``, reading neighbouring rows at once."""
        order = np.argsort(rows, kind="stable")
        inside = rows[order]
        breaks = np.flatnonzero(np.diff(inside) != 1) + 1
        if inside.size and inside.size >= DENSE * (inside[-1] - inside[0] + 1):
            breaks = breaks[:0]
        for places in np.split(order, breaks):
            begin, end = int(rows[places[0]]), int(rows[places[-1]]) + 1
            raw = self._slab(name, begin, end, first, stop)
            whole = end - begin == places.size
            yield (raw if whole else raw[rows[places] - begin]), places

    def _slab(self, name: str, begin: int, end: int, first: int, stop: int) -> NDArray[Any]:
        with HDF5_LOCK:
            variable = self._file.variables[name]
            raw: NDArray[Any]
            try:
                if variable.dimensions[-1] == "time" or variable.shape == (len(self._row), self._times.size):
                    raw = variable[begin:end, first:stop]
                else:
                    raw = variable[first:stop, begin:end].T
            except RuntimeError as error:  # the NetCDF library's only error
                raise InputError(
                    f"{self.where}: {name} cannot be read: {error} (the file is damaged)",
                    hint="copy or make the file again",
                ) from error
        if isinstance(raw, np.ma.MaskedArray):
            raw = np.ma.filled(raw.astype(np.float64), np.nan)
        if raw.dtype not in (np.float32, np.float64):
            raw = raw.astype(np.float64)
        return np.ascontiguousarray(raw)

    def scan(self, catchments: Sequence[str], columns: Sequence[str]) -> Iterator[RawBlock]:
        """Yield every value of the given catchments and columns, some catchments at a time."""
        rows = np.sort(self._rows(catchments))
        size = max(1, SCAN_BYTES // (8 * self._times.size))
        for part in range(0, rows.size, size):
            some = rows[part : part + size]
            values = {}
            for name in columns:
                block = np.empty((some.size, self._times.size))
                for raw, places in self._pieces(name, some, 0, self._times.size):
                    block[places] = np.where(missing_mask(raw, self._fills[name]), np.nan, raw)
                values[name] = block
            named = tuple(self.catchments[row] for row in some)
            kinds = {name: self.columns[name] for name in columns}
            yield RawBlock(self.where, named, self._times, kinds, values)


def open_netcdf(path: Path, names: Mapping[str, str]) -> NetcdfForcing:
    """Open a NetCDF forcing file in the framework's layout or one of its kin.

    Raises
    ------
    InputError
        it is no NetCDF file, or ids, times or variables cannot be found in it.
    """
    import netCDF4

    with HDF5_LOCK:
        try:
            file = netCDF4.Dataset(path)
        except OSError as error:
            raise _unreadable(path, error) from error
        opened = False
        try:
            source = _describe(path, file, names)
            opened = True
        finally:
            if not opened:
                file.close()
    return source


def _unreadable(path: Path, error: OSError) -> InputError:
    """Say why a file cannot be opened as NetCDF."""
    if path.is_dir():
        return InputError(
            f"{path} is a folder, not a NetCDF file",
            hint="name the file, or use the provider CsvPerFeature",
        )
    why = "it is empty" if not path.stat().st_size else error.strerror or str(error)
    damaged = "HDF error" in why
    return InputError(
        f"{path} is not a NetCDF file that can be read: {why}{' (damaged, or cut short)' if damaged else ''}",
        hint="copy or make the file again"
        if damaged
        else "give a NetCDF-4 or classic NetCDF file, or use the provider CsvPerFeature",
    )


def _describe(path: Path, file: Any, names: Mapping[str, str]) -> NetcdfForcing:
    ids = _read_ids(file, path)
    time = _first_present(file, TIME_NAMES)
    if time is None:
        raise InputError(f"{path}: there is no variable Time or time", hint="see the layout in the docs")
    times = _read_times(time, path)
    columns = []
    for name, variable in file.variables.items():
        shape = tuple(variable.shape)
        if variable is not time and shape in {(len(ids), times.size), (times.size, len(ids))}:
            packed = hasattr(variable, "scale_factor") or hasattr(variable, "add_offset")
            variable.set_auto_maskandscale(packed or variable.dtype.kind != "f")
            variable.set_auto_scale(True)
            columns.append(parse_column(name, names, str(getattr(variable, "units", "")).strip()))
    if not columns:
        raise InputError(
            f"{path}: no variable has the dimensions catchment ({len(ids)}) and time ({times.size})",
            hint="variables must be (catchment-id, time)",
        )
    return NetcdfForcing(path, file, ids, times, by_any_name(columns))


def _fill_value(variable: Any) -> float:
    fill = getattr(variable, "_FillValue", getattr(variable, "missing_value", None))
    return float(DEFAULT_FILL.get(variable.dtype.str[1:], np.nan) if fill is None else fill)


def _first_present(file: Any, names: Sequence[str]) -> Any:
    return next((file.variables[name] for name in names if name in file.variables), None)


def _read_ids(file: Any, path: Path) -> list[str]:
    variable = _first_present(file, ID_NAMES)
    if variable is None:
        raise InputError(
            f"{path}: there is no variable with catchment ids",
            hint=f"one of {', '.join(ID_NAMES)} is expected",
        )
    variable.set_auto_mask(False)
    variable.set_auto_chartostring(True)
    values = variable[:]
    if values.ndim == 2:  # characters without an encoding
        import netCDF4

        values = netCDF4.chartostring(values)
    if values.dtype.kind in "iu":
        return [f"cat-{value}" for value in values.tolist()]
    texts = [value.decode() if isinstance(value, bytes) else str(value) for value in values.tolist()]
    return [text.rstrip("\x00 ") for text in texts]


def _read_times(variable: Any, path: Path) -> Times:
    """Return the times of the first catchment as seconds since 1970."""
    variable.set_auto_maskandscale(False)
    values = variable[0] if variable.ndim == 2 else variable[:]
    if variable.ndim == 2 and variable.dimensions[0] == "time":
        values = variable[:, 0]
    unit = str(getattr(variable, "units", "s")).strip()
    match = re.fullmatch(r"(\w+)\s+since\s+(.+)", unit)
    word, start = (match[1], _since(match[2], path)) if match else (unit, EPOCH)
    if match is None and hasattr(variable, "epoch_start"):
        start = _epoch_start(str(variable.epoch_start), path)
    factor = TIME_UNITS.get(word) or TIME_UNITS.get(word.lower())
    if factor is None:
        raise InputError(
            f"{path}: the time unit {unit!r} is unknown",
            hint="ns, us, ms, s, m, h, their long names, or '<unit> since YYYY-MM-DD HH:MM:SS'",
        )
    seconds = np.rint(np.asarray(values, np.longdouble) * np.longdouble(factor)).astype(np.int64)
    return np.asarray(seconds + int((start - EPOCH).total_seconds()), np.int64)


def _since(text: str, path: Path) -> datetime:
    return parse_time(re.sub(r"\s*(UTC|Z)$", "", text.strip()).rstrip(), what=f"{path}: units of the time")


def _epoch_start(text: str, path: Path) -> datetime:
    for form in ("%m/%d/%Y %H:%M:%S", "%m/%d/%y %H:%M:%S"):
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return parse_time(text, what=f"{path}: epoch_start")
