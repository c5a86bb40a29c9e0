"""Whether the members of an ensemble are spread as the observation is: reliability, spread and coverage.

All have the signature ``(simulated, observed, *, weights=None)``, and axes and symbols of
:mod:`dmod.evaluation.metrics.ensemble`. Those of ranks and intervals count times at which all members are.
"""

from __future__ import annotations

import math

import numpy as np

from dmod.evaluation.ensemble import Ensemble, ensemble_metric
from dmod.evaluation.ensemble_rank import ranks_of
from dmod.evaluation.metric import Cause, Metric
from dmod.evaluation.metrics.ensemble import metric_of_ensembles
from dmod.evaluation.sample import Floats, ratio

FORTIN = "Fortin et al. (2014), J. Hydrometeor. 15, 1708-1713, doi:10.1175/JHM-D-14-0008.1"
RENARD = "Renard et al. (2010), Water Resour. Res. 46, W05521, doi:10.1029/2009WR008328"
DELLE_MONACHE = "Delle Monache et al. (2006), J. Geophys. Res. 111, D24307, doi:10.1029/2005JD006917"
GNEITING = "Gneiting et al. (2007), J. R. Stat. Soc. B 69, 243-268, doi:10.1111/j.1467-9868.2007.00587.x"


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
    error = (ensemble.average - ensemble.observed) ** 2
    return ratio(ensemble_spread.of(ensemble), np.sqrt(ensemble.mean(error, 2)))


@ensemble_metric
def ensemble_spread(ensemble: Ensemble) -> Floats:
    """Spread of the members, √m((M + 1) / M s²): what the error of their mean is if they are reliable.

    Returns
    -------
    score : [unit of the input], [0, inf); NaN where no time has two members. Shape (...)

    References
    ----------
    Fortin et al. (2014), J. Hydrometeor. 15, 1708-1713, doi:10.1175/JHM-D-14-0008.1.
    """
    size = ensemble.size
    return np.sqrt(ensemble.mean(ensemble.variance * (size + 1) / np.maximum(size, 1), 2))


@ensemble_metric
def reliability_index(ensemble: Ensemble) -> Floats:
    """How far the rank histogram is from flat, Σ_k |f_k - 1 / (M + 1)| over its M + 1 ranks.

    Returns
    -------
    score : [-], [0, 2); 0 flat. NaN where no time counts. Shape (...)

    References
    ----------
    Delle Monache et al. (2006), J. Geophys. Res. 111, D24307, doi:10.1029/2005JD006917.
    """
    return np.asarray(np.abs(ranks_of(ensemble) - 1.0 / (ensemble.number + 1)).sum(axis=-1))


@ensemble_metric
def alpha_reliability(ensemble: Ensemble) -> Floats:
    """Reliability of the predictive quantiles, 1 - 2 A: A is the area between their diagram and the diagonal.

    The diagram has the share of the observations below each member in order against the member's own share,
    k / (M + 1), with straight lines between.

    Returns
    -------
    score : [-], [0, 1]; 1 reliable. NaN where no time counts. Shape (...)

    References
    ----------
    Renard et al. (2010), Water Resour. Res. 46, W05521, doi:10.1029/2009WR008328.
    """
    ranks = ranks_of(ensemble)
    wide = 1.0 / ranks.shape[-1]
    off = np.cumsum(ranks - wide, axis=-1)
    before, after = np.concatenate((np.zeros((*off.shape[:-1], 1)), off[..., :-1]), axis=-1), off
    size = np.abs(before) + np.abs(after)
    crosses = before * after < 0.0
    # two triangles where the line crosses the diagonal, else a trapezium
    area = np.where(crosses, (before**2 + after**2) / np.where(crosses, size, 1.0), size) * wide / 2.0
    return np.asarray(1.0 - 2.0 * area.sum(axis=-1))


@ensemble_metric
def coverage_50(ensemble: Ensemble) -> Floats:
    """Share of the observations within the central half of the members, between their quartiles.

    Quartiles as :meth:`dmod.evaluation.ensemble.Ensemble.quantile` has them.

    Returns
    -------
    score : [-], [0, 1]; NaN where no time has all members. Shape (...)

    References
    ----------
    Gneiting et al. (2007), J. R. Stat. Soc. B 69, 243-268, doi:10.1111/j.1467-9868.2007.00587.x.
    """
    return _coverage(ensemble, 0.5)


@ensemble_metric
def coverage_90(ensemble: Ensemble) -> Floats:
    """Share of the observations within the central nine tenths of the members.

    Of fewer than 19 members it is that within all of them, for which (M - 1) / (M + 1) is reliable.

    Returns
    -------
    score : [-], [0, 1]; NaN where no time has all members. Shape (...)

    References
    ----------
    Gneiting et al. (2007), J. R. Stat. Soc. B 69, 243-268, doi:10.1111/j.1467-9868.2007.00587.x.
    """
    return _coverage(ensemble, 0.9)


@ensemble_metric
def interval_width_50(ensemble: Ensemble) -> Floats:
    """Mean width of the central half of the members: sharpness, whatever is observed.

    Returns
    -------
    score : [unit of the input], [0, inf); NaN where no time has all members. Shape (...)

    References
    ----------
    Gneiting et al. (2007), J. R. Stat. Soc. B 69, 243-268, doi:10.1111/j.1467-9868.2007.00587.x.
    """
    return _width(ensemble, 0.5)


@ensemble_metric
def interval_width_90(ensemble: Ensemble) -> Floats:
    """Mean width of the central nine tenths of the members: sharpness, whatever is observed.

    Returns
    -------
    score : [unit of the input], [0, inf); NaN where no time has all members. Shape (...)

    References
    ----------
    Gneiting et al. (2007), J. R. Stat. Soc. B 69, 243-268, doi:10.1111/j.1467-9868.2007.00587.x.
    """
    return _width(ensemble, 0.9)


def _bounds(ensemble: Ensemble, share: float) -> tuple[Floats, Floats]:
    return ensemble.quantile((1.0 - share) / 2.0), ensemble.quantile((1.0 + share) / 2.0)


def _coverage(ensemble: Ensemble, share: float) -> Floats:
    low, high = _bounds(ensemble, share)
    within = (ensemble.observed >= low) & (ensemble.observed <= high)
    return ensemble.mean_of_full(within.astype(np.float64))


def _width(ensemble: Ensemble, share: float) -> Floats:
    low, high = _bounds(ensemble, share)
    return ensemble.mean_of_full(high - low)


METRICS_OF_ENSEMBLE_CALIBRATION: tuple[Metric, ...] = (
    metric_of_ensembles(
        spread_skill_ratio,
        "Spread-skill ratio",
        "-",
        (0.0, math.inf, 1.0),
        (
            "√m((M + 1) / M s²) / √m((x̄ - y)²)",
            "Below 1 the ensemble is too sure, above 1 not sure enough.",
            FORTIN,
        ),
        undefined=(Cause.ONE_MEMBER, Cause.EXACT_MEAN),
    ),
    metric_of_ensembles(
        ensemble_spread,
        "Spread of the members",
        "m³/s",
        (0.0, math.inf, math.nan),
        ("√m((M + 1) / M s²)", "What the error of the mean is if the members are reliable.", FORTIN),
        undefined=(Cause.ONE_MEMBER,),
    ),
    metric_of_ensembles(
        reliability_index,
        "Reliability index of the rank histogram",
        "-",
        (0.0, 2.0, 0.0),
        (
            "Σ_k |f_k - 1 / (M + 1)|, f_k the share of the times with k members below the observation",
            "How far the rank histogram is from flat.",
            DELLE_MONACHE,
        ),
        aliases=("rank histogram flatness",),
    ),
    metric_of_ensembles(
        alpha_reliability,
        "Reliability of predictive quantiles (α)",
        "-",
        (0.0, 1.0, 1.0),
        (
            "1 - 2 ∫|F(u) - u| du, F(k / (M + 1)) the share of the observations below the k-th member",
            "Whether values are exceeded as often as the members say, over all quantiles.",
            RENARD,
        ),
        aliases=("alpha index",),
    ),
    metric_of_ensembles(
        coverage_50,
        "Coverage of the central half",
        "-",
        (0.0, 1.0, 0.5),
        (
            "m(1 where q_0.25 ≤ y ≤ q_0.75)",
            "Share of the observations between the quartiles of the members; half if they are reliable.",
            GNEITING,
        ),
    ),
    metric_of_ensembles(
        coverage_90,
        "Coverage of the central nine tenths",
        "-",
        (0.0, 1.0, 0.9),
        (
            "m(1 where q_0.05 ≤ y ≤ q_0.95)",
            "Share of the observations between the outer quantiles; of fewer than 19 members, within all of "
            "them, (M - 1) / (M + 1) if they are reliable.",
            GNEITING,
        ),
    ),
    metric_of_ensembles(
        interval_width_50,
        "Width of the central half",
        "m³/s",
        (0.0, math.inf, math.nan),
        (
            "m(q_0.75 - q_0.25)",
            "Sharpness: of two reliable ensembles the narrower is the better.",
            GNEITING,
        ),
    ),
    metric_of_ensembles(
        interval_width_90,
        "Width of the central nine tenths",
        "m³/s",
        (0.0, math.inf, math.nan),
        (
            "m(q_0.95 - q_0.05)",
            "Sharpness: of two reliable ensembles the narrower is the better.",
            GNEITING,
        ),
    ),
)
"""How the members are spread."""
