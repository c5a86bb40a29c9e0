"""Kling-Gupta efficiencies, and the ratios of which they consist."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.metrics.association import linear_correlation
from dmod.evaluation.metrics.transform import Transformed, inverses, logarithms, square_roots, where
from dmod.evaluation.sample import Floats, Sample, Score, as_score, metric, metric_of_means, ratio

GUPTA_2009 = "Gupta et al. (2009), J. Hydrol. 377, 80-91, doi:10.1016/j.jhydrol.2009.08.003"
KLING_2012 = "Kling et al. (2012), J. Hydrol. 424-425, 264-277, doi:10.1016/j.jhydrol.2012.01.011"
SANTOS_2018 = "Santos et al. (2018), Hydrol. Earth Syst. Sci. 22, 4583-4591, doi:10.5194/hess-22-4583-2018"


@dataclass(frozen=True, slots=True)
class KgeParts:
    """The components of the Kling-Gupta efficiencies.

    Parameters
    ----------
    r : linear correlation
    alpha : sd(s) / sd(o)
    beta : m(s) / m(o)
    gamma : (sd(s) / m(s)) / (sd(o) / m(o))
    """

    r: Score
    alpha: Score
    beta: Score
    gamma: Score


def kge_parts(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> KgeParts:
    """Return correlation, variability ratio, bias ratio and ratio of the coefficients of variation."""
    sample = Sample.of(simulated, observed, weights)
    alpha, beta = _alpha(sample), _beta(sample)
    return KgeParts(
        as_score(linear_correlation(sample)), as_score(alpha), as_score(beta), as_score(ratio(alpha, beta))
    )


@metric_of_means
def kge(sample: Sample) -> Floats:
    """Kling-Gupta efficiency, 1 - sqrt((r-1)^2 + (alpha-1)^2 + (beta-1)^2) (Gupta et al. 2009, eq. 9).

    Returns
    -------
    score : [-], (-inf, 1]; NaN where a part is. Shape (...)
    """
    return _kge(sample)


@metric_of_means
def kge_2012(sample: Sample) -> Floats:
    """Kling-Gupta efficiency, modified: gamma in place of alpha of :func:`kge` (Kling et al. 2012).

    Returns
    -------
    score : [-], (-inf, 1]; NaN where a part is. Shape (...)
    """
    beta = _beta(sample)
    return distance_from_one(linear_correlation(sample), ratio(_alpha(sample), beta), beta)


@metric_of_means
def normalized_kge(sample: Sample) -> Floats:
    """Kling-Gupta efficiency on a bounded scale, 1 / (2 - KGE).

    Returns
    -------
    score : [-], (0, 1]; NaN where a part of the efficiency is. Shape (...)
    """
    return 1.0 / (2.0 - _kge(sample))


@metric_of_means
def sqrt_kge(sample: Sample) -> Floats:
    """Kling-Gupta efficiency of square roots of flow.

    Returns
    -------
    score : [-], (-inf, 1]; NaN where a part is, or a flow is negative. Shape (...)
    """
    return _transformed(sample.once(square_roots))


@metric
def inverse_kge(sample: Sample) -> Floats:
    """Kling-Gupta efficiency of 1 / (flow + m(o)/100), which weighs low flow (Santos et al. 2018).

    Returns
    -------
    score : [-], (-inf, 1]; NaN where a part is, observed flow is zero, or a flow is negative. Shape (...)
    """
    return _transformed(sample.once(inverses))


@metric
def log_kge(sample: Sample) -> Floats:
    """Kling-Gupta efficiency of ln(flow + m(o)/100). Better not used: it depends on the unit of flow.

    The ratio of mean logarithms changes with the unit and grows without bound where the mean is near zero,
    that is, where flow is about 1 in its unit (Santos et al. 2018). :func:`inverse_kge` or
    :func:`sqrt_kge` have no such fault.

    Returns
    -------
    score : [-], (-inf, 1]; NaN where a part is, observed flow is zero, or a flow is negative. Shape (...)
    """
    return _transformed(sample.once(logarithms))


@metric_of_means
def variability_ratio(sample: Sample) -> Floats:
    """Ratio of standard deviations, alpha = sd(s) / sd(o).

    Returns
    -------
    score : [-], 0 or more; NaN where the observation is constant. Shape (...)
    """
    return _alpha(sample)


@metric_of_means
def bias_ratio(sample: Sample) -> Floats:
    """Ratio of means, beta = m(s) / m(o).

    Returns
    -------
    score : [-]; NaN where the observation's mean is zero. Shape (...)
    """
    return _beta(sample)


@metric_of_means
def cv_ratio(sample: Sample) -> Floats:
    """Ratio of the coefficients of variation, gamma = alpha / beta.

    Returns
    -------
    score : [-]; NaN where the observation is constant or a mean is zero. Shape (...)
    """
    return ratio(_alpha(sample), _beta(sample))


def distance_from_one(*parts: Floats) -> Floats:
    """Return 1 - √Σ(part - 1)²."""
    return np.asarray(1.0 - np.sqrt(sum(np.square(part - 1.0) for part in parts)))


def _kge(sample: Sample) -> Floats:
    return distance_from_one(linear_correlation(sample), _alpha(sample), _beta(sample))


def _transformed(transformed: Transformed) -> Floats:
    sample, usable = transformed
    return where(usable, _kge(sample))


def _alpha(sample: Sample) -> Floats:
    return ratio(np.sqrt(sample.variance_simulated), np.sqrt(sample.variance_observed))


def _beta(sample: Sample) -> Floats:
    return ratio(sample.mean_simulated, sample.mean_observed)


_PARTS = (Cause.CONSTANT_OBSERVED, Cause.CONSTANT_SIMULATED, Cause.ZERO_OBSERVED)

METRICS_OF_KLING_GUPTA: tuple[Metric, ...] = (
    Metric(
        "kge",
        "Kling-Gupta efficiency (2009)",
        "-",
        -math.inf,
        1.0,
        1.0,
        "1 - √((r - 1)² + (α - 1)² + (β - 1)²)",
        "Distance from perfect correlation, variability and volume; the observed mean scores -0.41.",
        GUPTA_2009,
        kge,
        Group.EFFICIENCY,
        aliases=("Kling-Gupta Efficiency", "kge_2009"),
        undefined=_PARTS,
    ),
    Metric(
        "kge_2012",
        "Kling-Gupta efficiency (2012)",
        "-",
        -math.inf,
        1.0,
        1.0,
        "1 - √((r - 1)² + (γ - 1)² + (β - 1)²)",
        "As the one of 2009 with a variability that does not depend on bias.",
        KLING_2012,
        kge_2012,
        Group.EFFICIENCY,
        undefined=(*_PARTS, Cause.ZERO_SIMULATED),
    ),
    Metric(
        "normalized_kge",
        "Normalised Kling-Gupta efficiency",
        "-",
        0.0,
        1.0,
        1.0,
        "1 / (2 - KGE)",
        "KGE on a scale with both ends, for averages over places; the observed mean scores 0.41.",
        GUPTA_2009,
        normalized_kge,
        Group.EFFICIENCY,
        aliases=("nkge",),
        closed=(False, True),
        undefined=_PARTS,
    ),
    Metric(
        "sqrt_kge",
        "Kling-Gupta of square roots",
        "-",
        -math.inf,
        1.0,
        1.0,
        "KGE of √q",
        "As KGE, weighing high and low flow more evenly.",
        SANTOS_2018,
        sqrt_kge,
        Group.EFFICIENCY,
        undefined=(*_PARTS, Cause.NEGATIVE),
    ),
    Metric(
        "inverse_kge",
        "Kling-Gupta of inverses",
        "-",
        -math.inf,
        1.0,
        1.0,
        "KGE of 1 / (q + m(o)/100)",
        "As KGE, weighing the lowest flow.",
        SANTOS_2018,
        inverse_kge,
        Group.EFFICIENCY,
        undefined=(*_PARTS, Cause.NEGATIVE),
    ),
    Metric(
        "log_kge",
        "Kling-Gupta of logarithms",
        "-",
        -math.inf,
        1.0,
        1.0,
        "KGE of ln(q + m(o)/100)",
        "Given for comparison with older work. It depends on the unit of flow and has no lower bound where "
        "flow is about 1 in that unit: take the inverses or square roots instead.",
        SANTOS_2018,
        log_kge,
        Group.EFFICIENCY,
        undefined=(*_PARTS, Cause.NEGATIVE),
    ),
    Metric(
        "alpha",
        "Variability ratio α",
        "-",
        0.0,
        math.inf,
        1.0,
        "sd(s) / sd(o)",
        "Above 1: the simulation varies more than the observation.",
        GUPTA_2009,
        variability_ratio,
        Group.ASSOCIATION,
        undefined=(Cause.CONSTANT_OBSERVED,),
    ),
    Metric(
        "beta",
        "Bias ratio β",
        "-",
        -math.inf,
        math.inf,
        1.0,
        "m(s) / m(o)",
        "Above 1: too much water.",
        GUPTA_2009,
        bias_ratio,
        Group.VOLUME,
        undefined=(Cause.ZERO_OBSERVED,),
    ),
    Metric(
        "gamma",
        "Ratio of variation γ",
        "-",
        -math.inf,
        math.inf,
        1.0,
        "(sd(s) / m(s)) / (sd(o) / m(o))",
        "Ratio of the coefficients of variation.",
        KLING_2012,
        cv_ratio,
        Group.ASSOCIATION,
        undefined=(Cause.CONSTANT_OBSERVED, Cause.ZERO_OBSERVED, Cause.ZERO_SIMULATED),
    ),
)
