"""NetCDF files, on a disk or fetched from a remote store: one by one, or one time each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.hdf5 import HDF5_LOCK
from dmod.errors import InputError, StoreError
from dmod.forcing.gridded.cf import seconds_since_1970
from dmod.forcing.gridded.dataset import Cube, RawDataset, RawVariable, arranged, ordered, selection
from dmod.forcing.gridded.fetching import FetchedFiles
from dmod.forcing.gridded.grid import GridWindow
from dmod.forcing.gridded.store import Place
from dmod.forcing.times import text_of

FETCHERS = 8  # files that are fetched at the same time
EPOCH_UNITS = "seconds since 1970-01-01 00:00:00"


class NetcdfFile:
    """One file, opened for every look into it and closed after it."""

    def __init__(self, place: Place, key: str, fetched: FetchedFiles) -> None:
        self.where = f"{place}/{key}"
        self.place, self.key, self._fetched = place, key, fetched

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """Yield the file, its numbers as stored; nothing else enters the library meanwhile.

        Raises
        ------
        InputError
            it is no NetCDF file.
        StoreError
            what it holds cannot be read, or it cannot be fetched (retryable).
        """
        import netCDF4

        with self._fetched.file(self.place, self.key) as path, HDF5_LOCK:
            try:
                file = netCDF4.Dataset(path)
            except OSError as error:
                raise _unreadable(self.where, path, error) from error
            try:
                file.set_auto_maskandscale(False)
                file.set_always_mask(False)
                yield file
            except RuntimeError as error:  # the NetCDF library's only error
                raise StoreError(
                    f"{self.where} cannot be read: {error} (cut short, or damaged)",
                    hint="copy the file again",
                ) from error
            finally:
                file.close()

    def values(self, name: str) -> NDArray[Any]:
        """Return all values of a variable as stored."""
        with self.opened() as file:
            return np.asarray(file.variables[name][...])

    def size(self) -> int:
        """Return its size in bytes, 0 if it is not there."""
        return self.place.size(self.key) or 0


def _unreadable(where: str, path: Path, error: OSError) -> InputError:
    if not path.exists():
        return InputError(f"{where} does not exist", hint="check the name")
    why = "it is empty" if not path.stat().st_size else error.strerror or str(error)
    return InputError(
        f"{where} is not a NetCDF file that can be read: {why}",
        hint="copy or make the file again, if it is one (it may be cut short)",
    )


class NetcdfCube(Cube):
    """One variable of a file."""

    def __init__(
        self, file: NetcdfFile, variable: RawVariable, order: tuple[int, int, int], share: float
    ) -> None:
        self.where = file.where
        self.shape = ordered(variable.shape, order)
        self.chunk = ordered(variable.chunk, order)
        self._file, self._variable, self._order = file, variable, order
        self._share = share

    def read(self, first: int, count: int, window: GridWindow) -> NDArray[Any]:
        """Return the numbers as stored, (time, row, column)."""
        with self._file.opened() as file:
            return self.take(file, first, count, window)

    def take(self, file: Any, first: int, count: int, window: GridWindow) -> NDArray[Any]:
        """Return the same from the file that is open."""
        wanted = selection(self._order, len(self._variable.shape), first, count, window)
        return arranged(np.asarray(file.variables[self._variable.name][wanted]), self._order)

    def stored_bytes(self, first: int, count: int, window: GridWindow) -> int:
        """Return the variable's share of the file; of a local file, only of the chunks that are needed."""
        size = self._file.size() * self._share
        if self._file.place.is_remote:
            return round(size)
        spans = ((first, count), (window.row, window.rows), (window.column, window.columns))
        for (start, number), chunk, whole in zip(spans, self.chunk, self.shape, strict=True):
            chunks = (start + number - 1) // chunk - start // chunk + 1
            size *= min(1.0, chunks * chunk / whole)
        return round(size)


def open_netcdf(place: Place, key: str, fetched: FetchedFiles) -> RawDataset:
    """Describe one NetCDF file.

    Raises
    ------
    InputError
        it is no NetCDF file.
    StoreError
        it cannot be fetched (retryable).
    """
    netcdf = NetcdfFile(place, key, fetched)
    with netcdf.opened() as file:
        variables = {name: _variable(name, variable) for name, variable in file.variables.items()}
        attributes = {name: file.getncattr(name) for name in file.ncattrs()}
    described = f"{netcdf.size()} {sorted((name, repr(one)) for name, one in variables.items())}".encode()
    share = 1 / max(1, sum(len(variable.shape) >= 3 for variable in variables.values()))

    def cube(name: str, order: tuple[int, int, int]) -> Cube:
        return NetcdfCube(netcdf, variables[name], order, share)

    return RawDataset(netcdf.where, variables, attributes, netcdf.values, cube, described)


def _variable(name: str, variable: Any) -> RawVariable:
    import netCDF4

    attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
    kind = variable.dtype if variable.dtype is not str else np.dtype(object)
    default = netCDF4.default_fillvals.get(kind.str[1:])
    if default is not None and kind.itemsize > 1 and "_FillValue" not in attributes:
        attributes["_FillValue"] = kind.type(default)
    chunking = variable.chunking()
    chunk = tuple(variable.shape) if chunking in (None, "contiguous") else tuple(chunking)
    return RawVariable(name, tuple(variable.dimensions), tuple(variable.shape), kind, chunk, attributes)


class FilesCube(Cube):
    """One variable of many files that hold one time each, fetched side by side."""

    def __init__(
        self, files: Sequence[NetcdfFile], times: NDArray[np.int64], inner: Callable[[NetcdfFile], NetcdfCube]
    ) -> None:
        first = inner(files[0])
        self.where = first.where
        self.shape = (len(files), *first.shape[1:])
        self.chunk = (1, *first.chunk[1:])
        self._files, self._times, self._inner, self._first = files, times, inner, first

    def read(self, first: int, count: int, window: GridWindow) -> NDArray[Any]:
        """Return the numbers as stored, (time, row, column)."""
        places = range(first, first + count)
        if not self._files[0].place.is_remote:
            return np.concatenate([self._one(place, window) for place in places])
        with ThreadPoolExecutor(FETCHERS) as pool:
            return np.concatenate(list(pool.map(lambda place: self._one(place, window), places)))

    def _one(self, place: int, window: GridWindow) -> NDArray[Any]:
        file = self._files[place]
        with file.opened() as opened:
            time = opened.variables["time"]
            stamp = seconds_since_1970(np.asarray(time[...]), {"units": time.units}, file.where)
            values = self._inner(file).take(opened, 0, 1, window)
        if stamp.tolist() != [int(self._times[place])]:
            raise StoreError(
                f"{file.where} holds {text_of(stamp[0])}, its name says {text_of(self._times[place])}",
                hint="copy the file again",
            )
        return values

    def stored_bytes(self, first: int, count: int, window: GridWindow) -> int:
        """Estimate from the size of one file."""
        return count * self._inner(self._files[first + count // 2]).stored_bytes(0, 1, window)


def one_time_each(
    place: Place, keys: Sequence[str], times: NDArray[np.int64], fetched: FetchedFiles
) -> RawDataset:
    """Describe files that hold one time each, as their names say, by the first of them."""
    first = open_netcdf(place, keys[0], fetched)
    files = [NetcdfFile(place, key, fetched) for key in keys]
    share = 1 / max(1, sum(len(variable.shape) >= 3 for variable in first.variables.values()))
    variables = {name: _repeated(variable, times.size) for name, variable in first.variables.items()}
    clock = variables["time"]
    variables["time"] = replace(clock, dtype=np.dtype(np.int64), attributes={"units": EPOCH_UNITS})

    def read(name: str) -> NDArray[Any]:
        return times if name == "time" else first.read(name)

    def cube(name: str, order: tuple[int, int, int]) -> Cube:
        return FilesCube(files, times, lambda file: NetcdfCube(file, first.variables[name], order, share))

    described = "\n".join([*keys, repr(first.description)]).encode()
    return replace(first, where=str(place), variables=variables, read=read, cube=cube, description=described)


def _repeated(variable: RawVariable, count: int) -> RawVariable:
    """Return a variable as it is over all files."""
    if "time" not in variable.dimensions:
        return variable
    at = variable.dimensions.index("time")
    shape = (*variable.shape[:at], count, *variable.shape[at + 1 :])
    return replace(variable, shape=shape)
