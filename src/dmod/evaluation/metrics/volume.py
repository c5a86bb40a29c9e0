"""Water simulated against water observed, whenever it flows."""

from __future__ import annotations

import math

from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.metrics.error import MORIASI_2007
from dmod.evaluation.sample import Floats, Sample, metric_of_means, ratio


@metric_of_means
def percent_bias(sample: Sample) -> Floats:
    """Percent bias, 100 m(s - o) / m(o): positive where the simulation has too much water.

    Returns
    -------
    score : [%]; NaN where the observation's mean is zero. Shape (...)
    """
    return 100.0 * ratio(sample.mean(sample.error), sample.mean_observed)


@metric_of_means
def volume_error(sample: Sample, dt: float = 3600.0) -> Floats:
    """Volume simulated minus volume observed over the pairs, sum((s - o) dt).

    Parameters
    ----------
    simulated, observed : [m3 s-1], shape (..., time)
    weights : only whether they are above zero matters
    dt : interval of a pair [s]

    Returns
    -------
    score : [m3]; NaN without a pair. Shape (...)
    """
    return sample.total(sample.error * dt)


METRICS_OF_VOLUME: tuple[Metric, ...] = (
    Metric(
        "percent_bias",
        "Percent bias",
        "%",
        -math.inf,
        math.inf,
        0.0,
        "100 m(s - o) / m(o)",
        "Positive: too much water. (Some authors give it the other sign.)",
        MORIASI_2007,
        percent_bias,
        Group.VOLUME,
        aliases=("pbias",),
        undefined=(Cause.ZERO_OBSERVED,),
    ),
    Metric(
        "volume_error",
        "Volume error",
        "m³",
        -math.inf,
        math.inf,
        0.0,
        "Σ (s - o) Δt",
        "Water simulated minus water observed over the pairs.",
        "mass balance",
        volume_error,
        Group.VOLUME,
        needs=("dt",),
    ),
)
