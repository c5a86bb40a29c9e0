"""First and last lines of a text file, so that ten thousand files take a second."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dmod.core.time_axis import EPOCH, parse_time
from dmod.errors import InputError
from dmod.services.data.detect.sight import unreadable

PIECE = 8192
LONGEST_LINE = 1 << 20


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
    """Read the first and last lines of a file.

    Raises
    ------
    InputError
        it cannot be read, or is no text.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(piece)
            while b"\n" not in head and len(head) < min(size, LONGEST_LINE):
                head += file.read(LONGEST_LINE - len(head))
            tail = head
            if size > len(head):
                file.seek(max(len(head) - piece, size - piece, 0))
                tail = file.read()
    except OSError as error:
        raise unreadable(path, error) from error
    whole = size <= len(head)
    return Ends(
        _lines(head if whole else head[: head.rfind(b"\n") + 1], path),
        _lines(head if whole else tail[tail.find(b"\n") + 1 :], path),
    )


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
