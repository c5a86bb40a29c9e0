"""One CSV file of forcing as arrays: its columns, its times, its values."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    data, size = _load(path)
    header_end = int(np.argmax(data[: size + 1] == _NEWLINE))
    titles = [text.strip() for text in bytes(data[:header_end]).decode("utf-8-sig", "replace").split(",")]
    time_column = next((i for i, title in enumerate(titles) if title in TIME_TITLES), -1)
    if time_column < 0:
        raise InputError(
            f"{path}: there is no column named time in the header",
            hint="the first line names the columns: time,precip_rate,TMP_2maboveground,…",
        )
    columns = [parse_column(title, names) for title in titles]
    header = [column for i, column in enumerate(columns) if i != time_column]
    known = by_any_name(header)
    there = [name for name in wanted if not lenient or name in known]
    chosen = [columns.index(find_column(known, name, str(path))) for name in there]
    targets = np.full(len(titles), -1, np.int64)
    first: dict[int, int] = {}
    for k, i in enumerate(chosen):
        targets[i] = first.setdefault(i, k)
    start = byte or header_end + 1
    space = rows or int(np.count_nonzero(data[start:size] == _NEWLINE)) + 1
    times, values = np.empty(space, np.int64), np.empty((len(chosen), space))
    position = np.array([0, 0, start, 0], np.int64)
    _read(path, data, size, titles, targets, (times, values), position, time_column)
    count = int(position[ROW])
    for k, i in enumerate(chosen):
        if first[i] != k:
            values[k] = values[first[i]]
    read = tuple(columns[i] for i in chosen)
    end = int(position[AT])
    return CsvTable(str(path), tuple(header), read, times[:count], values[:, :count], end)


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
    path: Path,
    data: NDArray[np.uint8],
    size: int,
    titles: Sequence[str],
    targets: NDArray[np.int64],
    out: tuple[NDArray[np.int64], NDArray[np.float64]],
    position: NDArray[np.int64],
    time_column: int,
) -> None:
    """Run the compiled reader and help it over the fields that it leaves to Python."""
    times, values = out
    while (code := read_rows(data, size, targets, time_column, times, values, position)) != DONE:
        at, column = int(position[AT]), int(position[COLUMN])
        line = int(np.count_nonzero(data[:at] == _NEWLINE)) + 1
        if code == RAGGED:
            raise InputError(
                f"{path}, line {line}: the row does not have {len(titles)} fields as the header has",
                hint="complete the row; a missing value is an empty field between commas",
            )
        end = at
        while data[end] not in (_COMMA, _NEWLINE):
            end += 1
        text = bytes(data[at:end]).decode("utf-8", "replace").strip()
        where = f"{path}, line {line}, column {titles[column]}"
        if code == NUMBER:
            values[targets[column], position[ROW]] = _number(text, where)
        else:
            times[position[ROW]] = _seconds(parse_time(text, what=where))
        position[AT], position[PARSED] = end, 1


def _number(text: str, where: str) -> float:
    if text.lower() in MISSING_WORDS:
        return float("nan")
    try:
        return float(text)
    except ValueError as error:
        raise InputError(
            f"{where}: {text!r} is not a number", hint="a missing value is an empty field or nan"
        ) from error


def _seconds(time: datetime) -> int:
    return int((time - EPOCH).total_seconds())
