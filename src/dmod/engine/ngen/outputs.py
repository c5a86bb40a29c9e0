"""What the framework wrote for catchments: one file each, or one for all of a formulation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.core.time_axis import TimeAxis
from dmod.engine.ngen.row_file import Array, RowFile, Rows
from dmod.errors import BackendError

PIECE_BYTES = 48 * 2**20
LEADING = ("Time Step", "Time")
NAMED_LEADING = ("catchment_id", *LEADING)
NAMED_FILES = ("cat_output.csv", "cat_rank_*.csv")
Index = NDArray[np.int64]


class Piece(Protocol):
    """Catchments whose outputs are read together; steps are read from the first to the last, once.

    Parameters
    ----------
    rows : shape (catchment,), their positions in the run
    group : which formulation they run
    steps : how many are read at once at most
    """

    rows: Index
    group: int
    steps: int

    def read(self, first: int, count: int) -> Array:
        """Return the numbers of the next steps, shape (column, catchment, time)."""

    def finish(self) -> None:
        """Make sure that there is nothing behind the last step."""


@dataclass(frozen=True, slots=True)
class Group:
    """Catchments of one formulation, and the columns that were written for them.

    Parameters
    ----------
    rows : shape (catchment,), positions in the run
    columns : headings
    """

    rows: Index
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outputs:
    """All that was written for the catchments of a run.

    Parameters
    ----------
    pieces : together they hold every catchment once
    """

    pieces: tuple[Piece, ...]


def open_outputs(
    root: Path, catchments: Sequence[str], groups: Sequence[Group], axis: TimeAxis, *, workers: int = 1
) -> Outputs:
    """Find what the framework wrote, in whichever of its groupings, by whichever rank.

    Parameters
    ----------
    root : folder of its outputs
    catchments : ids, in the order of the run
    groups : together they hold every catchment once
    axis : steps of the run
    workers : how many read at once; catchments are divided into pieces for them

    Raises
    ------
    BackendError
        catchments are missing, or a file is not as it should be.
    """
    folders = [root, *sorted(path for path in root.glob("rank_*") if path.is_dir())]
    found: list[Piece] = []
    missing: list[int] = []
    for number, group in enumerate(groups):
        paths = {int(row): _own_file(folders, catchments[row]) for row in group.rows}
        missing += [row for row, path in paths.items() if path is None]
        there = [(row, path) for row, path in paths.items() if path is not None]
        for block in _blocks(there, len(group.columns), axis.count, workers):
            found.append(_Separate(block, group.columns, number, axis, catchments))
    named = sorted(path for folder in folders for name in NAMED_FILES for path in folder.rglob(name))
    if missing and named:
        position = {catchments[row].encode(): row for row in missing}
        pieces = [_open_together(path, position, groups, axis) for path in dict.fromkeys(named)]
        found += pieces
        held = {int(row) for piece in pieces for row in piece.rows}
        missing = [row for row in missing if row not in held]
    if missing:
        raise BackendError(
            f"the framework wrote nothing for {len(missing)} catchments "
            f"({name_some([catchments[row] for row in missing])}); looked for <id>.csv and "
            f"{NAMED_FILES[0]} in {', '.join(map(str, folders))}",
            hint="its log says which catchments it found in the hydrofabric",
        )
    _require_once(found, catchments)
    return Outputs(tuple(found))


def _own_file(folders: Sequence[Path], catchment: str) -> Path | None:
    return next((path for folder in folders if (path := folder / f"{catchment}.csv").is_file()), None)


def _blocks(
    files: list[tuple[int, Path]], columns: int, steps: int, workers: int
) -> Iterator[list[tuple[int, Path]]]:
    fitting = max(1, PIECE_BYTES // (8 * columns * steps))
    fair = max(1, -(-len(files) // (4 * workers)))
    size = min(fitting, fair)
    for first in range(0, len(files), size):
        yield files[first : first + size]


def _require_once(pieces: Sequence[Piece], catchments: Sequence[str]) -> None:
    held = np.bincount(np.concatenate([piece.rows for piece in pieces]), minlength=len(catchments))
    if (held > 1).any():
        twice = [catchments[row] for row in np.flatnonzero(held > 1).tolist()]
        raise BackendError(
            f"the framework wrote {len(twice)} catchments twice ({name_some(twice)})",
            hint="what is there is of several runs: give each a folder of its own",
        )


def _require_times(rows: Rows, wanted: Index, path: Path) -> None:
    """Refuse rows that are of other times than the run's."""
    wrong = np.flatnonzero(rows.times != wanted)
    if wrong.size:
        at = int(wrong[0])
        found, due = (
            str(np.datetime64(int(times[at]), "s")).replace("T", " ") for times in (rows.times, wanted)
        )
        raise BackendError(
            f"{path}, line {rows.line + at}: the row is of {found}, wanted {due}",
            hint="the file is of another run, or steps are missing",
        )


class _Separate:
    """Some catchments with a file each."""

    def __init__(
        self,
        files: Sequence[tuple[int, Path]],
        columns: tuple[str, ...],
        group: int,
        axis: TimeAxis,
        catchments: Sequence[str],
    ) -> None:
        self.rows = np.array([row for row, _ in files], np.int64)
        self.group = group
        self.steps = axis.count
        self._axis = axis
        self._columns = len(columns)
        self._names = [catchments[row] for row, _ in files]
        self._files = [RowFile(path, LEADING, columns) for _, path in files]

    def read(self, first: int, count: int) -> Array:
        """See `Piece`."""
        out = np.empty((self._columns, len(self._files), count))
        times = self._axis.window(first, count).epoch_seconds()
        for place, file in enumerate(self._files):
            rows = file.read(count)
            _require_times(rows, times, file.path)
            out[:, place] = rows.values
        return out

    def finish(self) -> None:
        """See `Piece`."""
        for file in self._files:
            file.require_end()


def _open_together(
    path: Path, position: Mapping[bytes, int], groups: Sequence[Group], axis: TimeAxis
) -> _Together:
    """Open a file of many catchments: which they are is seen in its first step."""
    wrong: BackendError | None = None
    for columns in dict.fromkeys(group.columns for group in groups):
        try:
            file = RowFile(path, NAMED_LEADING, columns, named=True)
        except BackendError as error:
            wrong = wrong or error
            continue
        names = _first_step(path)
        unknown = [name.decode("utf-8", "replace") for name in names if name not in position]
        if unknown:
            raise BackendError(
                f"{path} holds catchments that are not of the run, or are in a file of their own, too "
                f"({name_some(unknown)})",
                hint="what is there is of another run: give each a folder of its own",
            )
        rows = np.array([position[name] for name in names], np.int64)
        number = next(
            i
            for i, group in enumerate(groups)
            if group.columns == columns and np.isin(rows, group.rows).all()
        )
        return _Together(file, rows, names, number, axis)
    assert wrong is not None
    raise wrong


def _first_step(path: Path) -> list[bytes]:
    names: list[bytes] = []
    with path.open("rb") as file:
        next(file, b"")
        for line in file:
            name, step = line.split(b",", 2)[:2] if line.count(b",") > 1 else (b"", b"")
            if step != b"0":
                break
            names.append(name)
    if not names:
        raise BackendError(f"{path}, line 2: there is no row of step 0", hint="see the framework's log")
    return names


@dataclass(slots=True)
class _Together:
    """Catchments with a file for all of them: a step's rows stand together, in any order."""

    file: RowFile
    rows: Index
    names: Sequence[bytes]
    group: int
    axis: TimeAxis
    steps: int = field(init=False)

    def __post_init__(self) -> None:
        # text is three times as long as numbers, and both are held
        self.steps = max(1, PIECE_BYTES // (32 * 16 * len(self.rows)))

    def read(self, first: int, count: int) -> Array:
        """See `Piece`."""
        members = len(self.rows)
        found = self.file.read(count * members)
        times = np.repeat(self.axis.window(first, count).epoch_seconds(), members)
        _require_times(found, times, self.file.path)
        order = np.argsort(np.array(self.names))
        known = np.array(self.names)[order]
        place = order[np.minimum(np.searchsorted(known, found.names), members - 1)]
        steps = np.arange(count * members) // members
        self._require_all(found, place, steps, count)
        out = np.empty((found.values.shape[0], members, count))
        out[:, place, steps] = found.values
        return out

    def _require_all(self, found: Rows, place: Index, steps: Index, count: int) -> None:
        members = len(self.rows)
        strange = np.flatnonzero(np.array(self.names)[place] != found.names)
        if strange.size:
            at = int(strange[0])
            name = bytes(found.names[at]).decode("utf-8", "replace")
            raise BackendError(
                f"{self.file.path}, line {found.line + at}: {name} was not there at the first step",
                hint="the file is of another run, or rows are missing",
            )
        times = np.bincount(steps * members + place, minlength=count * members)
        if (times != 1).any():
            step, member = divmod(int(np.flatnonzero(times != 1)[0]), members)
            name = self.names[member].decode("utf-8", "replace")
            line = found.line + step * members
            raise BackendError(
                f"{self.file.path}, from line {line} on: the step has {times[step * members + member]} rows "
                f"of {name}, wanted one",
                hint="the file is of another run, or rows are missing",
            )

    def finish(self) -> None:
        """See `Piece`."""
        self.file.require_end()
