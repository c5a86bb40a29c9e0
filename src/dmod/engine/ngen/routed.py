"""What the framework's own routing (t-route) wrote, for the flowpaths and steps of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.core.time_axis import TimeAxis
from dmod.engine.ngen.routed_csv import VARIABLES, RoutedTable
from dmod.engine.ngen.routed_netcdf import LOOK, RoutedNetcdfFile
from dmod.errors import BackendError

NETCDF, TABLES = "troute_output_*.nc", "troute_output_*.csv"
Index = NDArray[np.int64]
Floats = NDArray[np.float32]


class _Source(Protocol):
    """Values in whichever form, for the features and moments that are wanted."""

    version: str
    found: NDArray[np.bool_]

    def read(self, first: int, count: int) -> Iterator[Floats]:
        """Yield flow, velocity and depth, each of shape (feature, time)."""

    def close(self) -> None:
        """Close files."""


class RoutedFlow:
    """Flow, velocity and depth of the flowpaths of a run.

    A step's value is that of its end, as it is for dmod's own routing.

    Parameters
    ----------
    folder : that t-route wrote into
    ids : flowpaths, in the order of the run
    axis : steps of the run
    optional : flowpaths that may be missing: t-route has a lake in the place of those that lie in one

    Raises
    ------
    BackendError
        there is nothing, or it cannot be read, or flowpaths or steps are missing.
    """

    def __init__(
        self, folder: Path, ids: Sequence[str], axis: TimeAxis, optional: Collection[str] = ()
    ) -> None:
        self.files = _files(folder)
        self._ids, self._axis = ids, axis
        names = [_feature(name) for name in ids]
        stamps = axis.epoch_seconds() + axis.step
        if self.files[0].suffix == ".csv":
            self._source: _Source = _Tables(RoutedTable(self.files, names, stamps))
        else:
            self._source = _NetcdfFiles(self.files, names, stamps)
        self.missing = tuple(ids[row] for row in np.flatnonzero(~self._source.found).tolist())
        """Flowpaths that it has not."""
        lost = [name for name in self.missing if name not in optional]
        if lost:
            self.close()
            raise BackendError(
                f"t-route wrote nothing for {len(lost)} of {len(ids)} flowpaths ({name_some(lost)}); looked "
                f"in {folder}",
                hint="does it route the hydrofabric of the run? geo_file_path and columns of its "
                "configuration say",
            )

    @property
    def version(self) -> str:
        """Return t-route's own, as far as the files say."""
        return self._source.version

    def read(self, first: int, count: int) -> Mapping[str, Floats]:
        """Return flow [m3 s-1], velocity [m s-1] and depth [m], shape (flowpath, time).

        Raises
        ------
        BackendError
            a flow is no number; flowpath and step are named.
        """
        values = dict(zip(VARIABLES, self._source.read(first, count), strict=True))
        lacking = ~np.isfinite(values["flow"]) & self._source.found[:, None]
        if lacking.any():
            row, step = (int(index) for index in np.argwhere(lacking)[0])
            raise BackendError(
                f"t-route gave no flow for {self._ids[row]} at step {first + step}: {self.files[0].parent}",
                hint="look at the attributes of its channel, and at the framework's log",
            )
        return values

    def close(self) -> None:
        """Close files."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _files(folder: Path) -> list[Path]:
    for pattern in (NETCDF, TABLES):
        found = sorted(folder.glob(pattern))
        if found:
            return found
    raise BackendError(
        f"the framework ended well, and its routing wrote nothing: no {NETCDF} or {TABLES} in {folder}",
        hint="was it built with routing (NGEN_WITH_ROUTING)? its log says whether t-route was called",
    )


def _feature(name: str) -> str:
    """Return a flowpath as t-route names it; where a fabric has catchments alone, the flowpath of one."""
    return f"wb-{name.removeprefix('cat-')}" if name.startswith("cat-") else name


class _Tables:
    """Text, which is in memory."""

    version = ""

    def __init__(self, table: RoutedTable) -> None:
        self._table = table
        self.found = table.found

    def read(self, first: int, count: int) -> Iterator[Floats]:
        yield from self._table.values[:, :, first : first + count]

    def close(self) -> None:
        """Do nothing: the files are closed."""


class _NetcdfFiles:
    """Files that are pieces in time of the same features."""

    def __init__(self, paths: Sequence[Path], names: Sequence[str], stamps: Index) -> None:
        self._files: list[RoutedNetcdfFile] = []
        try:
            self._files += map(RoutedNetcdfFile, paths)
            self._rows = [_positions(file, names) for file in self._files]
            self._file, self._position = self._places(stamps)
        except BackendError:
            self.close()
            raise
        self.found = np.logical_and.reduce([rows >= 0 for rows in self._rows])
        self.version = next((file.version for file in self._files if file.version), "")

    def _places(self, stamps: Index) -> tuple[Index, Index]:
        """Return for each step in which file, and where in it."""
        owner, position = np.full(len(stamps), -1), np.zeros(len(stamps), np.int64)
        for number, file in enumerate(self._files):
            order = np.argsort(file.stamps, kind="stable")
            at = np.minimum(np.searchsorted(file.stamps[order], stamps), max(0, len(order) - 1))
            there = file.stamps[order[at]] == stamps if len(order) else np.zeros(len(stamps), bool)
            owner[there], position[there] = number, order[at[there]] if len(order) else 0
        missing = np.flatnonzero(owner < 0)
        if missing.size:
            first = str(np.datetime64(int(stamps[missing[0]]), "s")).replace("T", " ")
            raise BackendError(
                f"t-route wrote nothing for {missing.size} of {len(stamps)} steps, the first of them ends "
                f"{first}: {self._files[0].path.parent}",
                hint=LOOK,
            )
        return owner, position

    def read(self, first: int, count: int) -> Iterator[Floats]:
        owner, position = self._file[first : first + count], self._position[first : first + count]
        for name in VARIABLES:
            values = np.full((len(self.found), count), np.nan, dtype=np.float32)
            for number in np.unique(owner).tolist():
                steps = np.flatnonzero(owner == number)
                at = position[steps]
                low = int(at.min())
                block = self._files[number].read(name, low, int(at.max()) + 1)
                if block is not None:
                    rows = np.flatnonzero(self.found)
                    values[np.ix_(rows, steps)] = block[np.ix_(self._rows[number][rows], at - low)]
            yield values

    def close(self) -> None:
        for file in self._files:
            file.close()


def _positions(file: RoutedNetcdfFile, names: Sequence[str]) -> Index:
    place = {name: row for row, name in enumerate(file.names)}
    return np.array([place.get(name, -1) for name in names], np.int64)
