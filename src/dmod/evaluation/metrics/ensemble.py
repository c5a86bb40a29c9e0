"""Scores of ensembles: how near their distribution and their probabilities come to what happens.

All have the signature ``(simulated, observed, *, weights=None, ...)``: simulated has the shape (..., member,
time) and observed (..., time). Members that are missing at a time are left out of it; a time without any,
without observation or without weight does not count.

Symbols: x_i the M members at a time, y the observation, m(.) weighted mean over time; p the share of the
members at or above a threshold, o 1 where the observation is, else 0.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.evaluation.ensemble import Ensemble, EnsembleFunction, ensemble_metric
from dmod.evaluation.exceedance import Exceedance
from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.sample import Floats, ratio

HERSBACH = (
    "Hersbach (2000), Wea. Forecasting 15, 559-570, doi:10.1175/1520-0434(2000)015<0559:DOTCRP>2.0.CO;2"
)
FERRO = "Ferro (2014), Q. J. R. Meteorol. Soc. 140, 1917-1923, doi:10.1002/qj.2270"
MURPHY = "Murphy (1973), J. Appl. Meteor. 12, 595-600, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2"
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
    return ensemble.mean(ensemble.distance - ensemble.differences / size**2)


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
    return ensemble.mean(ensemble.distance - ensemble.differences / pairs, at_least=2)


@ensemble_metric
def crps_skill(ensemble: Ensemble) -> Floats:
    """CRPS relative to that of climatology: the observations of all times as members at each time.

        1 - CRPS / CRPS_c,  CRPS_c = Σ_t Σ_u w_t w_u |y_t - y_u| / 2

    The climatology is that of the times scored, of which it knows more than any forecast may; a benchmark
    by day of the year is :func:`dmod.evaluation.skill.climatology`.

    Returns
    -------
    score : [-], (-inf, 1]; NaN where the observation is constant. Shape (...)

    References
    ----------
    Hersbach (2000), Wea. Forecasting 15, 559-570, doi:10.1175/1520-0434(2000)015<0559:DOTCRP>2.0.CO;2.
    """
    order = ensemble.once(_ascending)
    observed = np.take_along_axis(ensemble.observed, order, axis=-1)
    order = np.broadcast_to(order, ensemble.weights.shape)  # weights may be of several draws
    weights = np.take_along_axis(ensemble.weights, order, axis=-1)
    below = np.cumsum(weights, axis=-1)
    climatology = (weights * observed * (2.0 * below - weights - 1.0)).sum(axis=-1)
    is_constant = np.abs(climatology) <= 1e-14 * np.abs(weights * observed).sum(axis=-1)
    return 1.0 - ratio(crps.of(ensemble), np.where(is_constant, 0.0, climatology))


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
def brier_uncertainty(ensemble: Ensemble, *, threshold: ArrayLike) -> Floats:
    """Variance of the occurrence, m(o) (1 - m(o)): the Brier score of the base rate, whatever the ensemble.

    Returns
    -------
    score : [-], [0, 1/4]; NaN where no time counts. Shape (...)

    References
    ----------
    Murphy (1973), J. Appl. Meteor. 12, 595-600, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2.
    """
    return Exceedance.of(ensemble, threshold).table().uncertainty


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


def _ascending(ensemble: Ensemble) -> NDArray[np.int64]:
    return np.argsort(ensemble.observed, axis=-1)


def metric_of_ensembles(
    function: EnsembleFunction,
    title: str,
    unit: str,
    bounds: tuple[float, float, float],
    texts: tuple[str, str, str],
    *,
    needs: tuple[str, ...] = (),
    undefined: tuple[Cause, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Metric:
    """Return the value of a score; bounds: lowest, highest, ideal; texts: definition, meaning, reference."""
    return Metric(
        function.__name__,
        title,
        unit,
        *bounds,
        *texts,
        function,
        Group.ENSEMBLE,
        needs=needs,
        aliases=aliases,
        undefined=undefined,
    )


METRICS_OF_ENSEMBLES: tuple[Metric, ...] = (
    metric_of_ensembles(
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
    metric_of_ensembles(
        crps_fair,
        "Continuous ranked probability score, fair",
        "m³/s",
        (-math.inf, math.inf, 0.0),
        (
            "m(Σ|x_i - y| / M - Σ_(i<j) |x_i - x_j| / (M (M - 1)))",
            "As it would be of endlessly many such members, so that ensembles of different sizes compare.",
            FERRO,
        ),
        undefined=(Cause.ONE_MEMBER,),
    ),
    metric_of_ensembles(
        crps_skill,
        "Continuous ranked probability skill",
        "-",
        (-math.inf, 1.0, 1.0),
        (
            "1 - CRPS / CRPS_c, CRPS_c = m_t(m_u|y_t - y_u|) / 2",
            "Share of the error of climatology, all observed values at each time, that the ensemble saves.",
            HERSBACH,
        ),
        undefined=(Cause.CONSTANT_OBSERVED,),
        aliases=("crpss", "continuous ranked probability skill score"),
    ),
    metric_of_ensembles(
        brier_score,
        "Brier score",
        "-",
        (0.0, 1.0, 0.0),
        (
            "m((p - o)²)",
            "Mean square error of the probability of reaching the threshold.",
            "Brier (1950), Mon. Wea. Rev. 78, 1-3, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
        ),
        needs=("threshold",),
        undefined=(Cause.ONE_SIDE,),
    ),
    metric_of_ensembles(
        brier_skill,
        "Brier skill",
        "-",
        (-math.inf, 1.0, 1.0),
        (
            "1 - m((p - o)²) / (m(o) (1 - m(o)))",
            "Share of the base rate's error that the ensemble saves; 0 is as good as the base rate.",
            MURPHY,
        ),
        needs=("threshold",),
        undefined=(Cause.ONE_SIDE,),
    ),
    metric_of_ensembles(
        brier_reliability,
        "Brier score, reliability",
        "-",
        (0.0, 1.0, 0.0),
        (
            "Σ_k n_k (p_k - o_k)², n_k the share of the times with p_k, o_k how often it occurs then",
            "How far probabilities are from what then occurs.",
            MURPHY,
        ),
        needs=("threshold",),
        undefined=(Cause.ONE_SIDE,),
    ),
    metric_of_ensembles(
        brier_resolution,
        "Brier score, resolution",
        "-",
        (0.0, 0.25, math.nan),
        (
            "Σ_k n_k (o_k - m(o))²",
            "How well probabilities tell apart when it occurs; the more the better, up to the uncertainty.",
            MURPHY,
        ),
        needs=("threshold",),
        undefined=(Cause.ONE_SIDE,),
    ),
    metric_of_ensembles(
        brier_uncertainty,
        "Brier score, uncertainty",
        "-",
        (0.0, 0.25, math.nan),
        (
            "m(o) (1 - m(o))",
            "Brier score of the base rate, which no ensemble changes.",
            MURPHY,
        ),
        needs=("threshold",),
        undefined=(Cause.ONE_SIDE,),
    ),
    metric_of_ensembles(
        roc_area,
        "Area below the relative operating characteristic",
        "-",
        (0.0, 1.0, 1.0),
        (
            "P(p where it occurs > p where not) + P(both equal) / 2",
            "How well the ensemble discriminates; 1/2 by chance, blind to bias.",
            MASON,
        ),
        needs=("threshold",),
        undefined=(Cause.ONE_SIDE,),
    ),
)
"""How near the distribution of the members comes to what is observed, and above thresholds."""
