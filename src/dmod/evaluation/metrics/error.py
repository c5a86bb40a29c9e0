"""Errors in the unit of flow, and relative to what was observed."""

from __future__ import annotations

import math

import numpy as np

from dmod.evaluation.metric import Group, Metric
from dmod.evaluation.sample import Floats, Sample, metric_of_means

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
)
