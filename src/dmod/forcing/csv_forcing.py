"""Forcing in CSV: one file per catchment with a header, a column of times and one per variable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis, format_time
from dmod.core.units import Conversion
from dmod.errors import CoverageError, InputError
from dmod.forcing.column import Column, by_any_name
from dmod.forcing.convert import convert, refuse
from dmod.forcing.csv_table import CsvTable, read_table
from dmod.forcing.source import Array, ForcingSource, RawBlock
from dmod.forcing.times import axis_of, irregularity, matching_times

ID = "{{id}}"
# an identifier ends where its number does: cat-1 is not in cat-11.csv
_BEFORE, _BEHIND = r"(?<![A-Za-z0-9])", r"(?![0-9])"
_ANY_ID = rf"{_BEFORE}(?P<id>[A-Za-z]+-[0-9]+){_BEHIND}"
_ONE = np.zeros(1, np.int64)


@dataclass(frozen=True, slots=True)
class _Resume:
    """Where in a file the rows after the last window begin."""

    next_time: int
    byte: int


class CsvForcing(ForcingSource):
    """Forcing in one CSV file per catchment, opened as they are needed."""

    def __init__(
        self,
        where: str,
        files: Mapping[str, Path],
        columns: Mapping[str, Column],
        period: TimeAxis,
        names: Mapping[str, str],
    ) -> None:
        super().__init__(where, tuple(files), columns, period)
        self._files = dict(files)
        self._names = dict(names)
        self._resume: dict[str, _Resume] = {}

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files of all catchments, each once."""
        return tuple(dict.fromkeys(self._files.values()))

    def file_of(self, catchment: str) -> Path:
        """Return a catchment's file.

        Raises
        ------
        CoverageError
            it has none.
        """
        path = self._files.get(catchment)
        if path is None:
            raise CoverageError(
                f"{self.where}: there is no forcing file for {catchment}",
                hint="add the file, correct forcing.file_pattern, or leave the catchment out of the run",
            )
        return path

    def require_period(self, window: TimeAxis) -> None:
        """Leave it to each file: their periods may differ."""

    def _read(
        self,
        catchments: Sequence[str],
        columns: Sequence[Column],
        changes: Sequence[Conversion],
        window: TimeAxis,
        arrays: Sequence[Array],
        check: bool,
    ) -> None:
        for i, catchment in enumerate(catchments):
            table = self._table(catchment, [column.name for column in columns], window)
            spot = _place(table, catchment, window) if check else None
            for k, (column, change, array) in enumerate(zip(columns, changes, arrays, strict=True)):
                if spot is None:
                    _scatter(table, k, column, change, window, array[i])
                    continue
                raw = table.values[k : k + 1, spot : spot + window.count]
                if not convert(raw, array[i : i + 1], _ONE, table.columns[k], change):
                    refuse(raw, [catchment], window, table.columns[k], np.nan, table.where)

    def _table(self, catchment: str, names: Sequence[str], window: TimeAxis) -> CsvTable:
        """Read the rows of a window, from where the last window ended if this one follows it."""
        path = self.file_of(catchment)
        start = int(window.epoch_seconds()[0])
        resume = self._resume.get(catchment)
        follows = resume is not None and resume.next_time == start
        begins = follows or start == int(self.period.epoch_seconds()[0])
        byte = resume.byte if follows and resume else 0
        table = read_table(path, names, self._names, rows=window.count if begins else 0, byte=byte)
        if begins and not np.array_equal(table.times, window.epoch_seconds()):
            table = read_table(path, names, self._names)
        if table.end and table.times.size:
            self._resume[catchment] = _Resume(int(table.times[-1]) + window.step, table.end)
        return table

    def scan(self, catchments: Sequence[str], columns: Sequence[str]) -> Iterator[RawBlock]:
        """Yield every value of the given catchments and columns, file by file."""
        for catchment in catchments:
            table = read_table(self.file_of(catchment), columns, self._names, lenient=True)
            kinds = {column.name: column for column in table.columns}
            values = {column.name: table.values[k][None] for k, column in enumerate(table.columns)}
            yield RawBlock(table.where, (catchment,), table.times, kinds, values)


def _place(table: CsvTable, catchment: str, window: TimeAxis) -> int:
    """Return the row of the table at which the window begins.

    Raises
    ------
    CoverageError
        the file does not have every time of the window, once and in order.
    """
    required = window.epoch_seconds()
    first = int(np.searchsorted(table.times, required[0]))
    if np.array_equal(table.times[first : first + required.size], required):
        return first
    wrong = irregularity(table.times, window.step)
    if wrong is None:
        axis = axis_of(table.times, table.where)
        places, _ = matching_times(table.times, required)
        raise CoverageError(
            f"{table.where}: the forcing of {catchment} covers {format_time(axis.start)} to "
            f"{format_time(axis.end)}, required are {format_time(window.start)} to "
            f"{format_time(window.end)}: {required.size - places.size} steps missing",
            hint="shorten the run's period (--start, --end) or extend the forcing",
        )
    raise CoverageError(
        f"{table.where}: forcing of {catchment}: {wrong[1]}",
        hint="complete the file, or choose how to fill such gaps with --fill (linear, previous, …)",
    )


def _scatter(
    table: CsvTable, k: int, column: Column, change: Conversion, window: TimeAxis, out: NDArray[np.float64]
) -> None:
    """Put each value at its own time; the rest is NaN."""
    out[:] = np.nan
    here, there = matching_times(table.times, window.epoch_seconds())
    values = np.empty((1, there.size))
    convert(np.ascontiguousarray(table.values[k][None, there]), values, _ONE, table.columns[k], change)
    out[here] = values[0]


def open_csv(
    path: Path, file_pattern: str | None, catchments: Sequence[str], names: Mapping[str, str]
) -> CsvForcing:
    """Open a folder of CSV forcing, or the one file that all catchments share.

    Raises
    ------
    CoverageError
        no catchment has a file.
    InputError
        a header cannot be read.
    """
    files = find_files(path, file_pattern, catchments)
    wanted = [name for name in catchments if name in files]
    if not wanted:
        raise CoverageError(
            f"{path}: no file of the {len(catchments)} catchments is there"
            + (f" (pattern {file_pattern!r})" if file_pattern else ""),
            hint='forcing.file_pattern is a regular expression, as in "{{id}}.csv"',
        )
    table = read_table(files[wanted[0]], (), names)
    return CsvForcing(str(path), files, by_any_name(table.header), axis_of(table.times, table.where), names)


def find_files(path: Path, file_pattern: str | None, catchments: Sequence[str]) -> dict[str, Path]:
    """Return catchment → file: those of the run first, in order, then others that fit the pattern.

    The pattern is a regular expression that the whole file name must match, with ``{{id}}`` for the
    catchment. Without a pattern ``path`` is the file of every catchment.
    """
    if not file_pattern:
        if path.is_dir():
            raise InputError(
                f"{path} is a folder and there is no forcing.file_pattern",
                hint='add "file_pattern": "{{id}}.csv"',
            )
        return dict.fromkeys(catchments, path)
    if path.is_file():
        raise InputError(
            f"{path} is a file, but forcing.file_pattern {file_pattern!r} names files of a folder",
            hint="give the folder (--forcing), or leave out file_pattern if all catchments share the file",
        )
    present = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    plain = file_pattern.replace("\\.", ".").replace(".*", "")
    found = {
        identifier: plain.replace(ID, identifier)
        for identifier in catchments
        if plain.replace(ID, identifier) in present
    }
    left = sorted(present - set(found.values()))
    others = _match_ids(file_pattern, left)
    for identifier in catchments:
        if identifier not in found:
            name = others.get(identifier) or _search(file_pattern, identifier, left)
            if name is not None:
                found[identifier] = name
    ordered = {identifier: found[identifier] for identifier in catchments if identifier in found}
    surplus = {identifier: name for identifier, name in others.items() if identifier not in ordered}
    return {identifier: path / name for identifier, name in (ordered | surplus).items()}


def _match_ids(file_pattern: str, files: Sequence[str]) -> dict[str, str]:
    """Return identifier → file for files that fit the pattern with some identifier in it."""
    if ID not in file_pattern:
        return {}
    head, _, tail = file_pattern.partition(ID)
    pattern = _compile(f"{head}{_ANY_ID}{tail.replace(ID, '(?P=id)')}")
    matches = [(pattern.fullmatch(name), name) for name in files]
    return {match["id"]: name for match, name in reversed(matches) if match}


def _search(file_pattern: str, identifier: str, files: Sequence[str]) -> str | None:
    pattern = _compile(file_pattern.replace(ID, f"{_BEFORE}{re.escape(identifier)}{_BEHIND}"))
    return next((name for name in files if pattern.fullmatch(name)), None)


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InputError(
            f"forcing.file_pattern is not a regular expression: {error}", hint='write it as in "{{id}}.csv"'
        ) from error
