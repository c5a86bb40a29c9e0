"""How much better than by chance the exceedance of a threshold is simulated.

A value at or above the threshold is an occurrence. Symbols: H hits (both), M misses (only observed), F false
alarms (only simulated), C correct negatives (neither), each the share of the pairs' weight, n their sum. All
functions take ``threshold`` as :func:`dmod.evaluation.contingency.contingency` does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dmod.evaluation.contingency import contingency
from dmod.evaluation.metric import Metric
from dmod.evaluation.metrics.categorical import SCHAEFER, categorical_metric
from dmod.evaluation.sample import Floats, Sample, metric_of_means, ratio

STEPHENSON = (
    "Stephenson (2000), Wea. Forecasting 15, 221-232, doi:10.1175/1520-0434(2000)015<0221:UOTORF>2.0.CO;2"
)


@metric_of_means
def equitable_threat_score(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Critical success index without the hits by chance, (H - Hr) / (H + M + F - Hr) (Gilbert's skill).

    Hr = (H + M)(H + F) / n. Computed as (H C - M F) / ((M + F) n + H C - M F), which is the same and exact
    where the table is degenerate.

    Returns
    -------
    score : [-], [-1/3, 1]; NaN where the same side holds throughout in both. Shape (...)

    References
    ----------
    Schaefer (1990), Wea. Forecasting 5, 570-575, doi:10.1175/1520-0434(1990)005<0570:TCSIAA>2.0.CO;2.
    """
    t = contingency(sample, threshold)
    return ratio(t.determinant, (t.misses + t.false_alarms) * t.total + t.determinant)


@metric_of_means
def heidke_skill(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Accuracy beyond that by chance (Heidke), 2 (H C - M F) / ((H + M)(M + C) + (H + F)(F + C)).

    Returns
    -------
    score : [-], [-1, 1]; 0 by chance; NaN where the same side holds throughout in both. Shape (...)

    References
    ----------
    Heidke (1926), Geogr. Ann. 8, 301-349, doi:10.1080/20014422.1926.11881138.
    """
    t = contingency(sample, threshold)
    observed = (t.hits + t.misses) * (t.misses + t.correct_negatives)
    simulated = (t.hits + t.false_alarms) * (t.false_alarms + t.correct_negatives)
    return ratio(2.0 * t.determinant, observed + simulated)


@metric_of_means
def peirce_skill(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Probability of detection less that of false detection (Peirce), H / (H + M) - F / (F + C).

    Returns
    -------
    score : [-], [-1, 1]; 0 by chance; NaN where the observation stays on one side. Shape (...)

    References
    ----------
    Peirce (1884), Science 4, 453-454, doi:10.1126/science.ns-4.93.453-a.
    """
    t = contingency(sample, threshold)
    return ratio(t.determinant, (t.hits + t.misses) * (t.false_alarms + t.correct_negatives))


@metric_of_means
def symmetric_extremal_dependence(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Skill that keeps its meaning as occurrences get rare (SEDI).

        (ln f - ln h + ln(1 - h) - ln(1 - f)) / (ln f + ln h + ln(1 - h) + ln(1 - f))

    with h the probability of detection and f that of false detection.

    Returns
    -------
    score : [-], [-1, 1]; 0 by chance; 1 where there is neither a miss nor a false alarm, -1 where there is
        nothing else; otherwise NaN where one of H, M, F, C is zero. Shape (...)

    References
    ----------
    Ferro & Stephenson (2011), Wea. Forecasting 26, 699-713, doi:10.1175/WAF-D-10-05030.1.
    """
    t = contingency(sample, threshold)
    hit = ratio(t.hits, t.hits + t.misses)
    false = ratio(t.false_alarms, t.false_alarms + t.correct_negatives)
    inside = (hit > 0.0) & (hit < 1.0) & (false > 0.0) & (false < 1.0)
    h, f = np.where(inside, hit, 0.25), np.where(inside, false, 0.5)
    logs = np.log(f), np.log(h), np.log1p(-h), np.log1p(-f)
    score = ratio(logs[0] - logs[1] + logs[2] - logs[3], sum(logs))
    extreme = np.where((hit == 1.0) & (false == 0.0), 1.0, np.nan)
    extreme = np.where((hit == 0.0) & (false == 1.0), -1.0, extreme)
    return np.where(inside, score, extreme)


@metric_of_means
def odds_ratio_skill(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Skill from the ratio of the odds (Yule's Q), (H C - M F) / (H C + M F).

    Returns
    -------
    score : [-], [-1, 1]; 0 by chance; NaN where both products are zero. Shape (...)

    References
    ----------
    Stephenson (2000), Wea. Forecasting 15, 221-232, doi:10.1175/1520-0434(2000)015<0221:UOTORF>2.0.CO;2.
    """
    t = contingency(sample, threshold)
    return ratio(t.determinant, t.hits * t.correct_negatives + t.misses * t.false_alarms)


METRICS_OF_CATEGORICAL_SKILL: tuple[Metric, ...] = (
    categorical_metric(
        equitable_threat_score,
        "Equitable threat score",
        (-1.0 / 3.0, 1.0),
        1.0,
        (
            "(H - Hr) / (H + M + F - Hr), Hr = (H + M)(H + F) / n",
            "Critical success index without the hits that chance gives; 0 by chance.",
            SCHAEFER,
        ),
        (
            "Equitable Threat Score",
            "ets",
            "gilbert_skill",
        ),
    ),
    categorical_metric(
        heidke_skill,
        "Heidke skill (general skill)",
        (-1.0, 1.0),
        1.0,
        (
            "2 (H C - M F) / ((H + M)(M + C) + (H + F)(F + C))",
            "Accuracy beyond the one that chance gives; 0 by chance.",
            "Heidke (1926), Geogr. Ann. 8, 301-349, doi:10.1080/20014422.1926.11881138",
        ),
        (
            "General Skill",
            "hss",
            "cohens_kappa",
        ),
    ),
    categorical_metric(
        peirce_skill,
        "Peirce skill",
        (-1.0, 1.0),
        1.0,
        (
            "H / (H + M) - F / (F + C)",
            "Detection less false detection; 0 by chance and for a simulation that stays on one side.",
            "Peirce (1884), Science 4, 453-454, doi:10.1126/science.ns-4.93.453-a",
        ),
        (
            "hanssen_kuipers",
            "true_skill_statistic",
        ),
    ),
    categorical_metric(
        symmetric_extremal_dependence,
        "Symmetric extremal dependence index",
        (-1.0, 1.0),
        1.0,
        (
            "(ln f - ln h + ln(1 - h) - ln(1 - f)) / (ln f + ln h + ln(1 - h) + ln(1 - f)), "
            "h = H / (H + M), f = F / (F + C)",
            "Skill that keeps its meaning as occurrences get rare; 0 by chance.",
            "Ferro & Stephenson (2011), Wea. Forecasting 26, 699-713, doi:10.1175/WAF-D-10-05030.1",
        ),
        ("sedi",),
    ),
    categorical_metric(
        odds_ratio_skill,
        "Odds ratio skill (Yule's Q)",
        (-1.0, 1.0),
        1.0,
        (
            "(H C - M F) / (H C + M F)",
            "Association that does not depend on how often it occurs; 0 by chance.",
            STEPHENSON,
        ),
        ("yules_q",),
    ),
)
"""Skills of the contingency table at a threshold: 0 by chance, 1 without an error."""
