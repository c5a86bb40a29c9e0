"""The times a forcing file has: their step, and what is wrong with them."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import EPOCH, TimeAxis, format_time
from dmod.errors import InputError

Times = NDArray[np.int64]


def text_of(seconds: int) -> str:
    """Return a time as ``YYYY-MM-DD HH:MM:SS``."""
    return format_time(EPOCH + timedelta(seconds=int(seconds)))


def step_of(times: Times) -> int:
    """Return the most frequent difference of neighbouring times, 3600 s where there is none."""
    rising = np.diff(np.unique(times))
    if not rising.size:
        return 3600
    steps, counts = np.unique(rising, return_counts=True)
    return int(steps[np.argmax(counts)])


def axis_of(times: Times, where: str) -> TimeAxis:
    """Return the axis from the first to the last time; gaps in between are no concern here.

    Raises
    ------
    InputError
        there are no times.
    """
    if not times.size:
        raise InputError(f"{where}: there are no times", hint="the file holds no values")
    step = step_of(times)
    first, last = int(times.min()), int(times.max())
    return TimeAxis(EPOCH + timedelta(seconds=first), step, (last - first) // step + 1)


def irregularity(times: Times, step: int) -> tuple[str, str] | None:
    """Return a code and a sentence about the worst that is wrong with consecutive times, or None."""
    steps = np.diff(times)
    if (steps == step).all():
        return None
    if (steps < 0).any():
        at = int(np.argmax(steps < 0))
        return "unordered-time", f"the time {text_of(times[at + 1])} stands after {text_of(times[at])}"
    if (steps == 0).any():
        return "duplicate-time", f"the time {text_of(times[int(np.argmax(steps == 0))])} stands there twice"
    at = int(np.argmax(steps != step))
    if (steps % step != 0).any():
        at = int(np.argmax(steps % step != 0))
        here, following = text_of(times[at]), text_of(times[at + 1])
        return "uneven-step", f"the times {here} and {following} are not a multiple of {step} s apart"
    missing = int((steps // step - 1).sum())
    return "time-gap", f"{missing} times are missing, the first is {text_of(times[at] + step)}"


def matching_times(times: Times, required: Times) -> tuple[Times, Times]:
    """Return the places in ``required`` that are among ``times``, and where there (the first of two)."""
    order = np.argsort(times, kind="stable")
    at = np.searchsorted(times[order], required)
    found = np.flatnonzero((at < times.size) & (times[order][np.minimum(at, times.size - 1)] == required))
    return found, order[at[found]]
