"""Gridded forcing without a store: values from a function, reads that are counted, failures on demand."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from dmod.core.time_axis import TimeAxis, format_time
from dmod.core.variables import BY_COLUMN
from dmod.errors import CoverageError
from dmod.forcing.gridded.grid import Floats, Grid, GridWindow
from dmod.forcing.gridded.source import Field, GridSource, GridVariable

COLUMNS = (
    "precip_rate",
    "TMP_2maboveground",
    "SPFH_2maboveground",
    "PRES_surface",
    "DLWRF_surface",
    "DSWRF_surface",
    "UGRD_10maboveground",
    "VGRD_10maboveground",
)
FieldFunction = Callable[[str, Floats, Floats, Floats], Floats]
Read = tuple[str, GridWindow, TimeAxis]

LEVEL = {
    "precip_rate": (1e-4, 5e-5),
    "TMP_2maboveground": (285.0, 10.0),
    "SPFH_2maboveground": (7e-3, 2e-3),
    "PRES_surface": (85_000.0, 5_000.0),
    "DLWRF_surface": (300.0, 40.0),
    "DSWRF_surface": (400.0, 300.0),
    "UGRD_10maboveground": (1.0, 4.0),
    "VGRD_10maboveground": (-1.0, 4.0),
}
"""Middle and amplitude of each variable in its unit."""


def smooth_weather(column: str, x: Floats, y: Floats, seconds: Floats) -> Floats:
    """Return values that vary in space and time, inside their physical range."""
    middle, amplitude = LEVEL[column]
    wave = np.sin(x / 7_000.0 + seconds / 20_000.0) * np.cos(y / 9_000.0 - seconds / 50_000.0)
    return np.asarray(middle + amplitude * wave, np.float64)


class MemoryGridSource(GridSource):
    """A `GridSource` whose values come from a function of place and time.

    Parameters
    ----------
    field : (column, x, y, seconds since 1970) → values; the three broadcast to (time, row, column)
    fails : asked before each read; what it returns is raised
    delay : [s] that each read takes
    wind : whether the components of the wind lie along the grid's axes

    Attributes
    ----------
    reads : every read that was answered, in order
    """

    def __init__(
        self,
        grid: Grid,
        period: TimeAxis,
        field: FieldFunction = smooth_weather,
        *,
        columns: Iterable[str] = COLUMNS,
        chunk: tuple[int, int, int] = (24, 8, 8),
        fails: Callable[[Read], Exception | None] = lambda _: None,
        delay: float = 0.0,
        wind: bool = False,
        where: str = "memory",
        layout: str = "cf",
    ) -> None:
        key = "|".join((where, grid.key, str(period), str(chunk)))
        super().__init__(
            where,
            layout,
            grid,
            {column: _variable(column, wind) for column in columns},
            period,
            chunk=chunk,
            identity=hashlib.blake2b(key.encode(), digest_size=16).hexdigest(),
        )
        self.field, self.fails, self.delay = field, fails, delay
        self.reads: list[Read] = []
        self.closed = False
        self._lock = threading.Lock()

    def read(self, column: str, window: GridWindow, times: TimeAxis) -> Field:
        """Return the function's values as float32."""
        if not self.period.covers(times):
            raise CoverageError(f"{self.where} has nothing at {format_time(times.start)}")
        time.sleep(self.delay)
        with self._lock:
            failure = self.fails((column, window, times))
            if failure is not None:
                raise failure
            self.reads.append((column, window, times))
        part = self.grid.cut(window)
        seconds = times.epoch_seconds().astype(np.float64)
        values = self.field(column, part.x[None, None, :], part.y[None, :, None], seconds[:, None, None])
        shape = (times.count, window.rows, window.columns)
        return np.ascontiguousarray(np.broadcast_to(values, shape), dtype=np.float32)

    def bytes_to_read(self, columns: Sequence[str], window: GridWindow, times: TimeAxis) -> int:
        """Return the bytes of the values as float32."""
        return 4 * len(columns) * window.cells * times.count

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


def fail_from(count: int, error: Exception) -> Callable[[Read], Exception | None]:
    """Return what makes every read fail once ``count`` were answered."""
    answered = 0

    def fails(_: Read) -> Exception | None:
        nonlocal answered
        answered += 1
        return error if answered > count else None

    return fails


def _variable(column: str, wind: bool) -> GridVariable:
    known = BY_COLUMN[column]
    axis = {"UGRD_10maboveground": "x", "VGRD_10maboveground": "y"}.get(column, "") if wind else ""
    return GridVariable(
        column, column, known.unit, known.long_name, "start", "x" if axis == "x" else "y" if axis else ""
    )
