"""A gridded source made of one series a column, all on one grid."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta

import numpy as np

from dmod.core.time_axis import EPOCH, TimeAxis, format_time
from dmod.errors import CoverageError, InputError
from dmod.forcing.gridded.grid import Grid, GridWindow
from dmod.forcing.gridded.series import Places, Series
from dmod.forcing.gridded.source import Field, GridSource, GridVariable
from dmod.forcing.times import step_of, text_of


class JoinedSource(GridSource):
    """Series by column, on one grid.

    Parameters
    ----------
    first_column : where a grid's column 0 lies in the store, whose columns go round the globe; else 0
    described : what the store says of itself, for the identity
    missing_chunks : counters
    closers : called once, to release what is held open
    """

    def __init__(
        self,
        where: str,
        layout: str,
        grid: Grid,
        variables: Mapping[str, GridVariable],
        series: Mapping[str, Series],
        *,
        chunk: tuple[int, int, int],
        described: Iterable[bytes],
        first_column: int = 0,
        missing_chunks: Sequence[Callable[[], int]] = (),
        closers: Sequence[Callable[[], None]] = (),
    ) -> None:
        period = _common(series, where)
        identity = _identity(where, layout, grid, described)
        super().__init__(where, layout, grid, variables, period, chunk=chunk, identity=identity)
        self._series = dict(series)
        self._first_column = first_column
        self._missing, self._closers = tuple(missing_chunks), list(closers)

    @property
    def missing_chunks(self) -> int:
        """Number of times that a chunk was asked for that the store does not hold."""
        return sum(count() for count in self._missing)

    def read(self, column: str, window: GridWindow, times: TimeAxis) -> Field:
        """Return one variable as (time, row, column), C-contiguous, in its unit; NaN where missing."""
        series, places = self._place(column, times)
        self._check(window)
        parts = [series.values(places, part) for part in self._parts(window)]
        values = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)
        return np.ascontiguousarray(values)

    def bytes_to_read(self, columns: Sequence[str], window: GridWindow, times: TimeAxis) -> int:
        """Estimate the bytes that reading takes from the store, whole chunks and compression included."""
        total = 0
        for column in columns:
            series, places = self._place(column, times)
            total += sum(series.stored_bytes(places, part) for part in self._parts(window))
        return total

    def seams(self, column: str, times: TimeAxis) -> Places:
        """Return the steps of ``times``, after the first, with which a chunk of the store begins."""
        series, places = self._place(column, times)
        return series.seams(places)

    def require(self, times: TimeAxis) -> None:
        """Refuse times that any variable lacks.

        Raises
        ------
        CoverageError
            names the first that is missing, and what there is.
        """
        for column in self._series:
            self._place(column, times)

    def close(self) -> None:
        """Release what is held open."""
        while self._closers:
            self._closers.pop()()

    def _place(self, column: str, times: TimeAxis) -> tuple[Series, Places]:
        if column not in self._series:
            raise InputError(
                f"{self.where}: there is no {column}", hint=f"there is {', '.join(sorted(self._series))}"
            )
        series = self._series[column]
        if times.step != self.period.step and times.count > 1:
            raise InputError(
                f"{self.where}: the store has steps of {self.period.step} s, not of {times.step} s",
                hint="ask for the store's own step",
            )
        wanted = times.epoch_seconds()
        places = np.searchsorted(series.starts, wanted)
        found = series.starts[np.minimum(places, series.starts.size - 1)] == wanted
        if not found.all():
            raise self._uncovered(column, series, int(wanted[np.argmin(found)]), int((~found).sum()))
        return series, places

    def _uncovered(self, column: str, series: Series, first: int, number: int) -> CoverageError:
        name, stamp = self.variables[column].name, self.variables[column].stamp
        has = f"{text_of(series.starts[0])} to {text_of(series.starts[-1])}"
        inside = series.starts[0] < first < series.starts[-1]
        moved = " (each value holds for the step that ends at its stamp)" if stamp == "end" else ""
        return CoverageError(
            f"{self.where}: {name} ({column}) has no value for {number} of the steps, the first"
            f" is {text_of(first)}; the store covers {has}{moved}",
            hint="the store has a gap there" if inside else "choose a period within what the store covers",
        )

    def _check(self, window: GridWindow) -> None:
        past_row = window.row + window.rows > self.grid.rows
        past_column = window.column + window.columns > self.grid.columns
        if window.row < 0 or window.column < 0 or window.cells <= 0 or past_row or past_column:
            raise InputError(
                f"{self.where}: {window} does not lie within the grid of {self.grid.rows} rows and"
                f" {self.grid.columns} columns"
            )

    def _parts(self, window: GridWindow) -> list[GridWindow]:
        """Return the window as the store has it: in two where it crosses the store's first column."""
        if self._first_column == 0:
            return [window]
        first = (window.column + self._first_column) % self.grid.columns
        fitting = min(window.columns, self.grid.columns - first)
        parts = [GridWindow(window.row, window.rows, first, fitting)]
        if fitting < window.columns:
            parts.append(GridWindow(window.row, window.rows, 0, window.columns - fitting))
        return parts


def _common(series: Mapping[str, Series], where: str) -> TimeAxis:
    """Return the steps from the first to the last that every series has."""
    steps = {step_of(one.starts) for one in series.values() if one.starts.size > 1} or {3600}
    if len(steps) > 1:
        several = ", ".join(f"{step} s" for step in sorted(steps))
        raise InputError(
            f"{where}: the variables have different steps: {several}", hint="bring them to one step first"
        )
    first = max(int(one.starts[0]) for one in series.values())
    last = min(int(one.starts[-1]) for one in series.values())
    if last < first:
        raise CoverageError(f"{where}: there is no time at which every variable has a value")
    step = steps.pop()
    return TimeAxis(EPOCH + timedelta(seconds=first), step, (last - first) // step + 1)


def _identity(where: str, layout: str, grid: Grid, described: Iterable[bytes]) -> str:
    content = hashlib.blake2b(digest_size=16)
    for part in (where.encode(), layout.encode(), grid.key.encode(), *described):
        content.update(len(part).to_bytes(8, "little") + part)
    return content.hexdigest()


def span_text(period: TimeAxis) -> str:
    """Return first and last step of a period, for messages."""
    return f"{format_time(period.start)} to {format_time(period.end)}"
