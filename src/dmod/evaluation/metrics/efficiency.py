"""Efficiencies: squared error against the variance of the observation."""

from __future__ import annotations

import math

from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.metrics.transform import inverses, logarithms, square_roots, where
from dmod.evaluation.sample import Floats, Sample, metric, metric_of_means, ratio

PUSHPALATHA_2012 = "Pushpalatha et al. (2012), J. Hydrol. 420-421, 171-182, doi:10.1016/j.jhydrol.2011.11.055"


@metric_of_means
def nse(sample: Sample) -> Floats:
    """Nash-Sutcliffe efficiency, 1 - m((s - o)^2) / sd(o)^2 (Nash & Sutcliffe 1970).

    Parameters
    ----------
    simulated, observed : [any one unit], shape (..., time)
    weights : 0 or more, broadcast to the same shape

    Returns
    -------
    score : [-], (-inf, 1]; NaN where the observation is constant. Shape (...)
    """
    return _efficiency(sample)


@metric_of_means
def normalized_nse(sample: Sample) -> Floats:
    """Nash-Sutcliffe efficiency on a bounded scale, 1 / (2 - NSE) (Nossent & Bauwens 2012).

    Returns
    -------
    score : [-], (0, 1], 0.5 as good as the observed mean; NaN where the observation is constant. Shape (...)
    """
    return 1.0 / (2.0 - _efficiency(sample))


@metric_of_means
def sqrt_nse(sample: Sample) -> Floats:
    """Nash-Sutcliffe efficiency of square roots of flow, between high and low flow in what it weighs.

    Returns
    -------
    score : [-], (-inf, 1]; NaN where the observation is constant or a flow negative. Shape (...)
    """
    transformed, usable = sample.once(square_roots)
    return where(usable, _efficiency(transformed))


@metric
def log_nse(sample: Sample) -> Floats:
    """Nash-Sutcliffe efficiency of ln(flow + m(o)/100), which weighs low flow (Pushpalatha et al. 2012).

    The added hundredth of the mean observation lets zero flow count.

    Returns
    -------
    score : [-], (-inf, 1]; NaN where the observation is constant or zero, or a flow is negative. Shape (...)
    """
    transformed, usable = sample.once(logarithms)
    return where(usable, _efficiency(transformed))


@metric
def inverse_nse(sample: Sample) -> Floats:
    """Nash-Sutcliffe efficiency of 1 / (flow + m(o)/100), which weighs the lowest flow alone.

    Returns
    -------
    score : [-], (-inf, 1]; NaN where the observation is constant or zero, or a flow is negative. Shape (...)
    """
    transformed, usable = sample.once(inverses)
    return where(usable, _efficiency(transformed))


def _efficiency(sample: Sample) -> Floats:
    return 1.0 - ratio(sample.squared_error, sample.variance_observed)


_LOW = (Cause.CONSTANT_OBSERVED, Cause.ZERO_OBSERVED, Cause.NEGATIVE)

METRICS_OF_EFFICIENCY: tuple[Metric, ...] = (
    Metric(
        "nse",
        "Nash-Sutcliffe efficiency",
        "-",
        -math.inf,
        1.0,
        1.0,
        "1 - m((s - o)²) / sd(o)²",
        "Share of the observation's variance that is explained; 0 is as good as its mean. Weighs high flow.",
        "Nash & Sutcliffe (1970), J. Hydrol. 10, 282-290, doi:10.1016/0022-1694(70)90255-6",
        nse,
        Group.EFFICIENCY,
        aliases=("Nash-Sutcliffe Efficiency",),
        undefined=(Cause.CONSTANT_OBSERVED,),
    ),
    Metric(
        "normalized_nse",
        "Normalised Nash-Sutcliffe efficiency",
        "-",
        0.0,
        1.0,
        1.0,
        "1 / (2 - NSE)",
        "NSE on a scale with both ends, for averages over places; 0.5 is as good as the observed mean.",
        "Nossent & Bauwens (2012), Geophys. Res. Abstr. 14, EGU2012-237",
        normalized_nse,
        Group.EFFICIENCY,
        aliases=("Normalized Nash-Sutcliffe Efficiency", "nnse"),
        closed=(False, True),
        undefined=(Cause.CONSTANT_OBSERVED,),
    ),
    Metric(
        "sqrt_nse",
        "Nash-Sutcliffe of square roots",
        "-",
        -math.inf,
        1.0,
        1.0,
        "NSE of √q",
        "As NSE, weighing high and low flow more evenly.",
        PUSHPALATHA_2012,
        sqrt_nse,
        Group.EFFICIENCY,
        undefined=(Cause.CONSTANT_OBSERVED, Cause.NEGATIVE),
    ),
    Metric(
        "log_nse",
        "Nash-Sutcliffe of logarithms",
        "-",
        -math.inf,
        1.0,
        1.0,
        "NSE of ln(q + m(o)/100)",
        "As NSE, weighing low flow; the added hundredth lets zero flow count.",
        PUSHPALATHA_2012,
        log_nse,
        Group.EFFICIENCY,
        undefined=_LOW,
    ),
    Metric(
        "inverse_nse",
        "Nash-Sutcliffe of inverses",
        "-",
        -math.inf,
        1.0,
        1.0,
        "NSE of 1 / (q + m(o)/100)",
        "As NSE, weighing the lowest flow alone.",
        PUSHPALATHA_2012,
        inverse_nse,
        Group.EFFICIENCY,
        undefined=_LOW,
    ),
)
