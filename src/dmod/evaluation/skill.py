"""Skill: how much of the way from a benchmark to the ideal a simulation goes.

A score says little by itself where flow is easy to foretell: rivers that snow feeds are met well by the mean
of each day of the year (Schaefli & Gupta 2007, Hydrol. Process. 21, 2075-2080, doi:10.1002/hyp.6825).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.block_scores import score_block
from dmod.evaluation.metric import Metric
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.other_years import OtherYears, days_of_year
from dmod.evaluation.sample import Floats, Score, as_score

LAST_DAY = 366


def skill_score(score: ArrayLike, benchmark: ArrayLike, ideal: float) -> Score:
    """Return (score - benchmark) / (ideal - benchmark), of distances where scores lie on both sides.

    That is 1 - |score - ideal| / |benchmark - ideal|: a bias of +5 % is as good as one of -5 %.

    Returns
    -------
    skill : [-], (-inf, 1]; 1 ideal, 0 as good as the benchmark. NaN where the benchmark is ideal
    """
    if math.isnan(ideal):
        raise InputError(
            "a metric without an ideal value has no skill", hint="signatures are compared, not scored"
        )
    off = np.abs(np.asarray(score, dtype=np.float64) - ideal)
    benchmark_off = np.abs(np.asarray(benchmark, dtype=np.float64) - ideal)
    with np.errstate(divide="ignore", invalid="ignore"):
        return as_score(np.where(benchmark_off > 0.0, 1.0 - off / benchmark_off, np.nan))


def skill(
    metric: str | Metric,
    simulated: ArrayLike,
    observed: ArrayLike,
    benchmark: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    **needs: Any,
) -> Score:
    """Score a simulation against a benchmark, over the times that both of them and the observation have.

    Parameters
    ----------
    metric : value, or name as :func:`dmod.evaluation.metric_registry.find_metric` takes it
    simulated, observed, benchmark : [any one unit], shape (..., time), broadcast
    weights, needs : see :func:`dmod.evaluation.block_scores.score_block`

    Returns
    -------
    skill : [-], (-inf, 1]; NaN where a score is not defined or the benchmark is ideal. Shape (...)

    Raises
    ------
    InputError
        the shapes do not fit, or the metric has no ideal value.
    """
    asked = metric if isinstance(metric, Metric) else find_metric(metric)
    s, o, b = (np.asarray(series, dtype=np.float64) for series in (simulated, observed, benchmark))
    try:
        s, o, b = np.broadcast_arrays(s, o, b)
    except ValueError as error:
        raise InputError(
            f"simulated {s.shape}, observed {o.shape} and benchmark {b.shape} do not fit together"
        ) from error
    shared = np.where(np.isfinite(s) & np.isfinite(b), o, np.nan)
    own, other = (
        score_block(series, shared, [asked], weights=weights, **needs).values[asked.name] for series in (s, b)
    )
    return skill_score(own, other, asked.ideal)


def climatology(observed: ArrayLike, times: NDArray[np.datetime64], *, with_own_year: bool = False) -> Floats:
    """Return the mean observation of each day of the year, over the years.

    A day of the year has the same number in all years: 29 February is missing in common ones. The value's own
    calendar year is left out, for with few years the mean would else know what it is to foretell.

    Parameters
    ----------
    observed : NaN where missing, shape (..., time)
    times : UTC, ascending, shape (time,)
    with_own_year : whether the own year counts

    Returns
    -------
    benchmark : NaN where no (other) year has that day, shape (..., time)
    """
    values = _series(observed, times)
    if values.shape[-1] == 0:
        return values
    day, year = days_of_year(times), times.astype("datetime64[Y]").astype(np.int64)
    known = np.isfinite(values)
    # all values of one day of one year stand together
    starts = np.flatnonzero(np.diff(year * 1000 + day, prepend=-1))
    sums = np.add.reduceat(np.where(known, values, 0.0), starts, axis=-1)
    numbers = np.add.reduceat(known, starts, axis=-1, dtype=np.float64)
    of_day = np.eye(LAST_DAY)[day[starts] - 1]
    total, number = (part @ of_day @ of_day.T for part in (sums, numbers))
    if not with_own_year:
        total, number = total - sums, number - numbers
    means = np.where(number > 0.5, total / np.maximum(number, 1.0), np.nan)
    return np.repeat(means, np.diff(starts, append=values.shape[-1]), axis=-1)


def climatology_members(observed: ArrayLike, times: NDArray[np.datetime64]) -> Floats:
    """Return as an ensemble what was observed at the same time of the year in each other year.

    Parameters
    ----------
    observed : NaN where missing, shape (..., time)
    times : UTC, shape (time,)

    Returns
    -------
    benchmark : in ascending order at each time, NaN (last) where a year lacks that time, shape
        (..., year - 1, time); one member without a value where all times are of one year
    """
    return OtherYears.of(_series(observed, times), times).at(slice(None))


def persistence(observed: ArrayLike, *, lag: int = 1) -> Floats:
    """Return the last observation that was known so many steps before.

    Parameters
    ----------
    observed : NaN where missing, at equal steps, shape (..., time)
    lag : steps between the forecast and its time, 1 or more

    Returns
    -------
    benchmark : NaN before the first observation is known, shape (..., time)
    """
    if lag < 1:
        raise InputError(f"lag {lag} of a forecast is not above zero", hint="take 1 for the step before")
    values = np.asarray(observed, dtype=np.float64)
    known = np.isfinite(values)
    position = np.where(known, np.arange(values.shape[-1]), 0)
    last = np.take_along_axis(values, np.maximum.accumulate(position, axis=-1), axis=-1)
    found = np.full(values.shape, np.nan)
    found[..., lag:] = last[..., : max(values.shape[-1] - lag, 0)]
    return np.where(np.isfinite(found), found, np.nan)


def _series(observed: ArrayLike, times: NDArray[np.datetime64]) -> Floats:
    values = np.asarray(observed, dtype=np.float64)
    if values.ndim == 0 or values.shape[-1] != len(times):
        raise InputError(f"observed {values.shape} does not have the {len(times)} times as its last axis")
    return values
