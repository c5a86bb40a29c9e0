"""Text tables of t-route: a row for each feature and moment, in any order.

    ,,current_time,flow,velocity,depth,nudge
    6680,wb,2010-10-01 01:00:00,0.25,0.5,0.1,-9999.0

Earlier releases have the columns ``t0`` and ``time``, the time that has passed since, in the place of
``current_time``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import EPOCH, parse_time
from dmod.engine.ngen.routed_netcdf import FILL, LOOK, USUAL_KIND, reading
from dmod.errors import BackendError, InputError

VARIABLES = ("flow", "velocity", "depth")
NOW, SINCE, PASSED = "current_time", "t0", "time"
_PASSED = re.compile(r"(?:(\d+) days?,? ?)?(?:(\d+):(\d+):(\d+)(?:\.0+)?)?")
_SHORT_HOUR = re.compile(r"[ T](\d):")
Index = NDArray[np.int64]


class RoutedTable:
    """All that tables hold, in memory: they are text in any order, and read once.

    Parameters
    ----------
    paths : one table, or pieces in time
    names : features that are wanted, ``wb-7``
    stamps : moments that are wanted, seconds since 1970
    """

    def __init__(self, paths: Sequence[Path], names: Sequence[str], stamps: Index) -> None:
        shape = (len(VARIABLES), len(names), len(stamps))
        self.values = np.full(shape, np.nan, dtype=np.float32)
        """Shape (variable, feature, time), NaN where there is no number."""
        self.found: NDArray[np.bool_] = np.zeros(len(names), dtype=bool)
        """Which of the features the tables have."""
        self._rows = {name: row for row, name in enumerate(names)}
        self._steps = {stamp: step for step, stamp in enumerate(stamps.tolist())}
        for path in paths:
            with reading(path), path.open(encoding="utf-8", newline="") as file:
                self._take(path, csv.reader(file))

    def _take(self, path: Path, rows: Iterator[list[str]]) -> None:
        head: list[str] = next(rows, [])
        columns = [_column(path, head, name) for name in VARIABLES]
        moment = _moment(path, head)
        for line, row in enumerate(rows, 2):
            try:
                step = self._steps.get(moment(row))
                place = self._rows.get(f"{row[1] or USUAL_KIND}-{row[0]}")
                if step is None or place is None:
                    continue
                numbers = [float(row[column] or "nan") for column in columns]
            except (ValueError, IndexError, InputError) as error:
                raise BackendError(
                    f"{path}, line {line}: {','.join(row)[:100]!r} is no row of routed flow",
                    hint="the framework did not end well, or the disk was full: look at its log",
                ) from error
            self.found[place] = True
            self.values[:, place, step] = [np.nan if number == FILL else number for number in numbers]


def _column(path: Path, head: Sequence[str], name: str) -> int:
    if name not in head:
        raise BackendError(f"{path} has no column {name}, but {', '.join(filter(None, head))}", hint=LOOK)
    return head.index(name)


def _moment(path: Path, head: Sequence[str]) -> Callable[[Sequence[str]], int]:
    """Return what reads the moment of a row; few moments stand in many rows, and each is read once."""
    if NOW in head:
        columns: tuple[int, ...] = (head.index(NOW),)
    else:
        columns = (_column(path, head, SINCE), _column(path, head, PASSED))
    known: dict[tuple[str, ...], int] = {}

    def read(row: Sequence[str]) -> int:
        texts = tuple(row[column] for column in columns)
        if texts not in known:
            known[texts] = _seconds(texts[0]) + sum(map(_passed, texts[1:]))
        return known[texts]

    return read


def _seconds(text: str) -> int:
    """Return a time as seconds since 1970; hours may have one digit."""
    time: datetime = parse_time(_SHORT_HOUR.sub(r" 0\1:", text))
    return int((time - EPOCH).total_seconds())


def _passed(text: str) -> int:
    match = _PASSED.fullmatch(text.strip())
    if match is None or not match[0]:
        raise ValueError(f"{text!r} is no length of time")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds
