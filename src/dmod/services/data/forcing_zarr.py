"""Forcing of catchments in a Zarr store: the layout of NetCDF with a coordinate of times, chunk by chunk.

``ids`` (catchment-id) names the catchments, ``time`` (time) holds a number since an origin that its attribute
``units`` states, and every variable is (catchment-id, time), under the names that CSV and NetCDF have for it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import EPOCH, TimeAxis, parse_time
from dmod.core.units import Conversion
from dmod.core.variables import BY_COLUMN
from dmod.errors import CoverageError, InputError, StoreError
from dmod.forcing.column import Column, by_any_name, parse_column
from dmod.forcing.convert import convert, missing_mask, refuse
from dmod.forcing.gridded.dataset import RawVariable
from dmod.forcing.netcdf_forcing import ID_NAMES, SCAN_BYTES, TIME_UNITS, UNEVEN_HINT
from dmod.forcing.source import Array, ForcingSource, RawBlock, Times
from dmod.forcing.times import axis_of, irregularity, matching_times

CATCHMENT, TIME, IDS = "catchment-id", "time", "ids"
TIME_UNIT = "seconds since 1970-01-01 00:00:00"
CALENDAR = "proleptic_gregorian"
CHUNK_VALUES = 1 << 20
_DAMAGE = (RuntimeError, ValueError, TypeError, OSError, EOFError, zlib.error)
_DIMENSIONS = "_ARRAY_DIMENSIONS"
# with a checksum: a chunk that is cut short must not be taken for values
_COMPRESSOR = {"id": "zstd", "level": 3, "checksum": True}


class ZarrForcing(ForcingSource):
    """Forcing in a Zarr store of this machine."""

    def __init__(
        self,
        path: Path,
        arrays: Mapping[str, Any],
        variables: Mapping[str, RawVariable],
        ids: Sequence[str],
        columns: Mapping[str, Column],
    ) -> None:
        times = _times(arrays[TIME], variables[TIME], path)
        super().__init__(str(path), ids, columns, axis_of(times, str(path)))
        self._arrays = dict(arrays)
        self._variables = dict(variables)
        self._times = times
        self._row = {identifier: row for row, identifier in enumerate(self.catchments)}

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
        wrong = irregularity(self._times, self.period.step)
        if wrong is not None and check:
            raise CoverageError(f"{self.where}: {wrong[1]}", hint=UNEVEN_HINT)
        here, there = matching_times(self._times, window.epoch_seconds())
        own = np.arange(rows.size)
        for column, change, array in zip(columns, changes, arrays, strict=True):
            raw = self._values(column.name, rows, there)
            values = np.empty(raw.shape)
            if not convert(raw, values, own, column, change) and check:
                refuse(raw, catchments, window, column, np.nan, self.where)
            array[:] = np.nan
            array[:, here] = values

    def scan(self, catchments: Sequence[str], columns: Sequence[str]) -> Iterator[RawBlock]:
        """Yield every value of the given catchments and columns, some catchments at a time."""
        rows = np.sort(self._rows(catchments))
        size = max(1, SCAN_BYTES // (8 * self._times.size))
        every = np.arange(self._times.size)
        for part in range(0, rows.size, size):
            some = rows[part : part + size]
            values = {name: self._values(name, some, every) for name in columns}
            named = tuple(self.catchments[row] for row in some)
            kinds = {name: self.columns[name] for name in columns}
            yield RawBlock(self.where, named, self._times, kinds, values)

    def _rows(self, catchments: Sequence[str]) -> NDArray[np.int64]:
        missing = [name for name in catchments if name not in self._row]
        if missing:
            raise CoverageError(
                f"{self.where}: {len(missing)} catchments have no forcing, the first is {missing[0]}",
                hint="add them to the forcing, or leave them out of the run",
            )
        return np.array([self._row[name] for name in catchments], np.int64)

    def _values(self, name: str, rows: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return (row, time) as the store holds it, unpacked, NaN where missing."""
        array, variable = self._arrays[name], self._variables[name]
        span = slice(int(times[0]), int(times[-1]) + 1) if times.size else slice(0, 0)
        try:
            if variable.dimensions[0] == TIME:
                raw = np.asarray(array.oindex[span, rows]).T
            else:
                raw = np.asarray(array.oindex[rows, span])
        except _DAMAGE as error:
            raise StoreError(
                f"{self.where}: {name} cannot be decoded: {error} (cut short, or damaged)",
                hint="copy or make the store again",
            ) from error
        if times.size:
            raw = raw[:, times - times[0]]
        values = raw.astype(np.float64)
        stated = variable.attributes
        missing = missing_mask(values, float(stated.get("_FillValue", np.nan)))
        scale, offset = float(stated.get("scale_factor", 1.0)), float(stated.get("add_offset", 0.0))
        if (scale, offset) != (1.0, 0.0):
            values = values * scale + offset
        values[missing] = np.nan
        return np.ascontiguousarray(values)


def open_zarr_forcing(path: Path, names: Mapping[str, str] | None = None) -> ZarrForcing:
    """Open a store of forcing.

    Parameters
    ----------
    names : the user's own names → standard names or well-known columns

    Raises
    ------
    InputError
        it is no such store, or its description cannot be read.
    """
    import zarr

    from dmod.forcing.gridded.store import Place
    from dmod.forcing.gridded.zarr_dataset import open_zarr

    variables = open_zarr(Place(str(path))).variables
    label = next((name for name in ID_NAMES if name in variables and len(variables[name].shape) == 1), None)
    if label is None or TIME not in variables:
        there = ", ".join(sorted(variables)) or "no arrays"
        raise InputError(
            f"{path}: there are no catchments or no times; it has {there}",
            hint=f"a store of forcing has {IDS} ({CATCHMENT}), {TIME} ({TIME}) and variables of both",
        )
    group = zarr.open_group(str(path), mode="r")
    ids = _ids(group[label])
    steps = variables[TIME].shape[0]
    shapes = {(len(ids), steps), (steps, len(ids))}
    columns = [
        parse_column(name, names or {}, str(variable.attributes.get("units", "")).strip())
        for name, variable in variables.items()
        if variable.shape in shapes and TIME in variable.dimensions
    ]
    if not columns:
        raise InputError(
            f"{path}: no variable is of {len(ids)} catchments and {steps} times",
            hint=f"variables must be ({CATCHMENT}, {TIME})",
        )
    arrays = {name: group[name] for name in (TIME, *(column.name for column in columns))}
    return ZarrForcing(path, arrays, variables, ids, by_any_name(columns))


class ZarrForcingWriter:
    """A Zarr store of forcing that is filled block by block.

    Parameters
    ----------
    path : folder to make
    rows : catchments that are written at a time, which then lie in chunks of their own
    """

    def __init__(
        self,
        path: Path,
        ids: Sequence[str],
        axis: TimeAxis,
        columns: Sequence[str],
        *,
        units: Mapping[str, str],
        dtype: str,
        rows: int,
    ) -> None:
        import zarr

        path.parent.mkdir(parents=True, exist_ok=True)
        self._group: Any = zarr.create_group(str(path), zarr_format=2, overwrite=True)
        label = self._array(IDS, (len(ids),), (len(ids),), str, [CATCHMENT])
        label[:] = np.array(list(ids), dtype=object)
        time = self._array(TIME, (axis.count,), (axis.count,), "i8", [TIME])
        time[:] = axis.epoch_seconds()
        time.attrs.update({"units": TIME_UNIT, "calendar": CALENDAR, "standard_name": TIME})
        chunk = (min(rows, len(ids)), min(axis.count, max(1, CHUNK_VALUES // min(rows, len(ids)))))
        for name in columns:
            array = self._array(name, (len(ids), axis.count), chunk, dtype, [CATCHMENT, TIME])
            known = BY_COLUMN.get(name)
            unit = units.get(name, known.unit if known else "")
            array.attrs.update({"units": unit} if unit else {})
            array.attrs.update({"long_name": known.long_name} if known else {})

    def write(self, first: int, variables: Mapping[str, NDArray[Any]]) -> None:
        """Write rows ``first`` and on: each variable an array (catchment, time)."""
        for name, values in variables.items():
            self._group[name][first : first + len(values)] = values

    def close(self) -> None:
        """Write the list of arrays that readers look for first."""
        import zarr

        zarr.consolidate_metadata(self._group.store, zarr_format=2)

    def _array(
        self, name: str, shape: tuple[int, ...], chunks: tuple[int, ...], dtype: Any, dimensions: list[str]
    ) -> Any:
        fill = np.nan if isinstance(dtype, str) and dtype.startswith("float") else None
        array = self._group.create_array(
            name,
            shape=shape,
            chunks=chunks,
            dtype=dtype,
            fill_value="" if dtype is str else fill,
            compressors=_COMPRESSOR,
        )
        array.attrs[_DIMENSIONS] = dimensions
        return array


def _ids(array: Any) -> list[str]:
    values = np.asarray(array[:])
    if values.dtype.kind in "iu":
        return [f"cat-{value}" for value in values.tolist()]
    texts = [value.decode() if isinstance(value, bytes) else str(value) for value in values.tolist()]
    return [text.rstrip("\x00 ") for text in texts]


def _times(array: Any, variable: RawVariable, path: Path) -> Times:
    """Return the times as seconds since 1970."""
    unit = str(variable.attributes.get("units", "")).strip()
    match = re.fullmatch(r"(\w+)\s+since\s+(.+?)\s*(?:UTC|Z)?", unit)
    factor = TIME_UNITS.get(match[1].lower()) if match else None
    if match is None or factor is None:
        raise InputError(f"{path}: times in {unit!r} cannot be read", hint=f"write them in {TIME_UNIT!r}")
    origin = parse_time(match[2], what=f"{path}: units of the time")
    values = np.asarray(array[:])
    seconds = np.rint(np.asarray(values, np.longdouble) * np.longdouble(factor)).astype(np.int64)
    return np.asarray(seconds + int((origin - EPOCH).total_seconds()), np.int64)
