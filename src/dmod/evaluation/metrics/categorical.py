"""How often the exceedance of a threshold is simulated where it was observed, and where it was not.

A value at or above the threshold is an occurrence. Symbols: H hits (both), M misses (only observed), F false
alarms (only simulated), C correct negatives (neither), each the share of the pairs' weight, n their sum. All
functions take ``threshold`` as :func:`dmod.evaluation.contingency.contingency` does.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from dmod.evaluation.contingency import contingency
from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.sample import Floats, MetricFunction, Sample, metric_of_means, ratio

WILKS = "Wilks (2011), Statistical Methods in the Atmospheric Sciences, ch. 8, doi:10.1016/C2010-0-65519-2"
SCHAEFER = "Schaefer (1990), Wea. Forecasting 5, 570-575, doi:10.1175/1520-0434(1990)005<0570:TCSIAA>2.0.CO;2"


@metric_of_means
def probability_of_detection(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Share of the observed occurrences that were simulated, H / (H + M).

    Parameters
    ----------
    simulated, observed : [any one unit], shape (..., time)
    weights : 0 or more, broadcast to the same shape
    threshold : [unit of the input], broadcast to (..., time); a pair does not count where it is NaN

    Returns
    -------
    score : [-], [0, 1]; NaN where nothing was observed to occur. Shape (...)

    References
    ----------
    Wilks (2011), ch. 8, doi:10.1016/C2010-0-65519-2.
    """
    t = contingency(sample, threshold)
    return ratio(t.hits, t.hits + t.misses)


@metric_of_means
def false_alarm_ratio(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Share of the simulated occurrences that were not observed, F / (H + F).

    Returns
    -------
    score : [-], [0, 1]; NaN where nothing was simulated to occur. Shape (...)

    References
    ----------
    Wilks (2011), ch. 8, doi:10.1016/C2010-0-65519-2; Barnes et al. (2009), Wea. Forecasting 24, 1452-1454,
    doi:10.1175/2009WAF2222300.1, on its confusion with the probability of false detection.
    """
    t = contingency(sample, threshold)
    return ratio(t.false_alarms, t.hits + t.false_alarms)


@metric_of_means
def precision(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Share of the simulated occurrences that were observed (success ratio), H / (H + F).

    Returns
    -------
    score : [-], [0, 1]; NaN where nothing was simulated to occur. Shape (...)

    References
    ----------
    Roebber (2009), Wea. Forecasting 24, 601-608, doi:10.1175/2008WAF2222159.1.
    """
    t = contingency(sample, threshold)
    return ratio(t.hits, t.hits + t.false_alarms)


@metric_of_means
def probability_of_false_detection(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Share of what did not occur that was simulated to occur (false alarm rate), F / (F + C).

    Returns
    -------
    score : [-], [0, 1]; NaN where everything was observed to occur. Shape (...)

    References
    ----------
    Wilks (2011), ch. 8, doi:10.1016/C2010-0-65519-2.
    """
    t = contingency(sample, threshold)
    return ratio(t.false_alarms, t.false_alarms + t.correct_negatives)


@metric_of_means
def frequency_bias(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Ratio of the simulated to the observed occurrences, (H + F) / (H + M).

    Returns
    -------
    score : [-], [0, inf); NaN where nothing was observed to occur. Shape (...)

    References
    ----------
    Wilks (2011), ch. 8, doi:10.1016/C2010-0-65519-2.
    """
    t = contingency(sample, threshold)
    return ratio(t.hits + t.false_alarms, t.hits + t.misses)


@metric_of_means
def accuracy(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Share of the pairs on the same side of the threshold, (H + C) / n.

    Returns
    -------
    score : [-], [0, 1]; NaN without a pair. Shape (...)

    References
    ----------
    Wilks (2011), ch. 8, doi:10.1016/C2010-0-65519-2, after Finley (1884).
    """
    t = contingency(sample, threshold)
    return ratio(t.hits + t.correct_negatives, t.total)


@metric_of_means
def critical_success_index(sample: Sample, *, threshold: ArrayLike) -> Floats:
    """Hits among all that was simulated or observed to occur (threat score), H / (H + M + F).

    Returns
    -------
    score : [-], [0, 1]; NaN where nothing was simulated or observed to occur. Shape (...)

    References
    ----------
    Schaefer (1990), Wea. Forecasting 5, 570-575, doi:10.1175/1520-0434(1990)005<0570:TCSIAA>2.0.CO;2.
    """
    t = contingency(sample, threshold)
    return ratio(t.hits, t.hits + t.misses + t.false_alarms)


def categorical_metric(
    function: MetricFunction,
    title: str,
    bounds: tuple[float, float],
    ideal: float,
    texts: tuple[str, str, str],
    aliases: tuple[str, ...],
) -> Metric:
    """Return the value of a metric that needs a threshold; the texts are definition, meaning, reference."""
    return Metric(
        function.__name__,
        title,
        "-",
        *bounds,
        ideal,
        *texts,
        function,
        Group.CATEGORICAL,
        needs=("threshold",),
        aliases=aliases,
        undefined=(Cause.ONE_SIDE,),
    )


METRICS_OF_CATEGORIES: tuple[Metric, ...] = (
    categorical_metric(
        probability_of_detection,
        "Probability of detection",
        (0.0, 1.0),
        1.0,
        (
            "H / (H + M)",
            "Share of the observed occurrences that were simulated. Blind to false alarms.",
            WILKS,
        ),
        (
            "Probability Of Detection",
            "pod",
        ),
    ),
    categorical_metric(
        false_alarm_ratio,
        "False alarm ratio",
        (0.0, 1.0),
        0.0,
        (
            "F / (H + F)",
            "Share of the simulated occurrences that were not observed. Blind to misses.",
            "Barnes et al. (2009), Wea. Forecasting 24, 1452-1454, doi:10.1175/2009WAF2222300.1",
        ),
        (
            "False Alarm Ratio",
            "far",
        ),
    ),
    categorical_metric(
        precision,
        "Precision (success ratio)",
        (0.0, 1.0),
        1.0,
        (
            "H / (H + F)",
            "Share of the simulated occurrences that were observed.",
            "Roebber (2009), Wea. Forecasting 24, 601-608, doi:10.1175/2008WAF2222159.1",
        ),
        (
            "Precision",
            "success_ratio",
        ),
    ),
    categorical_metric(
        probability_of_false_detection,
        "Probability of false detection",
        (0.0, 1.0),
        0.0,
        (
            "F / (F + C)",
            "Share of what did not occur that was simulated to occur; small for whatever is rare.",
            WILKS,
        ),
        (
            "Probability Of False Detection",
            "pofd",
        ),
    ),
    categorical_metric(
        frequency_bias,
        "Frequency bias",
        (0.0, float("inf")),
        1.0,
        ("(H + F) / (H + M)", "Above 1: it is simulated to occur too often, whenever that is.", WILKS),
        ("Frequency Bias",),
    ),
    categorical_metric(
        accuracy,
        "Accuracy",
        (0.0, 1.0),
        1.0,
        (
            "(H + C) / n",
            "Share of the pairs on the same side of the threshold; high for whatever is rare.",
            WILKS,
        ),
        ("Accuracy",),
    ),
    categorical_metric(
        critical_success_index,
        "Critical success index (threat score)",
        (0.0, 1.0),
        1.0,
        ("H / (H + M + F)", "Hits among all that was simulated or observed to occur.", SCHAEFER),
        (
            "Critical Success Index",
            "csi",
            "threat_score",
        ),
    ),
)
"""Shares of the contingency table at a threshold."""
