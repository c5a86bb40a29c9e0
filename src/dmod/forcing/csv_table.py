"""One CSV file of forcing as arrays: its columns, its times, its values."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.core.number_parse import AT, COLUMN, DONE, NUMBER, PARSED, RAGGED, ROW, read_rows
from dmod.core.time_axis import EPOCH, parse_time
from dmod.errors import InputError
from dmod.forcing.column import Column, by_any_name, find_column, parse_column

TIME_TITLES = ("time", "Time")
MISSING_WORDS = frozenset({"", "nan", "-nan", "na", "n/a", "null", "none", "-", "--"})
SLACK = 32
NUMBER_HINT = "a missing value is an empty field or nan"
TIME_HINT = "write YYYY-MM-DD HH:MM:SS (UTC)"
_COMMA, _NEWLINE = 44, 10


@dataclass(frozen=True, slots=True)
class CsvTable:
    """Rows of a CSV file.

    Parameters
    ----------
    header : all columns of the file but the times
    columns : those that were read
    times : shape (row,), seconds since 1970, as the file has them
    values : shape (column, row), in the file's units, NaN where a field says so
    end : byte behind the last row that was read
    """

    where: str
    header: tuple[Column, ...]
    columns: tuple[Column, ...]
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    end: int


def read_table(
    path: Path,
    wanted: Sequence[str],
    names: Mapping[str, str],
    *,
    lenient: bool = False,
    rows: int = 0,
    byte: int = 0,
) -> CsvTable:
    """Read columns of a CSV file.

    Parameters
    ----------
    wanted : names that columns answer to
    names : the user's own column titles → standard names
    lenient : pass over wanted columns that the file does not have
    rows : stop after so many; 0 for all
    byte : where to begin, the header aside; 0 for the first row

    Raises
    ------
    InputError
        the file cannot be read, or a row or a field is not what it should be; names the line.
    """
    text = _open(path)
    columns = [parse_column(title, names) for title in text.titles]
    header = [column for i, column in enumerate(columns) if i != text.time_column]
    known = by_any_name(header)
    there = [name for name in wanted if not lenient or name in known]
    chosen = [columns.index(find_column(known, name, str(path))) for name in there]
    targets = np.full(len(columns), -1, np.int64)
    first: dict[int, int] = {}
    for k, i in enumerate(chosen):
        targets[i] = first.setdefault(i, k)
    start = byte or text.begin
    space = rows or int(np.count_nonzero(text.data[start : text.size] == _NEWLINE)) + 1
    times, values = np.empty(space, np.int64), np.empty((len(chosen), space))
    count, end = _read(text, start, targets, times, values)
    for k, i in enumerate(chosen):
        if first[i] != k:
            values[k] = values[first[i]]
    read = tuple(columns[i] for i in chosen)
    return CsvTable(str(path), tuple(header), read, times[:count], values[:, :count], end)


@dataclass(frozen=True, slots=True)
class _Text:
    """A file's bytes, its header understood.

    Parameters
    ----------
    data : `SLACK` bytes longer than the file, the first of them a line's end
    begin : byte of the first row
    """

    path: Path
    data: NDArray[np.uint8]
    size: int
    titles: tuple[str, ...]
    time_column: int
    begin: int

    def field(self, at: int) -> tuple[str, int]:
        """Return the field that begins at a byte, and where it ends."""
        end = at
        while self.data[end] not in (_COMMA, _NEWLINE):
            end += 1
        return bytes(self.data[at:end]).decode("utf-8", "replace").strip(), end

    def place(self, at: int, column: int = -1) -> str:
        """Return file, line and column, for messages."""
        line = int(np.count_nonzero(self.data[:at] == _NEWLINE)) + 1
        return f"{self.path}, line {line}" + (f", column {self.titles[column]}" if column >= 0 else "")


def _open(path: Path) -> _Text:
    data, size = _load(path)
    end = int(np.argmax(data[: size + 1] == _NEWLINE))
    header = bytes(data[:end]).decode("utf-8-sig", "replace")
    titles = tuple(text.strip() for text in header.split(","))
    time_column = next((i for i, title in enumerate(titles) if title in TIME_TITLES), -1)
    if time_column < 0:
        raise InputError(
            f"{path}: there is no column named time in the header",
            hint="the first line names the columns: time,precip_rate,TMP_2maboveground,…",
        )
    return _Text(path, data, size, titles, time_column, end + 1)


def _load(path: Path) -> tuple[NDArray[np.uint8], int]:
    """Return a file's bytes with some slack behind them that begins with a line's end."""
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            data = np.empty(size + SLACK, np.uint8)
            view = data.data
            got = 0
            while got < size and (more := file.readinto(view[got:size])):
                got += more
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    data[got:] = 0
    data[got] = _NEWLINE
    return data, got


def _read(
    text: _Text,
    start: int,
    targets: NDArray[np.int64],
    times: NDArray[np.int64],
    values: NDArray[np.float64],
) -> tuple[int, int]:
    """Run the compiled reader and help it over the fields that it leaves to Python.

    Returns
    -------
    rows, end : how many rows were read, and the byte behind the last
    """
    position = np.array([0, 0, start, 0], np.int64)
    while True:
        code = read_rows(text.data, text.size, targets, text.time_column, times, values, position)
        at, column, row = int(position[AT]), int(position[COLUMN]), int(position[ROW])
        if code == DONE:
            return row, at
        if code == RAGGED:
            raise InputError(
                f"{text.place(at)}: the row does not have {len(text.titles)} fields as the header has",
                hint="complete the row; a missing value is an empty field between commas",
            )
        field, end = text.field(at)
        try:
            if code == NUMBER:
                values[targets[column], row] = _number(field)
            else:
                times[row] = int((parse_time(field) - EPOCH).total_seconds())
        except ValueError as error:
            kind, hint = ("number", NUMBER_HINT) if code == NUMBER else ("time", TIME_HINT)
            raise InputError(f"{text.place(at, column)}: {field!r} is not a {kind}", hint=hint) from error
        position[AT], position[PARSED] = end, 1


def _number(text: str) -> float:
    return float("nan") if text.lower() in MISSING_WORDS else float(text)
