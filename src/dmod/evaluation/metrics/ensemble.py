"""Scores of ensembles: several simulations of the same, and the probability that they give to what happens.

All have the signature ``(simulated, observed, *, weights=None, ...)``: simulated has the shape (..., member,
time) and observed (..., time). Members that are missing at a time are left out of it; a time without any,
without observation or without weight does not count.

Symbols: x_i the M members at a time, y the observation, m(.) weighted mean over time; p the share of the
members at or above a threshold, o 1 where the observation is, else 0.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from dmod.evaluation.ensemble import Ensemble, EnsembleFunction, Exceedance, ensemble_metric
from dmod.evaluation.metric import Group, Metric
from dmod.evaluation.sample import Floats, ratio

HERSBACH = (
    "Hersbach (2000), Wea. Forecasting 15, 559-570, doi:10.1175/1520-0434(2000)015<0559:DOTCRP>2.0.CO;2"
)
FERRO = "Ferro (2014), Q. J. R. Meteorol. Soc. 140, 1917-1923, doi:10.1002/qj.2270"
MURPHY = "Murphy (1973), J. Appl. Meteor. 12, 595-600, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2"
FORTIN = "Fortin et al. (2014), J. Hydrometeor. 15, 1708-1713, doi:10.1175/JHM-D-14-0008.1"
MASON = "Mason & Graham (2002), Q. J. R. Meteorol. Soc. 128, 2145-2166, doi:10.1256/003590002320603584"


@ensemble_metric
def crps(ensemble: Ensemble) -> Floats:
    """Continuous ranked probability score of the members as a distribution.

        m(Σ_i |x_i - y| / M - Σ_(i<j) |x_i - x_j| / M²)

    Of one member it is the absolute error.

    Parameters
    ----------
    simulated : [any one unit], NaN where a member is missing, shape (..., member, time)
    observed : [same unit], NaN where missing, shape (..., time)
    weights : 0 or more, broadcast to (..., time)

    Returns
    -------
    score : [unit of the input], [0, inf); NaN where no time counts. Shape (...)

    References
    ----------
    Hersbach (2000), Wea. Forecasting 15, 559-570, doi:10.1175/1520-0434(2000)015<0559:DOTCRP>2.0.CO;2.
    """
    size = np.maximum(ensemble.size, 1)
    return ensemble.mean(_distance(ensemble) - _differences(ensemble) / size**2)


@ensemble_metric
def crps_fair(ensemble: Ensemble) -> Floats:
    """Continuous ranked probability score as it would be of endlessly many such members.

        m(Σ_i |x_i - y| / M - Σ_(i<j) |x_i - x_j| / (M (M - 1)))

    so that ensembles of different sizes compare; it may fall below zero by chance.

    Returns
    -------
    score : [unit of the input]; NaN where no time has two members. Shape (...)

    References
    ----------
    Ferro (2014), Q. J. R. Meteorol. Soc. 140, 1917-1923, doi:10.1002/qj.2270.
    """
    pairs = np.maximum(ensemble.size * (ensemble.size - 1), 1)
    return ensemble.mean(_distance(ensemble) - _differences(ensemble) / pairs, at_least=2)


@ensemble_metric
def brier_score(ensemble: Ensemble, *, threshold: ArrayLike) -> Floats:
    """Mean square error of the probability of reaching a threshold, m((p - o)²).

    It is reliability - resolution + uncertainty (Murphy 1973) where no member is missing.

    Parameters
    ----------
    threshold : [unit of the input], broadcast to (..., time); a time does not count where it is NaN

    Returns
    -------
    score : [-], [0, 1]; NaN where no time counts. Shape (...)

    References
    ----------
    Brier (1950), Mon. Wea. Rev. 78, 1-3, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    return Exceedance.of(ensemble, threshold).score


@ensemble_metric
def brier_skill(ensemble: Ensemble, *, threshold: ArrayLike) -> Floats:
    """Brier score relative to that of the observed base rate, 1 - m((p - o)²) / (m(o) (1 - m(o))).

    Returns
    -------
    score : [-], (-inf, 1]; NaN where it always or never occurs. Shape (...)

    References
    ----------
    Murphy (1973), J. Appl. Meteor. 12, 595-600, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2.
    """
    exceedance = Exceedance.of(ensemble, threshold)
    return 1.0 - ratio(exceedance.score, exceedance.table().uncertainty)


@ensemble_metric
def brier_reliability(ensemble: Ensemble, *, threshold: ArrayLike) -> Floats:
    """Mean square difference of the probabilities and of how often it then occurs, the part that hurts.

    Returns
    -------
    score : [-], [0, 1]; NaN where no time counts. Shape (...)

    References
    ----------
    Murphy (1973), J. Appl. Meteor. 12, 595-600, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2.
    """
    return Exceedance.of(ensemble, threshold).table().reliability


@ensemble_metric
def brier_resolution(ensemble: Ensemble, *, threshold: ArrayLike) -> Floats:
    """Mean square difference of how often it occurs at each probability and at all, the part that helps.

    Returns
    -------
    score : [-], [0, 1/4]; NaN where no time counts. Shape (...)

    References
    ----------
    Murphy (1973), J. Appl. Meteor. 12, 595-600, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2.
    """
    return Exceedance.of(ensemble, threshold).table().resolution


@ensemble_metric
def roc_area(ensemble: Ensemble, *, threshold: ArrayLike) -> Floats:
    """Area below the relative operating characteristic: the chance that p is higher where it occurs.

    A tie counts half.

    Returns
    -------
    score : [-], [0, 1]; 1/2 by chance; NaN where it always or never occurs. Shape (...)

    References
    ----------
    Mason & Graham (2002), Q. J. R. Meteorol. Soc. 128, 2145-2166, doi:10.1256/003590002320603584.
    """
    return Exceedance.of(ensemble, threshold).table().roc_area


@ensemble_metric
def spread_skill_ratio(ensemble: Ensemble) -> Floats:
    """Spread of the members relative to the error of their mean, √m((M + 1) / M s²) / √m((x̄ - y)²).

    s² is the variance of the members, by M - 1.

    Returns
    -------
    score : [-], [0, inf); below 1 the ensemble is too sure. NaN where the mean is without error or no time
        has two members. Shape (...)

    References
    ----------
    Fortin et al. (2014), J. Hydrometeor. 15, 1708-1713, doi:10.1175/JHM-D-14-0008.1.
    """
    size = ensemble.size
    deviations = np.nansum((ensemble.members - ensemble.average[..., None, :]) ** 2, axis=-2)
    variance = deviations / np.maximum(size - 1, 1) * (size + 1) / np.maximum(size, 1)
    error = (ensemble.average - ensemble.observed) ** 2
    return ratio(np.sqrt(ensemble.mean(variance, 2)), np.sqrt(ensemble.mean(error, 2)))


def _distance(ensemble: Ensemble) -> Floats:
    """Mean of |x_i - y| at each time, shape (..., time)."""
    distances = np.nansum(np.abs(ensemble.members - ensemble.observed[..., None, :]), axis=-2)
    return np.asarray(distances / np.maximum(ensemble.size, 1))


def _differences(ensemble: Ensemble) -> Floats:
    """Sum of |x_i - x_j| over all pairs i < j at each time, from the members' order, shape (..., time)."""
    rank = np.arange(1, ensemble.members.shape[-2] + 1)[:, None]
    return np.asarray(np.nansum((2 * rank - ensemble.size[..., None, :] - 1) * ensemble.ordered, axis=-2))


def _of_ensembles(
    function: EnsembleFunction,
    title: str,
    unit: str,
    bounds: tuple[float, float, float],
    texts: tuple[str, str, str],
    needs: tuple[str, ...] = (),
) -> Metric:
    """Return the value of a score; bounds: lowest, highest, ideal; texts: definition, meaning, reference."""
    return Metric(function.__name__, title, unit, *bounds, *texts, function, Group.ENSEMBLE, needs=needs)


METRICS_OF_ENSEMBLES: tuple[Metric, ...] = (
    _of_ensembles(
        crps,
        "Continuous ranked probability score",
        "m³/s",
        (0.0, math.inf, 0.0),
        (
            "m(Σ|x_i - y| / M - Σ_(i<j) |x_i - x_j| / M²)",
            "Typical error of the whole distribution; of one member the mean absolute error.",
            HERSBACH,
        ),
    ),
    _of_ensembles(
        crps_fair,
        "Continuous ranked probability score, fair",
        "m³/s",
        (-math.inf, math.inf, 0.0),
        (
            "m(Σ|x_i - y| / M - Σ_(i<j) |x_i - x_j| / (M (M - 1)))",
            "As it would be of endlessly many such members, so that ensembles of different sizes compare.",
            FERRO,
        ),
    ),
    _of_ensembles(
        brier_score,
        "Brier score",
        "-",
        (0.0, 1.0, 0.0),
        (
            "m((p - o)²)",
            "Mean square error of the probability of reaching the threshold.",
            "Brier (1950), Mon. Wea. Rev. 78, 1-3, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
        ),
        ("threshold",),
    ),
    _of_ensembles(
        brier_skill,
        "Brier skill",
        "-",
        (-math.inf, 1.0, 1.0),
        (
            "1 - m((p - o)²) / (m(o) (1 - m(o)))",
            "Share of the base rate's error that the ensemble saves; 0 is as good as the base rate.",
            MURPHY,
        ),
        ("threshold",),
    ),
    _of_ensembles(
        brier_reliability,
        "Brier score, reliability",
        "-",
        (0.0, 1.0, 0.0),
        (
            "Σ_k n_k (p_k - o_k)², n_k the share of the times with p_k, o_k how often it occurs then",
            "How far probabilities are from what then occurs.",
            MURPHY,
        ),
        ("threshold",),
    ),
    _of_ensembles(
        brier_resolution,
        "Brier score, resolution",
        "-",
        (0.0, 0.25, math.nan),
        (
            "Σ_k n_k (o_k - m(o))²",
            "How well probabilities tell apart when it occurs; the more the better, up to the uncertainty.",
            MURPHY,
        ),
        ("threshold",),
    ),
    _of_ensembles(
        roc_area,
        "Area below the relative operating characteristic",
        "-",
        (0.0, 1.0, 1.0),
        (
            "P(p where it occurs > p where not) + P(both equal) / 2",
            "How well the ensemble discriminates; 1/2 by chance, blind to bias.",
            MASON,
        ),
        ("threshold",),
    ),
    _of_ensembles(
        spread_skill_ratio,
        "Spread-skill ratio",
        "-",
        (0.0, math.inf, 1.0),
        (
            "√m((M + 1) / M s²) / √m((x̄ - y)²)",
            "Below 1 the ensemble is too sure, above 1 not sure enough.",
            FORTIN,
        ),
    ),
)
"""Of ensembles, whose simulated values have an axis of members before that of time."""
