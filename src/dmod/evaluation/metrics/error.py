"""Errors in the unit of flow, and relative to what was observed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.metrics.ascending import ascending_error
from dmod.evaluation.sample import Floats, Sample, metric, metric_of_means, ratio

MORIASI_2007 = "Moriasi et al. (2007), Trans. ASABE 50, 885-900, doi:10.13031/2013.23153"


@metric_of_means
def rmse(sample: Sample) -> Floats:
    """Root mean square error, sqrt(m((s - o)^2)).

    Returns
    -------
    score : [unit of the input], 0 or more; NaN without a pair. Shape (...)
    """
    return np.sqrt(sample.squared_error)


@metric_of_means
def mae(sample: Sample) -> Floats:
    """Mean absolute error, m(|s - o|).

    Returns
    -------
    score : [unit of the input], 0 or more; NaN without a pair. Shape (...)
    """
    return sample.mean(sample.absolute_error)


@metric_of_means
def mean_error(sample: Sample) -> Floats:
    """Mean error, m(s - o): positive where the simulation has too much water.

    Returns
    -------
    score : [unit of the input]; NaN without a pair. Shape (...)
    """
    return sample.mean(sample.error)


@metric_of_means
def unbiased_rmse(sample: Sample) -> Floats:
    """Root mean square error that is left once the mean error is taken off, sd(s - o).

    Returns
    -------
    score : [unit of the input], 0 or more; NaN without a pair. Shape (...)
    """
    return np.sqrt(sample.variance(sample.error))


@metric_of_means
def normalized_rmse(sample: Sample) -> Floats:
    """Root mean square error relative to the mean observation, sqrt(m((s - o)^2)) / m(o).

    Returns
    -------
    score : [-], 0 or more where flow is; NaN where the observation's mean is zero. Shape (...)
    """
    return ratio(np.sqrt(sample.squared_error), sample.mean_observed)


@metric_of_means
def rsr(sample: Sample) -> Floats:
    """Root mean square error relative to the observation's standard deviation (Moriasi et al. 2007, eq. 3).

    Returns
    -------
    score : [-], 0 or more; NaN where the observation is constant. Shape (...)
    """
    return ratio(np.sqrt(sample.squared_error), np.sqrt(sample.variance_observed))


@metric
def median_absolute_error(sample: Sample) -> Floats:
    """Median of |s - o|, which single large errors do not move.

    Returns
    -------
    score : [unit of the input], 0 or more; NaN without a pair. Shape (...)
    """
    errors = sample.once(ascending_error)
    return (errors.below(0.5) + errors.above(0.5)) / 2.0


@metric_of_means
def absolute_error_trend(sample: Sample, times: ArrayLike | None = None) -> Floats:
    """Trend of the absolute error as an angle, arctan(slope of |s - o| per hour) / 90 degrees.

    Parameters
    ----------
    times : of the pairs [h], ascending, shape (time,); hourly without gaps if not given

    Returns
    -------
    score : [-], (-1, 1), positive where errors grow with time; it depends on the unit of flow. NaN with
        fewer than two pairs. Shape (...)
    """
    hours = np.arange(sample.error.shape[-1]) if times is None else np.asarray(times)
    since = hours.astype(np.float64) - (hours.min() if hours.size else 0.0)
    since = np.broadcast_to(since, sample.error.shape)
    slope = ratio(sample.covariance_of(since, sample.absolute_error), sample.variance(since))
    return np.arctan(slope) / (np.pi / 2.0)


METRICS_OF_ERROR: tuple[Metric, ...] = (
    Metric(
        "rmse",
        "Root mean square error",
        "m³/s",
        0.0,
        math.inf,
        0.0,
        "√m((s - o)²)",
        "Typical error, large ones weighing most.",
        MORIASI_2007,
        rmse,
        Group.ERROR,
    ),
    Metric(
        "mae",
        "Mean absolute error",
        "m³/s",
        0.0,
        math.inf,
        0.0,
        "m(|s - o|)",
        "Typical error, all weighing alike.",
        "Willmott & Matsuura (2005), Clim. Res. 30, 79-82, doi:10.3354/cr030079",
        mae,
        Group.ERROR,
    ),
    Metric(
        "mean_error",
        "Mean error",
        "m³/s",
        -math.inf,
        math.inf,
        0.0,
        "m(s - o)",
        "Positive: too much water.",
        MORIASI_2007,
        mean_error,
        Group.ERROR,
        aliases=("bias", "additive bias"),
    ),
    Metric(
        "unbiased_rmse",
        "Unbiased root mean square error",
        "m³/s",
        0.0,
        math.inf,
        0.0,
        "sd(s - o)",
        "Typical error once the mean error is taken off.",
        "Taylor (2001), J. Geophys. Res. 106, 7183-7192, doi:10.1029/2000JD900719",
        unbiased_rmse,
        Group.ERROR,
        aliases=("ubrmse", "centred rmse"),
    ),
    Metric(
        "normalized_rmse",
        "Normalised root mean square error",
        "-",
        0.0,
        math.inf,
        0.0,
        "√m((s - o)²) / m(o)",
        "Typical error as a share of mean flow. (Some authors divide by the range.)",
        MORIASI_2007,
        normalized_rmse,
        Group.ERROR,
        aliases=("nrmse",),
        undefined=(Cause.ZERO_OBSERVED,),
    ),
    Metric(
        "rsr",
        "Root mean square error to standard deviation",
        "-",
        0.0,
        math.inf,
        0.0,
        "√m((s - o)²) / sd(o)",
        "√(1 - NSE): 1 is as good as the observed mean.",
        MORIASI_2007,
        rsr,
        Group.ERROR,
        undefined=(Cause.CONSTANT_OBSERVED,),
    ),
    Metric(
        "median_absolute_error",
        "Median absolute error",
        "m³/s",
        0.0,
        math.inf,
        0.0,
        "median(|s - o|)",
        "Half of all errors are smaller; single large ones do not move it.",
        "Hyndman & Koehler (2006), Int. J. Forecast. 22, 679-688, doi:10.1016/j.ijforecast.2006.03.001",
        median_absolute_error,
        Group.ERROR,
        aliases=("mdae", "medae"),
    ),
    Metric(
        "absolute_error_trend",
        "Trend of the absolute error",
        "-",
        -1.0,
        1.0,
        0.0,
        "arctan(slope of |s - o| per h) / 90°",
        "Positive: errors grow with time. It depends on the unit of flow. DMOD counts all below 0 as ideal.",
        "DMOD, Linear Temporal Trend of Absolute Error",
        absolute_error_trend,
        Group.ERROR,
        needs=("times",),
        aliases=("Linear Temporal Trend of Absolute Error",),
        closed=(False, False),
    ),
)
