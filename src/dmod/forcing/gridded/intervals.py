"""From the times of a store to the intervals that its values hold for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.forcing.gridded.reading_options import ReadingOptions
from dmod.forcing.gridded.series import NONE_BEFORE
from dmod.forcing.times import irregularity, step_of, text_of

Seconds = NDArray[np.int64]
Stamp = Literal["start", "end", "instant"]
DAY = 86400


@dataclass(frozen=True, slots=True)
class Intervals:
    """Which interval each stored value holds for.

    Parameters
    ----------
    starts : of every stored time
    stamp : what the store's times stand for
    step : length of an interval [s]
    before : place of the accumulated amount to subtract, or None if nothing accumulates
    keep : places that can be used, or None for all
    """

    starts: Seconds
    stamp: Stamp
    step: int
    before: NDArray[np.int64] | None = None
    keep: NDArray[np.int64] | None = None


def check_rising(times: Seconds, where: str) -> None:
    """Refuse times that do not rise.

    Raises
    ------
    InputError
        names the first that does not.
    """
    steps = np.diff(times)
    if (steps > 0).all():
        return
    wrong = irregularity(times, step_of(times))
    raise InputError(
        f"{where}: {wrong[1] if wrong else 'the times do not rise'}",
        hint="sort the store, or remove what is double",
    )


def intervals(
    times: Seconds,
    bounds: NDArray[np.int64] | None,
    *,
    amount: bool,
    mean: bool,
    methods: str,
    options: ReadingOptions,
    where: str,
) -> Intervals:
    """Return the interval of every value.

    Parameters
    ----------
    bounds : (time, 2) start and end of every interval, if the store has them
    amount : whether values are amounts, not rates or states
    mean : whether it is known that values are means over an interval
    methods : the attribute ``cell_methods``

    Raises
    ------
    InputError
        values are amounts, and over which time they add up is not known.
    """
    check_rising(times, where)
    step = step_of(times)
    said = re.search(r"\btime\d?:\s*(\w+)", methods)
    method = said[1].lower() if said else ""
    if method == "point" or not (amount or mean or method or bounds is not None):
        return Intervals(times, "instant", step)
    if amount:
        return _amounts(times, bounds, step, method, options, where)
    if bounds is not None and not options.stamp:
        return _bounded(times, bounds, step)
    return _stamped(times, step, options.stamp or "end")


def _stamped(times: Seconds, step: int, stamp: str) -> Intervals:
    if stamp == "start":
        return Intervals(times, "start", step)
    return Intervals(times - step, "end", step)


def _bounded(times: Seconds, bounds: NDArray[np.int64], step: int) -> Intervals:
    """Return the intervals that the store states; a value's place is where its interval starts."""
    if (bounds[:, 0] == bounds[:, 1]).all():
        return Intervals(times, "instant", step)
    at_end = bool((times == bounds[:, 1]).all())
    return Intervals(bounds[:, 0].copy(), "end" if at_end else "start", step)


def _amounts(
    times: Seconds,
    bounds: NDArray[np.int64] | None,
    step: int,
    method: str,
    options: ReadingOptions,
    where: str,
) -> Intervals:
    if options.accumulation == "day":
        return _since(times, step, (times - step) % DAY == 0)
    if options.accumulation == "start":
        return _since(times, step, np.zeros(times.size, bool))
    if options.accumulation == "step" or (method == "sum" and bounds is None):
        if bounds is not None and not options.stamp:
            return _bounded(times, bounds, step)
        return _stamped(times, step, options.stamp or "end")
    if bounds is not None:
        return _by_bounds(times, bounds, step, where)
    raise InputError(
        f"{where} is an amount, and the store does not say over which time it adds up",
        hint="give the option accumulation=step (each time has its own amount), day (since 00 UTC, as in"
        " ERA5-Land) or start (since the first time of a forecast)",
    )


def _by_bounds(times: Seconds, bounds: NDArray[np.int64], step: int, where: str) -> Intervals:
    """Return intervals of amounts: each over a step of its own, or growing from one common start."""
    widths = bounds[:, 1] - bounds[:, 0]
    if (widths == step).all():
        return _bounded(times, bounds, step)
    fresh = np.concatenate([[True], bounds[1:, 0] != bounds[:-1, 0]])
    if (widths[fresh] != step).any():
        place = int(np.flatnonzero(fresh & (widths != step))[0])
        raise InputError(
            f"{where}: the amount at {text_of(times[place])} adds up over {widths[place]} s, the one before"
            f" it is missing (the times are {step} s apart)",
            hint="start the store where it starts to add up",
        )
    return _since(bounds[:, 1], step, fresh)


def _since(ends: Seconds, step: int, fresh: NDArray[np.bool_]) -> Intervals:
    """Return intervals of amounts that add up until a time at which a new sum begins (``fresh``)."""
    places = np.arange(ends.size)
    before = np.where(fresh, NONE_BEFORE, places - 1)
    follows = np.concatenate([[False], np.diff(ends) == step])
    return Intervals(ends - step, "end", step, before, np.flatnonzero(fresh | follows))
