"""Peaks: how high, and when."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.sample import Floats, Sample, metric, ratio

ASCE_1993 = "ASCE Task Committee (1993), J. Irrig. Drain. Eng. 119, 429-442"


@metric
def peak_error(sample: Sample) -> Floats:
    """Relative error of the highest flow, 100 (max(s) - max(o)) / max(o), whenever the two occur.

    Returns
    -------
    score : [%]; NaN where the highest observation is zero, or without a pair. Shape (...)
    """
    highest = [
        sample.masked(x, -np.inf).max(axis=-1, initial=-np.inf) for x in (sample.simulated, sample.observed)
    ]
    s, o = (np.where(np.isfinite(x), x, np.nan) for x in highest)
    return 100.0 * ratio(s - o, o)


@metric
def peak_timing_error(sample: Sample, times: ArrayLike | None = None, window: float = 72.0) -> Floats:
    """Time of the simulated peak minus time of the highest observation; positive where simulated too late.

    The simulated peak is the highest simulated flow within ``window`` of the highest observation, so that the
    two belong to the same flood. Of equal values the first counts.

    Parameters
    ----------
    times : of the pairs [h], ascending, shape (time,); hourly without gaps if not given
    window : to either side [h]

    Returns
    -------
    score : [h]; NaN where the observation is constant, or without a pair. Shape (...)
    """
    hours = np.arange(sample.observed.shape[-1]) if times is None else np.asarray(times)
    hours = np.broadcast_to(hours.astype(np.float64), sample.observed.shape)
    if hours.shape[-1] == 0:
        return np.full(sample.observed.shape[:-1], np.nan)
    defined = sample.has_pairs & (sample.variance_observed > 0.0)
    at = np.argmax(sample.masked(sample.observed, -np.inf), axis=-1)[..., None]
    peak = np.take_along_axis(hours, at, axis=-1)
    near = sample.counts & (np.abs(hours - peak) <= window)
    best = np.argmax(np.where(near, sample.simulated, -np.inf), axis=-1)[..., None]
    late = np.take_along_axis(hours, best, axis=-1) - peak
    return np.where(defined, late[..., 0], np.nan)


METRICS_OF_PEAK: tuple[Metric, ...] = (
    Metric(
        "peak_error",
        "Peak error",
        "%",
        -100.0,
        math.inf,
        0.0,
        "100 (max s - max o) / max o",
        "Highest simulated against highest observed flow, whenever they occur.",
        ASCE_1993,
        peak_error,
        Group.PEAK,
        undefined=(Cause.ZERO_OBSERVED,),
    ),
    Metric(
        "peak_timing_error",
        "Peak timing error",
        "h",
        -72.0,
        72.0,
        0.0,
        "t(max s within 72 h of t(max o)) - t(max o)",
        "Positive: the highest observed flood comes too late in the simulation.",
        ASCE_1993,
        peak_timing_error,
        Group.PEAK,
        needs=("times",),
        undefined=(Cause.CONSTANT_OBSERVED,),
    ),
)
