"""Flow duration curves: how often which flow is exceeded, whenever it is.

A curve is a step for each value, as wide as its share of the weights. A segment that ends within a step
takes the part of it that lies inside, so that no number of values has to be rounded.
"""

from __future__ import annotations

import math

import numpy as np

from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.metrics.ascending import Ascending, ascending_observed, ascending_simulated
from dmod.evaluation.metrics.association import linear_correlation
from dmod.evaluation.metrics.kling_gupta import distance_from_one
from dmod.evaluation.metrics.rank import ranks
from dmod.evaluation.sample import Floats, Sample, metric, ratio

YILMAZ_2008 = "Yilmaz et al. (2008), Water Resour. Res. 44, W09417, doi:10.1029/2007WR006716"
HIGH, STEEP, LOW = 0.02, 0.2, 0.7
"""Exceeded for 2 %, 20 % and 70 % of the time: where the segments of Yilmaz et al. (2008) meet."""


@metric
def high_flow_bias(sample: Sample) -> Floats:
    """Bias of the highest flows, exceeded for up to 2 % of the time (Yilmaz et al. 2008, %BiasFHV).

    Returns
    -------
    score : [%], -100 or more; NaN where those observed are zero. Shape (...)
    """
    s, o = (curve.integral(1.0 - HIGH, 1.0) for curve in _curves(sample))
    return 100.0 * ratio(s - o, o)


@metric
def mid_slope_bias(sample: Sample) -> Floats:
    """Bias of the slope of ln(flow) between 20 % and 70 % exceedance (Yilmaz et al. 2008, %BiasFMS).

    Returns
    -------
    score : [%]; NaN where a flow there is zero or less, or the observed curve is flat. Shape (...)
    """
    s, o = (_logarithm(c.above(1.0 - STEEP)) - _logarithm(c.above(1.0 - LOW)) for c in _curves(sample))
    return 100.0 * ratio(s - o, o)


@metric
def low_flow_bias(sample: Sample) -> Floats:
    """Bias of low flows, exceeded for 70 % of the time or more (Yilmaz et al. 2008, %BiasFLV).

    The volume is that of ln(flow) over the lowest flow. Positive where the simulation has less of it.

    Returns
    -------
    score : [%]; NaN where the lowest flow is zero or less, or low flows observed are constant. Shape (...)
    """
    s, o = (_low_volume(curve) for curve in _curves(sample))
    return -100.0 * ratio(s - o, o)


@metric
def kge_nonparametric(sample: Sample) -> Floats:
    """Kling-Gupta efficiency of rank correlation and duration curves (Pool et al. 2018).

    In place of r the rank correlation; in place of alpha, 1 - half the area between both duration curves,
    each divided by its mean.

    Returns
    -------
    score : [-], (-inf, 1]; NaN where either series is constant or has a mean of zero. Shape (...)
    """
    mean_s, mean_o = sample.mean_simulated, sample.mean_observed
    shape = 1.0 - _area(sample, *_curves(sample), mean_s, mean_o) / 2.0
    return distance_from_one(linear_correlation(sample.once(ranks)), shape, ratio(mean_s, mean_o))


def _curves(sample: Sample) -> tuple[Ascending, Ascending]:
    return sample.once(ascending_simulated), sample.once(ascending_observed)


def _logarithm(flow: Floats) -> Floats:
    return np.log(np.where(flow > 0.0, flow, np.nan))


def _low_volume(curve: Ascending) -> Floats:
    held = curve.within(0.0, 1.0 - LOW)
    lowest = _logarithm(curve.below(0.0))[..., None]
    # the values are ascending, so that few of many have a share: the logarithm of the others is not taken
    there = (held > 0.0) & np.isfinite(lowest)
    logarithms = np.log(curve.values, out=np.zeros(there.shape), where=there)
    return np.asarray(((logarithms - lowest) * held).sum(axis=-1))


def _area(sample: Sample, s: Ascending, o: Ascending, mean_s: Floats, mean_o: Floats) -> Floats:
    """Return the area between both curves, each over its mean, shape (...)."""
    if sample.has_equal_weights:
        # steps of both are equally wide
        one, other = _over_mean(s, mean_s), _over_mean(o, mean_o)
        return np.asarray((np.abs(one - other) * (s.high - s.low)).sum(axis=-1))
    # both curves are constant between neighbouring edges of either
    edges = np.concatenate((s.high, o.high), axis=-1)
    order = np.argsort(edges, axis=-1, kind="stable")
    edges = np.take_along_axis(edges, order, axis=-1)
    size = s.values.shape[-1]
    passed = np.cumsum(order < size, axis=-1) - (order < size)
    other_passed = np.cumsum(order >= size, axis=-1) - (order >= size)
    one = np.take_along_axis(_over_mean(s, mean_s), np.minimum(passed, size - 1), axis=-1)
    other = np.take_along_axis(_over_mean(o, mean_o), np.minimum(other_passed, size - 1), axis=-1)
    widths = np.diff(edges, axis=-1, prepend=0.0)
    return np.asarray((np.abs(one - other) * widths).sum(axis=-1))


def _over_mean(curve: Ascending, mean: Floats) -> Floats:
    values = np.where(np.isfinite(curve.values), curve.values, 0.0)
    return ratio(values, mean[..., None])


METRICS_OF_DURATION: tuple[Metric, ...] = (
    Metric(
        "kge_nonparametric",
        "Kling-Gupta efficiency, non-parametric",
        "-",
        -math.inf,
        1.0,
        1.0,
        "1 - √((ρ - 1)² + (α - 1)² + (β - 1)²), α = 1 - ½ ∫ |S(p)/m(s) - O(p)/m(o)| dp, "
        "S and O the duration curves, ρ rank correlation",
        "As KGE without the assumption that errors are normal: single extreme values weigh less.",
        "Pool et al. (2018), Hydrol. Sci. J. 63, 1941-1953, doi:10.1080/02626667.2018.1552002",
        kge_nonparametric,
        Group.EFFICIENCY,
        undefined=(
            Cause.CONSTANT_OBSERVED,
            Cause.CONSTANT_SIMULATED,
            Cause.ZERO_OBSERVED,
            Cause.ZERO_SIMULATED,
        ),
    ),
    Metric(
        "high_flow_bias",
        "Bias of high flow",
        "%",
        -100.0,
        math.inf,
        0.0,
        "100 ∫ (S(p) - O(p)) dp / ∫ O(p) dp, p from 0 to 2 % exceedance",
        "Volume of the highest flows, whenever they occur. Positive: too much.",
        YILMAZ_2008,
        high_flow_bias,
        Group.DURATION,
        aliases=("fhv", "BiasFHV"),
        undefined=(Cause.ZERO_OBSERVED,),
    ),
    Metric(
        "mid_slope_bias",
        "Bias of the duration curve's slope",
        "%",
        -math.inf,
        math.inf,
        0.0,
        "100 (ΔS - ΔO) / ΔO, Δ = ln Q(20 %) - ln Q(70 %)",
        "How flashy flow is. Positive: the simulated curve is too steep.",
        YILMAZ_2008,
        mid_slope_bias,
        Group.DURATION,
        aliases=("fms", "BiasFMS"),
        undefined=(Cause.CONSTANT_OBSERVED, Cause.ZERO, Cause.NEGATIVE),
    ),
    Metric(
        "low_flow_bias",
        "Bias of low flow",
        "%",
        -math.inf,
        math.inf,
        0.0,
        "-100 (VS - VO) / VO, V = ∫ (ln Q(p) - ln Q(100 %)) dp, p from 70 % to 100 % exceedance",
        "Long-term baseflow. Sensitive to the single lowest value.",
        YILMAZ_2008,
        low_flow_bias,
        Group.DURATION,
        aliases=("flv", "BiasFLV"),
        undefined=(Cause.CONSTANT_OBSERVED, Cause.ZERO, Cause.NEGATIVE),
    ),
)
