"""Fill missing forcing by a method that the user names; what was filled is recorded, never silent.

===================== ============================================================================
method                 a missing value becomes
===================== ============================================================================
``linear``             the line between the last value before and the first after the gap; at an end
                       of the period the nearest value
``previous``           the last value before the gap; at the start of the period the first after it
``nearest``            the nearest value in time, the earlier of two
``zero-precipitation`` 0 for precipitation; other variables stay missing
===================== ============================================================================

Methods can be combined, tried in the order given: ``zero-precipitation,linear``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis, format_time
from dmod.core.units import Conversion
from dmod.core.variables import PRECIPITATION, PRECIPITATION_DEPTH
from dmod.errors import CoverageError, InputError
from dmod.forcing.column import Column
from dmod.forcing.convert import refuse
from dmod.forcing.source import Array, ForcingSource, RawBlock

Series = NDArray[np.float64]
Missing = NDArray[np.bool_]
RAIN = frozenset({PRECIPITATION.name, PRECIPITATION_DEPTH.name})


@dataclass(frozen=True, slots=True)
class Filled:
    """One gap that was filled.

    Parameters
    ----------
    first, last : stamps of its first and last step, ``YYYY-MM-DD HH:MM:SS``
    """

    catchment: str
    variable: str
    first: str
    last: str
    count: int
    method: str


def fill_linear(series: Series, missing: Missing) -> None:
    """Put the line between the neighbours into each gap."""
    there = np.flatnonzero(~missing)
    holes = np.flatnonzero(missing)
    if there.size:
        series[holes] = np.interp(holes, there, series[there])


def fill_previous(series: Series, missing: Missing) -> None:
    """Repeat the last value before each gap."""
    there = np.flatnonzero(~missing)
    holes = np.flatnonzero(missing)
    if there.size:
        series[holes] = series[there[np.maximum(np.searchsorted(there, holes) - 1, 0)]]


def fill_nearest(series: Series, missing: Missing) -> None:
    """Take the nearest value in time."""
    there = np.flatnonzero(~missing)
    holes = np.flatnonzero(missing)
    if there.size:
        after = np.minimum(np.searchsorted(there, holes), there.size - 1)
        before = np.maximum(after - 1, 0)
        earlier = np.abs(holes - there[before]) <= np.abs(there[after] - holes)
        series[holes] = series[np.where(earlier, there[before], there[after])]


def fill_zero(series: Series, missing: Missing) -> None:
    """Put zero into each gap."""
    series[missing] = 0.0


METHODS: Mapping[str, tuple[Callable[[Series, Missing], None], bool]] = MappingProxyType(
    {
        "linear": (fill_linear, False),
        "previous": (fill_previous, False),
        "nearest": (fill_nearest, False),
        "zero-precipitation": (fill_zero, True),
    }
)


def parse_methods(text: str) -> tuple[str, ...]:
    """Read ``--fill``: method names separated by commas.

    Raises
    ------
    InputError
        a method is unknown.
    """
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in names if name not in METHODS]
    if unknown or not names:
        raise InputError(
            f"--fill: {', '.join(unknown) or 'no method'} is not known", hint=f"one of {', '.join(METHODS)}"
        )
    return names


class FilledSource(ForcingSource):
    """A source whose missing values are filled as they are read.

    Only gaps are filled: a period that the source as a whole does not cover stays an error. The
    values do not depend on how the period is cut into windows. ``record`` tells what was filled.
    """

    def __init__(self, source: ForcingSource, methods: Sequence[str]) -> None:
        super().__init__(source.where, source.catchments, source.columns, source.period)
        self.source = source
        self.methods = tuple(methods)
        self._filled: set[Filled] = set()
        self._lock = threading.Lock()

    @property
    def record(self) -> tuple[Filled, ...]:
        """Return what has been filled so far, by catchment, variable and time."""
        with self._lock:
            return tuple(sorted(self._filled, key=lambda gap: (gap.catchment, gap.variable, gap.first)))

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files that forcing is read from."""
        return self.source.files

    def scan(self, catchments: Sequence[str], columns: Sequence[str]) -> Iterator[RawBlock]:
        """Yield the values as the files have them, not filled."""
        yield from self.source.scan(catchments, columns)

    def close(self) -> None:
        """Release what the source holds open."""
        self.source.close()

    def _read(
        self,
        catchments: Sequence[str],
        columns: Sequence[Column],
        changes: Sequence[Conversion],
        window: TimeAxis,
        arrays: Sequence[Array],
        check: bool,
    ) -> None:
        self.source._read(catchments, columns, changes, window, arrays, False)
        for column, change, array in zip(columns, changes, arrays, strict=True):
            for row in np.flatnonzero(np.isnan(array).any(axis=1)).tolist():
                self._fill(catchments[row], column, change, window, array[row])
            if check:
                self._check(catchments, column, change, window, array)

    def _fill(
        self, catchment: str, column: Column, change: Conversion, window: TimeAxis, series: Series
    ) -> None:
        """Fill one series; a gap at an edge of the window is filled as part of the whole period."""
        if np.isnan(series[[0, -1]]).any():
            whole = np.empty((1, self.period.count))
            self.source._read([catchment], [column], [change], self.period, [whole], False)
            first = self.period.index(window.start)
            gaps = self._fill_gaps(catchment, column, whole[0], self.period)
            series[:] = whole[0, first : first + window.count]
            gaps = [gap for gap in gaps if gap.first <= format_time(window.end)]
            gaps = [gap for gap in gaps if gap.last >= format_time(window.start)]
        else:
            gaps = self._fill_gaps(catchment, column, series, window)
        with self._lock:
            self._filled.update(gaps)
        if np.isnan(series).any():
            step = int(np.argmax(np.isnan(series)))
            raise CoverageError(
                f"{self.where}: {column.name} of {catchment} is missing at "
                f"{format_time(window.time(step))} and --fill {','.join(self.methods)} cannot fill it",
                hint="there is no value to fill it from; add a method, or complete the forcing",
            )

    def _fill_gaps(self, catchment: str, column: Column, series: Series, axis: TimeAxis) -> list[Filled]:
        is_rain = column.variable is not None and column.variable.name in RAIN
        gaps = []
        for name in self.methods:
            method, only_rain = METHODS[name]
            missing = np.isnan(series)
            if not missing.any() or (only_rain and not is_rain):
                continue
            method(series, missing)
            for first, end in stretches(missing & ~np.isnan(series)):
                stamps = format_time(axis.time(first)), format_time(axis.time(end - 1))
                gaps.append(Filled(catchment, column.name, *stamps, end - first, name))
        return gaps

    def _check(
        self, catchments: Sequence[str], column: Column, change: Conversion, window: TimeAxis, array: Array
    ) -> None:
        lowest, highest = (change(limit) for limit in column.limits())
        if not ((array >= lowest) & (array <= highest)).all():
            raw = (array - change.offset) / change.scale
            refuse(raw, catchments, window, column, np.nan, self.where)


def stretches(mask: Missing) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
