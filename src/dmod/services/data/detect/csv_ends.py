"""First and last lines of a text file, so that ten thousand files take a second."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from dmod.core.time_axis import EPOCH, parse_time
from dmod.errors import InputError
from dmod.services.data.detect.sight import unreadable

PIECE = 8192
LONGEST = 1 << 24
_LINES = 3


@dataclass(frozen=True, slots=True)
class Ends:
    """First and last lines of a text file.

    Parameters
    ----------
    head : whole lines from the start, one at least where the file has any
    tail : whole lines before the end, in order; those of the head again where the file is short
    """

    head: tuple[str, ...]
    tail: tuple[str, ...]


def read_ends(path: Path, piece: int = PIECE) -> Ends:
    """Read the first and last lines of a file, three of each at least where it has them.

    Raises
    ------
    InputError
        it cannot be read, or is no text.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(piece)
            while head.count(b"\n") < _LINES and len(head) < min(size, LONGEST):
                head += file.read(min(len(head), LONGEST - len(head)))
            if size <= len(head):
                return ends_of_text(head, path)
            begin = max(size - piece, 0)
            tail = _from(file, begin)
            while begin and tail.count(b"\n") <= _LINES and len(tail) < LONGEST:
                begin = max(size - 2 * len(tail), 0)
                tail = _from(file, begin)
    except OSError as error:
        raise unreadable(path, error) from error
    last = tail[tail.find(b"\n") + 1 :] if begin else tail
    return Ends(_lines(head[: head.rfind(b"\n") + 1], path), _lines(last, path))


def _from(file: IO[bytes], begin: int) -> bytes:
    file.seek(begin)
    return file.read()


def ends_of_text(data: bytes, where: Path) -> Ends:
    """Return the ends of text that is at hand."""
    lines = _lines(data, where)
    return Ends(lines, lines)


def _lines(data: bytes, path: Path) -> tuple[str, ...]:
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text", hint="save the file in UTF-8") from error
    return tuple(line for line in decoded.splitlines() if line.strip())


@dataclass(frozen=True, slots=True)
class Span:
    """Times of a file: seconds since 1970 of the first and the last, and what lies between two of them.

    Parameters
    ----------
    step : [s]; 0 where there is one time only
    last_step : [s], between the last two times
    """

    first: int
    last: int
    step: int
    last_step: int

    @property
    def is_even(self) -> bool:
        """Whether its ends could be those of an axis of equal steps."""
        return self.step == self.last_step and (not self.step or (self.last - self.first) % self.step == 0)


def span_of(first: Sequence[str], last: Sequence[str], where: str) -> Span:
    """Return the span of texts of times.

    Parameters
    ----------
    first, last : the first and the last times, two of each where the file has them

    Raises
    ------
    InputError
        one is not a time, or the last stands before the first.
    """
    begin = [seconds(stamp, where) for stamp in first[:2]]
    end = [seconds(stamp, where) for stamp in last[-2:]]
    step = begin[1] - begin[0] if len(begin) == 2 else 0
    last_step = end[1] - end[0] if len(end) == 2 else 0
    if end[-1] < begin[0] or step < 0 or last_step < 0 or (len(begin) == 2 and not step):
        raise InputError(f"{where}: its times do not rise", hint="put the rows in order of time, each once")
    return Span(begin[0], end[-1], step, last_step)


def stamps_of(ends: Ends, at: int, name: str, *, header: bool) -> tuple[list[str], list[str]]:
    """Return the first two and the last two times of a table.

    Parameters
    ----------
    at : which cell of a row the time is
    header : whether the first line names the columns

    Raises
    ------
    InputError
        there is no row, or one has another number of cells.
    """
    rows = ends.head[1:] if header else ends.head
    if not rows:
        raise InputError(f"{name} holds no row", hint="a header line and at least one row are needed")
    first, last = rows[:2], (rows if ends.tail == ends.head else ends.tail)[-2:]
    cells = ends.head[0].count(",")
    if last[-1].count(",") < cells:
        raise InputError(f"{name} is cut short in its last line", hint="copy or make the file again")
    if any(row.count(",") != cells for row in (*first, *last)):
        raise InputError(f"{name} has rows of unequal length", hint="correct the file")
    return [row.split(",")[at].strip() for row in first], [row.split(",")[at].strip() for row in last]


def seconds(stamp: str, where: str) -> int:
    """Return a time as seconds since 1970."""
    stamp = stamp.strip().strip('"')
    try:  # as nearly every file has it, without the cost of a zone
        time = datetime.fromisoformat(stamp)
    except ValueError:
        time = parse_time(stamp, what=where)
    if time.tzinfo is None:
        time = time.replace(tzinfo=EPOCH.tzinfo)
    return int((time - EPOCH).total_seconds())
