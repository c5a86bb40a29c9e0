"""One CSV file of the framework, read from its top to its end, some rows at a time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.core.number_parse import AT, COLUMN, DONE, NUMBER, PARSED, RAGGED, ROW, read_rows
from dmod.errors import BackendError

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

SLACK = 32
PIECE = 1 << 20
TRUNCATED = "the framework did not end well, or the disk was full: look at its log, and run it again"
_COMMA, _NEWLINE = 44, 10
_WORDS = {"nan": np.nan, "-nan": np.nan, "inf": np.inf, "-inf": -np.inf}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that were read.

    Parameters
    ----------
    times : shape (row,), seconds since 1970
    values : shape (column, row)
    names : shape (row,), what the first column says; empty where it is not asked for
    line : of the first of them in the file
    """

    times: NDArray[np.int64]
    values: Array
    names: NDArray[np.bytes_]
    line: int


class RowFile:
    """A table with a heading, a column of times, and numbers.

    Parameters
    ----------
    leading : headings before those of the numbers; the last of them is that of the times
    columns : headings of the numbers; those of the file have to be the same
    named : whether rows begin with a name

    Raises
    ------
    BackendError
        the file is not there, or has another heading.
    """

    def __init__(
        self, path: Path, leading: Sequence[str], columns: Sequence[str], *, named: bool = False
    ) -> None:
        self.path = path
        self._titles = (*leading, *columns)
        self._time_column = len(leading) - 1
        self._named = named
        self._targets = np.full(len(self._titles), -1, np.int64)
        self._targets[len(leading) :] = np.arange(len(columns))
        self._line = 2
        heading = self._heading(path)
        self._at = len(heading)
        found = tuple(heading.decode("utf-8", "replace").rstrip("\r\n").split(","))
        if found != self._titles:
            raise BackendError(
                f"{path}, line 1: the columns are {_named(found)}, wanted {_named(self._titles)}",
                hint="the file is of another run, or of a release of the framework that is not known here",
            )

    @staticmethod
    def _heading(path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                return file.readline()
        except OSError as error:
            raise BackendError(
                f"{path} cannot be read: {error.strerror}", hint="the framework should have written it"
            ) from error

    def read(self, rows: int) -> Rows:
        """Read the next rows.

        Raises
        ------
        BackendError
            there are fewer, or one is not as the others; file and line are named.
        """
        data, size = self._load(rows)
        times, values = np.empty(rows, np.int64), np.empty((len(self._titles) - self._time_column - 1, rows))
        count, end = self._parse(data, size, times, values)
        if count < rows:
            raise BackendError(
                f"{self.path} ends after line {self._line + count - 1}, {rows - count} rows are missing",
                hint=TRUNCATED,
            )
        names = _first_fields(data, end, rows) if self._named else np.empty(0, "S1")
        found = Rows(times, values, names, self._line)
        self._at += end
        self._line += rows
        return found

    def require_end(self) -> None:
        """Make sure that nothing is left.

        Raises
        ------
        BackendError
            there are more rows than were read.
        """
        with self.path.open("rb") as file:
            file.seek(self._at)
            if file.read(PIECE).strip():
                raise BackendError(
                    f"{self.path}, line {self._line}: there are more rows than the run has steps",
                    hint="the file is of another run: give the run a folder of its own",
                )

    def _load(self, rows: int) -> tuple[Bytes, int]:
        """Return the bytes of at least so many rows, as far as they are there, and how many they are."""
        content = bytearray()
        newlines = 0
        with self.path.open("rb", buffering=0) as file:
            left = os.fstat(file.fileno()).st_size - self._at
            file.seek(self._at)
            while newlines < rows and left > 0:
                # the first piece tells how long rows are
                wanted = (
                    PIECE if not newlines else int(len(content) / newlines * (rows - newlines) * 1.02) + PIECE
                )
                piece = file.read(min(left, wanted))
                if not piece:
                    break
                left -= len(piece)
                newlines += piece.count(b"\n")
                content += piece
        size = len(content)
        content += b"\n" + bytes(SLACK)
        return np.frombuffer(content, np.uint8), size

    def _parse(self, data: Bytes, size: int, times: NDArray[np.int64], values: Array) -> tuple[int, int]:
        """Fill times and values; return how many rows there were, and the byte behind the last."""
        position = np.zeros(4, np.int64)
        while True:
            code = read_rows(data, size, self._targets, self._time_column, times, values, position)
            at, column, row = int(position[AT]), int(position[COLUMN]), int(position[ROW])
            if code == DONE:
                break
            if code == RAGGED:
                raise BackendError(
                    f"{self.path}, line {self._line + row}: the row does not have {len(self._titles)} "
                    "fields as the heading has",
                    hint=TRUNCATED,
                )
            field, end = _field(data, at)
            number = _number(field) if code == NUMBER else None
            if number is None:
                kind = "number" if code == NUMBER else "time"
                place = f"{self.path}, line {self._line + row}, column {self._titles[column]}"
                raise BackendError(
                    f"{place}: {field!r} is not a {kind}",
                    hint=TRUNCATED,
                )
            values[self._targets[column], row] = number
            position[AT], position[PARSED] = end, 1
        if at > size:  # the line's end that was put behind the file was taken for its own
            raise BackendError(
                f"{self.path}, line {self._line + row - 1}: the last line is not complete", hint=TRUNCATED
            )
        return row, at


def _field(data: Bytes, at: int) -> tuple[str, int]:
    end = at
    while data[end] not in (_COMMA, _NEWLINE):
        end += 1
    return bytes(data[at:end]).decode("utf-8", "replace").strip(), end


def _number(text: str) -> float | None:
    known = _WORDS.get(text.lower())
    if known is not None:
        return known
    try:
        return float(text)
    except ValueError:
        return None


def _first_fields(data: Bytes, end: int, rows: int) -> NDArray[np.bytes_]:
    """Return what stands before the first comma of each row."""
    starts = np.concatenate([[0], np.flatnonzero(data[:end] == _NEWLINE)[: rows - 1] + 1])
    commas = np.flatnonzero(data[:end] == _COMMA)
    lengths = commas[np.searchsorted(commas, starts)] - starts
    longest = int(lengths.max())
    places = np.arange(longest)
    letters = data[starts[:, None] + places]  # SLACK is behind the data
    letters[places >= lengths[:, None]] = 0
    return np.ascontiguousarray(letters).view(f"S{longest}")[:, 0]


def _named(titles: Sequence[str]) -> str:
    text = ",".join(titles)
    return text if len(text) <= 200 else f"{text[:200]}…"
