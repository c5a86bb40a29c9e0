"""Bring simulated and observed flow onto the same intervals.

A value stamped *t* holds for [t, t + step): the simulation's values are means over their steps. Observations
are read the same way. A reading of the moment (a gauge's 15-minute value) is so taken to hold until the next
one; averaged over the simulation's step that is the mean of the readings within it. An hourly reading
compared with an hourly mean is therefore half a step early, which no record of the gauge can tell.

The coarser of the two steps decides: the finer series is averaged over the coarser one's intervals, and an
interval counts only if both series cover it completely.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from dmod.errors import CoverageError, InputError
from dmod.evaluation.observed import ObservedSeries

Seconds = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Simulated and observed flow over the same complete intervals; no value is missing.

    Parameters
    ----------
    times : start of the interval, UTC, ascending, shape (pair,)
    simulated, observed : [m3 s-1], shape (pair,)
    step : length of the interval [s]
    notes : how they were made, one sentence each
    """

    times: NDArray[np.datetime64]
    simulated: Floats
    observed: Floats
    step: int
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.times)


def align(
    times: NDArray[np.datetime64],
    simulated: Floats,
    step: int,
    observed: ObservedSeries,
    *,
    warm_up: timedelta = timedelta(0),
) -> Pairs:
    """Pair a simulated series with an observed one.

    Parameters
    ----------
    times : stamps of the simulation, UTC, equal steps, shape (time,)
    simulated : [m3 s-1], shape (time,)
    step : of the simulation [s]
    warm_up : intervals that start before the first stamp plus this are left out

    Raises
    ------
    CoverageError
        the series share no complete interval; the message holds both periods.
    """
    start, values = _seconds(times), np.asarray(simulated, dtype=np.float64)
    if len(start) == 0 or start.shape != values.shape:
        raise InputError(f"simulated flow has {values.shape} values for {start.shape} times")
    stamps = _seconds(observed.times)
    spacing = observed.step
    shifted = spacing == step and bool((stamps[0] - start[0]) % step)
    if spacing is not None and (spacing > step or shifted):
        pairs = _onto_observed(start, values, step, observed, spacing)
    elif spacing is None and len(stamps) > 1:
        pairs = _within_steps(start, values, step, observed)
    else:
        pairs = _onto_simulated(start, values, step, observed, spacing or step)
    return _without_warm_up(_complete(pairs, times, step, observed), start[0], warm_up)


def observed_means(times: NDArray[np.datetime64], step: int, observed: ObservedSeries) -> Floats:
    """Return an observed series over the steps of a simulation, read as `align` does.

    A value of a step longer than the simulation's holds for all steps within it.

    Parameters
    ----------
    times : stamps of the simulation, UTC, equal steps, shape (time,)
    step : of the simulation [s]

    Returns
    -------
    means : [m3 s-1], NaN where a step is not covered completely, shape (time,)
    """
    start, spacing = _seconds(times), observed.step
    if spacing is None and len(observed.times) > 1:
        return _means_within(start, step, observed)
    return _means_over(start, step, observed, spacing or step)


def interval_means(
    stamps: Seconds, values: Floats, step: int, starts: Seconds, length: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """Average a piecewise constant series over intervals, and say which intervals it covers completely.

    Parameters
    ----------
    stamps : ascending [s], value i holds for [stamps[i], stamps[i] + step), shape (time,)
    values : NaN counts as not covered, shape (time,)
    step, length : of the series and of the intervals [s]
    starts : of the intervals [s], shape (interval,)

    Returns
    -------
    means : NaN where not complete, shape (interval,)
    complete : shape (interval,)
    """
    ends = starts + length
    first = np.maximum(np.searchsorted(stamps, starts, side="right") - 1, 0)
    last = np.searchsorted(stamps, ends, side="left")
    total = np.zeros(len(starts))
    covered = np.zeros(len(starts), dtype=np.int64)
    # the k-th value that overlaps each interval, all intervals at once: sums stay short and exact where one
    # value fills its interval
    for k in range(int((last - first).max(initial=0))):
        index = np.minimum(first + k, len(stamps) - 1)
        overlap = np.minimum(stamps[index] + step, ends) - np.maximum(stamps[index], starts)
        counts = (first + k < last) & (overlap > 0) & np.isfinite(values[index])
        total += np.where(counts, values[index] * (overlap / length), 0.0)
        covered += np.where(counts, overlap, 0)
    complete = covered == length
    return np.where(complete, total, np.nan), complete


def _seconds(times: NDArray[np.datetime64]) -> Seconds:
    return np.asarray(times).astype("datetime64[s]").astype(np.int64)


def _onto_observed(
    start: Seconds, values: Floats, step: int, observed: ObservedSeries, spacing: int
) -> Pairs:
    stamps = _seconds(observed.times)
    means, _ = interval_means(start, values, step, stamps, spacing)
    note = f"simulated flow was averaged from {span(step)} to the observation's {span(spacing)}"
    if spacing == step:
        note = "simulated flow was averaged onto the observation's intervals, which start at other times"
    return Pairs(observed.times, means, observed.values, spacing, (note,))


def _onto_simulated(
    start: Seconds, values: Floats, step: int, observed: ObservedSeries, spacing: int
) -> Pairs:
    means = _means_over(start, step, observed, spacing)
    note = f"observed flow was averaged from {span(spacing)} to the simulation's {span(step)}"
    return Pairs(start.astype("datetime64[s]"), values, means, step, (note,) if spacing != step else ())


def _means_over(start: Seconds, step: int, observed: ObservedSeries, spacing: int) -> Floats:
    means, _ = interval_means(_seconds(observed.times), observed.values, spacing, start, step)
    return means


def _within_steps(start: Seconds, values: Floats, step: int, observed: ObservedSeries) -> Pairs:
    means = _means_within(start, step, observed)
    note = f"observations come at irregular times; those within one {span(step)} step were averaged"
    return Pairs(start.astype("datetime64[s]"), values, means, step, (note,))


def _means_within(start: Seconds, step: int, observed: ObservedSeries) -> Floats:
    known = np.isfinite(observed.values)
    index = (_seconds(observed.times)[known] - start[0]) // step
    inside = (index >= 0) & (index < len(start))
    total = np.bincount(index[inside], weights=observed.values[known][inside], minlength=len(start))
    count = np.bincount(index[inside], minlength=len(start))
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _complete(pairs: Pairs, times: NDArray[np.datetime64], step: int, observed: ObservedSeries) -> Pairs:
    both = np.isfinite(pairs.simulated) & np.isfinite(pairs.observed)
    if not both.any():
        raise CoverageError(
            "simulated and observed flow share no complete interval: simulated "
            f"{_period(times, step)}, observed {_period(observed.times, pairs.step)} ({observed.source})",
            hint="give an observation of the run's period, or run the period of the observation",
        )
    inside = np.isfinite(pairs.simulated)
    lost = int(np.count_nonzero(inside & ~both))
    notes = pairs.notes
    if lost:
        notes = (
            *notes,
            f"{lost} of {int(inside.sum())} intervals have no complete observation and are left out",
        )
    return Pairs(
        pairs.times[both].astype("datetime64[s]"),
        pairs.simulated[both],
        pairs.observed[both],
        pairs.step,
        notes,
    )


def _without_warm_up(pairs: Pairs, first: np.int64, warm_up: timedelta) -> Pairs:
    seconds = int(warm_up.total_seconds())
    if seconds <= 0:
        return pairs
    kept = _seconds(pairs.times) >= first + seconds
    if not kept.any():
        raise CoverageError(
            f"the warm-up of {span(seconds)} leaves none of {len(pairs)} pairs", hint="shorten the warm-up"
        )
    note = f"{int((~kept).sum())} intervals within the warm-up of {span(seconds)} are left out"
    return Pairs(
        pairs.times[kept], pairs.simulated[kept], pairs.observed[kept], pairs.step, (*pairs.notes, note)
    )


def _period(times: NDArray[np.datetime64], step: int) -> str:
    first, last = _seconds(times)[[0, -1]].tolist()
    ends = np.array([first, last + step]).astype("datetime64[s]")
    return " to ".join(text.replace("T", " ") for text in np.datetime_as_string(ends, unit="s").tolist())


def span(seconds: int) -> str:
    """Return a length of time in words: ``1 h``, ``15 min``, ``1 d``."""
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {name}"
    return f"{seconds} s"
