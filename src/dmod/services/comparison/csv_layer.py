"""Series of a run from the framework's CSV: a file per catchment, a file per nexus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.core.number_parse import DONE, read_rows
from dmod.errors import InputError
from dmod.forcing.column import Column, parse_column
from dmod.forcing.csv_table import TIME_TITLES, read_table
from dmod.output.layout import NEXUS_FLOW
from dmod.services.comparison.csv_files import catchment_files, nexus_files
from dmod.services.comparison.layer import Floats, Layer, Rows, stamps_of

STEP_TITLE = "Time Step"
SLACK = 32
UNFINISHED = "the run that wrote it did not end, or the copy is not whole: run or copy it again"


class CatchmentCsvLayer(Layer):
    """``cat-N.csv``: every variable of a catchment in one file, which is read as a whole."""

    def __init__(self, folder: Path) -> None:
        self._files = list(catchment_files(folder).values())
        self._columns = [_columns(path) for path in self._files]
        units: dict[str, str] = {}
        for columns in self._columns:
            for column in columns:
                units.setdefault(column.name, column.stated_unit)
        self._times = read_table(self._files[0], (), {}).times
        stamps = stamps_of(self._times, str(self._files[0]))
        super().__init__(
            str(folder), [path.stem for path in self._files], stamps, units, dict.fromkeys(units, "text")
        )

    def _read(self, names: Sequence[str], rows: Rows, first: int, count: int) -> dict[str, Floats]:
        result = {name: np.full((len(rows), count), np.nan) for name in names}
        for at, row in enumerate(rows.tolist()):
            there = {column.name for column in self._columns[row]}
            wanted = [name for name in names if name in there]
            table = read_table(self._files[row], wanted, {})
            _require_times(self._files[row], table.times, self._files[0], self._times)
            for name, values in zip(wanted, table.values, strict=True):
                result[name][at] = values[first : first + count]
        return result

    def close(self) -> None:
        """Nothing stays open."""


class NexusCsvLayer(Layer):
    """``nex-N_output.csv``: step, time and flow, without a header."""

    def __init__(self, folder: Path) -> None:
        files = nexus_files(folder)
        self._files = list(files.values())
        self._times, _ = _read_flow(self._files[0])
        stamps = stamps_of(self._times, str(self._files[0]))
        super().__init__(str(folder), list(files), stamps, {NEXUS_FLOW: "m3 s-1"}, {NEXUS_FLOW: "text"})

    def _read(self, names: Sequence[str], rows: Rows, first: int, count: int) -> dict[str, Floats]:
        values = np.empty((len(rows), count))
        for at, row in enumerate(rows.tolist()):
            times, flow = _read_flow(self._files[row])
            _require_times(self._files[row], times, self._files[0], self._times)
            values[at] = flow[first : first + count]
        return dict.fromkeys(names, values)

    def close(self) -> None:
        """Nothing stays open."""


def _columns(path: Path) -> list[Column]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            titles = file.readline().strip().split(",")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    own = {*TIME_TITLES, STEP_TITLE}
    return [parse_column(title) for title in titles if title.strip() and title.strip() not in own]


def _read_flow(path: Path) -> tuple[NDArray[np.int64], Floats]:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    data = np.full(len(text) + SLACK, ord("\n"), np.uint8)
    data[: len(text)] = np.frombuffer(text, np.uint8)
    space = text.count(b"\n") + 1
    times, values = np.empty(space, np.int64), np.empty((1, space))
    position = np.zeros(4, np.int64)
    targets = np.array([-1, -1, 0])
    if read_rows(data, len(text), targets, 1, times, values, position) != DONE:
        raise InputError(
            f"{path}, line {int(position[0]) + 1}: this is not a step, its time and its flow", hint=UNFINISHED
        )
    rows = int(position[0])
    return times[:rows], values[0, :rows]


def _require_times(path: Path, times: NDArray[np.int64], first: Path, expected: NDArray[np.int64]) -> None:
    if len(times) != len(expected):
        raise InputError(
            f"{path} holds {len(times)} steps where {first.name} holds {len(expected)}", hint=UNFINISHED
        )
    if not np.array_equal(times, expected):
        raise InputError(f"{path} has other times than {first.name}", hint=UNFINISHED)
