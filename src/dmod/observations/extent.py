"""How much of a period a series covers, and where it has gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from dmod.core.time_axis import EPOCH
from dmod.observations.series import DAY, Series

LONGEST_WAIT = 72 * 60
"""Instantaneous values further apart than this [s] leave a gap: the agency's ``data_gap_interval``."""
QUARTER = 900


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the period without a value; the end is not part of it."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Extent:
    """What a series covers of a period.

    Parameters
    ----------
    step : most frequent spacing of the values [s]
    coverage : share of the period that values stand for, 0 to 1
    gaps : the longest ones, longest first
    gap_count : how many there are
    """

    step: int
    coverage: float
    gaps: tuple[Gap, ...]
    gap_count: int


def extent(series: Series, start: datetime, end: datetime, *, shown: int = 3) -> Extent:
    """Find coverage and gaps of a series in order of time.

    A value stands for the time until the next one, but for its step alone before a gap.

    Parameters
    ----------
    start, end : UTC; the last value's interval starts at ``end`` (of daily values: on its date)
    shown : how many gaps are listed
    """
    seconds = series.times[np.isfinite(series.values)].astype("datetime64[s]").astype(np.int64)
    step = _step(seconds, daily=series.daily)
    low, high = _bounds(series, start, end, step)
    until = seconds + step
    if len(seconds) > 1:
        spacing = np.diff(seconds)
        until[:-1] = np.where(spacing <= _longest(step, series), seconds[1:], until[:-1])
    # between what one value stands for and the next value, and at both ends of the period
    begins = np.concatenate(([low], np.clip(until, low, high)))
    ends = np.concatenate((np.clip(seconds, low, high), [high]))
    lengths = np.maximum(ends - begins, 0)
    longest = [int(i) for i in np.argsort(-lengths, kind="stable")[:shown] if lengths[i]]
    return Extent(
        step=step,
        coverage=1.0 - float(lengths.sum()) / max(high - low, 1),
        gaps=tuple(Gap(_time(begins[i]), _time(ends[i])) for i in longest),
        gap_count=int(np.count_nonzero(lengths)),
    )


def _longest(step: int, series: Series) -> int:
    return step if series.daily else max(step, LONGEST_WAIT)


def _step(seconds: np.ndarray, *, daily: bool) -> int:
    if daily:
        return DAY
    if len(seconds) < 2:
        return QUARTER
    spacings, counts = np.unique(np.diff(seconds), return_counts=True)
    return int(spacings[np.argmax(counts)])


def _bounds(series: Series, start: datetime, end: datetime, step: int) -> tuple[int, int]:
    low, high = round((start - EPOCH).total_seconds()), round((end - EPOCH).total_seconds())
    if series.day_offset is not None:
        low, high = low // DAY * DAY - series.day_offset, high // DAY * DAY - series.day_offset
    return low, high + step


def _time(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=int(seconds))
