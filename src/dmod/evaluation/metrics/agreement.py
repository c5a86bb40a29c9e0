"""Indices of agreement: error against how far both series stray from the observed mean."""

from __future__ import annotations

import numpy as np

from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.sample import Floats, Sample, metric, ratio


@metric
def index_of_agreement(sample: Sample) -> Floats:
    """Index of agreement, 1 - m((s - o)^2) / m((|s - m(o)| + |o - m(o)|)^2) (Willmott 1981).

    Returns
    -------
    score : [-], [0, 1]; NaN where both series are constant and alike. Shape (...)
    """
    return 1.0 - ratio(sample.squared_error, sample.mean(sample.once(_potential_error) ** 2))


@metric
def modified_index_of_agreement(sample: Sample) -> Floats:
    """Index of agreement of absolute in place of squared errors (Willmott et al. 1985).

    Returns
    -------
    score : [-], [0, 1]; NaN where both series are constant and alike. Shape (...)
    """
    return 1.0 - ratio(sample.mean(sample.absolute_error), sample.mean(sample.once(_potential_error)))


@metric
def refined_index_of_agreement(sample: Sample) -> Floats:
    """Index of agreement with errors against twice the observed mean deviation (Willmott et al. 2012).

    Returns
    -------
    score : [-], [-1, 1]; NaN where the observation is constant. Shape (...)
    """
    error = sample.mean(sample.absolute_error)
    deviation = 2.0 * sample.mean(np.abs(sample.spread_observed))
    within = 1.0 - ratio(error, deviation)
    beyond = ratio(deviation, error) - 1.0
    return np.where(deviation > 0.0, np.where(error <= deviation, within, beyond), np.nan)


def _potential_error(sample: Sample) -> Floats:
    # s - m(o) by way of o, so that it is exactly zero where both are constant and alike
    return np.abs(sample.error + sample.spread_observed) + np.abs(sample.spread_observed)


METRICS_OF_AGREEMENT: tuple[Metric, ...] = (
    Metric(
        "index_of_agreement",
        "Index of agreement",
        "-",
        0.0,
        1.0,
        1.0,
        "1 - m((s - o)²) / m((|s - m(o)| + |o - m(o)|)²)",
        "Error as a share of what it could be; high even for poor simulations.",
        "Willmott (1981), Phys. Geogr. 2, 184-194, doi:10.1080/02723646.1981.10642213",
        index_of_agreement,
        Group.EFFICIENCY,
        aliases=("d", "Willmott"),
        undefined=(Cause.CONSTANT_OBSERVED,),
    ),
    Metric(
        "modified_index_of_agreement",
        "Modified index of agreement",
        "-",
        0.0,
        1.0,
        1.0,
        "1 - m(|s - o|) / m(|s - m(o)| + |o - m(o)|)",
        "As the index of agreement, large errors weighing no more than their size.",
        "Willmott et al. (1985), J. Geophys. Res. 90, 8995-9005, doi:10.1029/JC090iC05p08995",
        modified_index_of_agreement,
        Group.EFFICIENCY,
        aliases=("d1",),
        undefined=(Cause.CONSTANT_OBSERVED,),
    ),
    Metric(
        "refined_index_of_agreement",
        "Refined index of agreement",
        "-",
        -1.0,
        1.0,
        1.0,
        "1 - a/b where a ≤ b, b/a - 1 elsewhere; a = m(|s - o|), b = 2 m(|o - m(o)|)",
        "0.5: errors are as large as the observation's own deviations from its mean.",
        "Willmott et al. (2012), Int. J. Climatol. 32, 2088-2094, doi:10.1002/joc.2419",
        refined_index_of_agreement,
        Group.EFFICIENCY,
        aliases=("dr",),
        undefined=(Cause.CONSTANT_OBSERVED,),
    ),
)
