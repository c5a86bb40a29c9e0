"""NetCDF whose variable has a dimension of locations and one of time."""

from __future__ import annotations

import functools
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.flow_columns import FLOW_NAMES, MISSING_CODES, TIME_NAMES, bare_name, unit_in_name
from dmod.core.hdf5 import HDF5_LOCK
from dmod.errors import InputError
from dmod.evaluation.evaluation import Place
from dmod.evaluation.location_series import LocationSeries
from dmod.services.evaluation.file_hashes import file_hashes
from dmod.services.evaluation.source_options import SourceOptions, scale_of
from dmod.services.evaluation.table_files import LOCATION_NAMES

if TYPE_CHECKING:
    import xarray

BLOCK_BYTES = 64 << 20
MEMBER_NAMES = ("member", "members", "ensemble", "ensemble_member", "realization", "realisation", "number")
LONGITUDES, LATITUDES, NAMES = ("longitude", "lon"), ("latitude", "lat"), ("name", "station_name")


class ArraySource:
    """Series in the rows or columns of one variable.

    Where time is the first dimension, values are turned once into a file of their own on the disk, so that
    no location needs the whole file.
    """

    def __init__(self, path: Path, options: SourceOptions) -> None:
        import xarray

        self._path = path
        self._options = options
        self.name = options.name or path.stem
        self._turned: NDArray[np.float32] | NDArray[np.float64] | None = None
        self._folder: Path | None = None
        try:
            with HDF5_LOCK:
                self._data: xarray.Dataset = xarray.open_dataset(path, engine="netcdf4", chunks=None)
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read as NetCDF: {error}") from error
        opened = False
        try:
            with HDF5_LOCK:
                self._time = self._find_time()
                self._variable = self._find_variable()
                self._place = next(str(d) for d in self._variable.dims if d != self._time)
                self._scale = self._find_scale()
                stamps = self._data[self._time].values
                self._seconds = stamps.astype("datetime64[s]").astype(np.int64)
            opened = True
        finally:
            if not opened:
                self.close()

    @functools.cached_property
    def locations(self) -> tuple[str, ...]:
        """The locations in the file's order."""
        with HDF5_LOCK:
            if self._variable.sizes[self._place] == 1 and self._place not in self._data.sizes:
                return (self._options.gauge or self._path.stem,)
            found = self._coordinate(LOCATION_NAMES)
            kinds = self._coordinate(("type",))
            values = np.arange(self._variable.sizes[self._place]) if found is None else found.values
            before = None if kinds is None else kinds.values.tolist()
        names = [_text(value) for value in values.tolist()]
        # routed flow numbers its flowpaths and says beside them what they are: wb-7
        return tuple(
            names if before is None else (f"{kind}-{n}" for kind, n in zip(before, names, strict=True))
        )

    @functools.cached_property
    def _row(self) -> dict[str, int]:
        return {location: row for row, location in enumerate(self.locations)}

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        """Give the series of some locations."""
        rows = sorted({self._row[location] for location in locations if location in self._row})
        values = dict(zip(rows, self._values(rows), strict=True))
        clock = LocationSeries.of("", self._seconds, np.zeros(len(self._seconds)))
        in_order = len(clock.times) == len(self._seconds) and not clock.notes
        notes = () if self._scale == 1.0 else (f"converted from {self._unit()} to {self._options.unit}",)
        for location in locations:
            row = self._row.get(location)
            if row is None:
                yield LocationSeries.missing(location, f"{self._path} does not hold {location}")
                continue
            series = self._scaled(values[row])
            if in_order:
                yield LocationSeries(location, clock.times, series, clock.step, notes)
            else:
                yield LocationSeries.of(location, self._seconds, series, notes)

    def places(self, locations: Sequence[str]) -> Mapping[str, Place]:
        """Return where locations are, where the file says it."""
        with HDF5_LOCK:
            found = [self._coordinate(names) for names in (LONGITUDES, LATITUDES, NAMES)]
            longitude, latitude, name = (None if one is None else one.values for one in found)
        rows = {one: self._row[one] for one in locations if one in self._row}
        if longitude is None or latitude is None:
            return {}
        return {
            one: Place(
                one, "" if name is None else _text(name[row]), float(longitude[row]), float(latitude[row])
            )
            for one, row in rows.items()
        }

    def provenance(self) -> Mapping[str, str]:
        """Return the file with its hash."""
        return file_hashes([self._path])

    def close(self) -> None:
        """Close the file."""
        with HDF5_LOCK:
            self._data.close()
        self._turned = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _find_time(self) -> str:
        for name, variable in self._data.variables.items():
            if (
                variable.ndim == 1
                and np.issubdtype(variable.dtype, np.datetime64)
                and variable.dims == (name,)
            ):
                return str(name)
        for name in TIME_NAMES:
            if name in self._data.variables:
                raise InputError(
                    f"{self._path}: the times of {name} are not understood",
                    hint='its attribute units has to be like "seconds since 1970-01-01"',
                )
        raise InputError(
            f"{self._path} has no dimension of time", hint=f"it has {', '.join(map(str, self._data.sizes))}"
        )

    def _find_variable(self) -> xarray.DataArray:
        numbers = {
            str(name): self._of_member(values)
            for name, values in self._data.data_vars.items()
            if self._time in values.dims and np.issubdtype(values.dtype, np.number)
        }
        fitting = {name: values for name, values in numbers.items() if values.ndim == 2}
        alone = {name: values for name, values in numbers.items() if values.ndim == 1}
        fitting = fitting or {name: values.expand_dims("place") for name, values in alone.items()}
        wanted = self._options.variable
        if wanted and wanted in fitting:
            return fitting[wanted]
        named = [name for name in fitting if bare_name(name) in FLOW_NAMES] or list(fitting)
        if wanted or len(named) != 1:
            what = f"no variable {wanted}" if wanted else ("several variables" if named else "no variable")
            hint = f"name one of {', '.join(fitting)}" if fitting else None
            if not fitting and any(_member_dimension(values) for values in numbers.values()):
                hint = "it holds members: score them as an ensemble, NAME: {members: ADDRESS} under runs"
            raise InputError(f"{self._path} has {what} of locations and {self._time}", hint=hint)
        return fitting[named[0]]

    def _of_member(self, values: xarray.DataArray) -> xarray.DataArray:
        """Return what the wanted member of an ensemble has of a variable."""
        dimension = _member_dimension(values)
        if dimension is None or not self._options.member:
            return values
        names = _names_along(self._data, dimension)
        if self._options.member not in names:
            raise InputError(
                f"{self._path} holds no member {self._options.member}", hint=f"it holds {', '.join(names)}"
            )
        return values.isel({dimension: names.index(self._options.member)})

    def _unit(self) -> str:
        name = str(self._variable.name)
        return (
            self._options.stated_unit
            or str(self._variable.attrs.get("units", ""))
            or unit_in_name(name)
            or ""
        )

    def _find_scale(self) -> float:
        return scale_of(self._unit(), self._options, f"{self._path}, {self._variable.name}")

    def _coordinate(self, names: Sequence[str]) -> xarray.Variable | None:
        known = {
            bare_name(str(name)): v for name, v in self._data.variables.items() if v.dims == (self._place,)
        }
        return next((known[name] for name in (*names,) if name in known), None)

    def _values(self, rows: Sequence[int]) -> Any:
        if not rows:
            return []
        if self._variable.dims[0] == self._time:
            if self._turned is None:
                self._turned = self._turn()
            return self._turned[rows]
        first, last = rows[0], rows[-1]
        with HDF5_LOCK:
            if last - first < 4 * len(rows):  # one stretch costs less than many jumps
                block = self._variable[first : last + 1].values
                return block[np.array(rows) - first]
            return self._variable[list(rows)].values

    def _scaled(self, values: NDArray[Any]) -> NDArray[np.float64]:
        series = values.astype(np.float64)
        if (series <= MISSING_CODES[0]).any():
            series[np.isin(series, MISSING_CODES)] = np.nan
        if self._scale != 1.0:
            series *= self._scale
        return series

    def _turn(self) -> Any:
        times, places = self._variable.shape
        self._folder = Path(tempfile.mkdtemp(prefix="dmod-array-"))
        weakref.finalize(self, shutil.rmtree, self._folder, True)
        kind = np.float32 if self._variable.dtype == np.float32 else np.float64
        turned = np.memmap(self._folder / "values", dtype=kind, mode="w+", shape=(places, times))
        step = max(1, BLOCK_BYTES // (8 * places))
        for first in range(0, times, step):
            with HDF5_LOCK:
                block = self._variable[first : first + step].values
            turned[:, first : first + step] = block.T
        return turned


def member_names(path: Path) -> tuple[str, ...]:
    """Return the names of the members that NetCDF holds along a dimension of its own; none without one.

    Raises
    ------
    InputError
        it cannot be read.
    """
    import xarray

    try:
        with HDF5_LOCK, xarray.open_dataset(path, engine="netcdf4", chunks=None) as data:
            found = (_member_dimension(values) for values in data.data_vars.values())
            dimension = next((name for name in found if name is not None), None)
            return () if dimension is None else _names_along(data, dimension)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as NetCDF: {error}") from error


def _member_dimension(values: xarray.DataArray) -> str | None:
    return next((str(name) for name in values.dims if bare_name(str(name)) in MEMBER_NAMES), None)


def _names_along(data: xarray.Dataset, dimension: str) -> tuple[str, ...]:
    if dimension in data.variables:
        return tuple(_text(value) for value in data[dimension].values.tolist())
    return tuple(str(number) for number in range(data.sizes[dimension]))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").rstrip("\0 ")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
