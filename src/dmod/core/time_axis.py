"""The time axis of a run: equal steps in UTC, stamped at their start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dmod.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STAMP = "%Y-%m-%d %H:%M:%S"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str, *, what: str = "time") -> datetime:
    """Read a UTC time as users write it: ``2015-12-01``, ``2015-12-01 06:00[:00]``, ISO 8601.

    A time without a zone is UTC; one with a zone is converted.

    Raises
    ------
    InputError
        the text is not a time; ``what`` names it.
    """
    try:
        time = datetime.fromisoformat(text.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"{what}: {text!r} is not a time", hint="write YYYY-MM-DD HH:MM:SS (UTC)") from error


def format_time(time: datetime) -> str:
    """Return ``YYYY-MM-DD HH:MM:SS`` in UTC."""
    return time.astimezone(UTC).strftime(STAMP)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """``count`` steps of ``step`` seconds; step *i* is stamped with its start, ``start + i * step``.

    Parameters
    ----------
    start : aware, UTC
    step : [s], above 0
    count : number of steps, 1 or more
    """

    start: datetime
    step: int
    count: int

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise InputError(f"start time {self.start} has no time zone", hint="give it in UTC")
        if self.step <= 0 or self.count <= 0:
            raise InputError(
                f"a time axis needs a positive step and at least one step, got {self.step} s × {self.count}"
            )

    @classmethod
    def between(cls, start: datetime, end: datetime, step: int) -> TimeAxis:
        """Return the axis from ``start`` to ``end``, both stamps included (the framework's rule).

        Raises
        ------
        InputError
            the end lies before the start, or the step is not positive.
        """
        if step <= 0:
            raise InputError(f"the time step must be positive, got {step} s")
        if end < start:
            raise InputError(
                f"the period ends ({format_time(end)}) before it starts ({format_time(start)})",
                hint="swap start_time and end_time",
            )
        return cls(start, step, int((end - start).total_seconds()) // step + 1)

    @property
    def end(self) -> datetime:
        """Stamp of the last step (the start of its interval)."""
        return self.time(self.count - 1)

    def time(self, index: int) -> datetime:
        """Return the stamp of step ``index``."""
        return self.start + timedelta(seconds=self.step * index)

    def epoch_seconds(self) -> NDArray[np.int64]:
        """Return the stamps as seconds since 1970-01-01 UTC, shape (count,)."""
        import numpy as np  # not above: commands that only read times start quickly

        first = int((self.start - EPOCH).total_seconds())
        return first + self.step * np.arange(self.count, dtype=np.int64)

    def stamps(self) -> NDArray[np.datetime64]:
        """Return the stamps as ``datetime64[ns]`` (UTC, as xarray holds times), shape (count,)."""
        return self.epoch_seconds().astype("datetime64[s]").astype("datetime64[ns]")

    def labels(self) -> list[str]:
        """Return the stamps as ``YYYY-MM-DD HH:MM:SS``."""
        import numpy as np

        texts = np.datetime_as_string(self.epoch_seconds().astype("datetime64[s]"), unit="s")
        return [text.replace("T", " ") for text in texts.tolist()]

    def index(self, time: datetime) -> int:
        """Return the step whose interval contains ``time``; may lie outside 0…count-1."""
        return int((time - self.start).total_seconds() // self.step)

    def covers(self, other: TimeAxis) -> bool:
        """Whether every interval of ``other`` lies inside this axis."""
        span = timedelta(seconds=self.step)
        return self.start <= other.start and other.end + timedelta(seconds=other.step) <= self.end + span

    def window(self, first: int, count: int) -> TimeAxis:
        """Return ``count`` steps from step ``first`` on."""
        return TimeAxis(self.time(first), self.step, count)

    def chunks(self, size: int) -> Iterator[TimeAxis]:
        """Yield consecutive windows of at most ``size`` steps."""
        for first in range(0, self.count, size):
            yield self.window(first, min(size, self.count - first))
