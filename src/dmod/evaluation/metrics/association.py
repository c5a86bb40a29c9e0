"""How well simulated and observed vary together."""

from __future__ import annotations

import numpy as np

from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.metrics.error import MORIASI_2007
from dmod.evaluation.metrics.rank import ranks
from dmod.evaluation.sample import Floats, Sample, metric, metric_of_means, ratio


@metric_of_means
def correlation(sample: Sample) -> Floats:
    """Linear (Pearson) correlation, r = cov(s, o) / (sd(s) sd(o)).

    Returns
    -------
    score : [-], [-1, 1]; NaN where either series is constant. Shape (...)
    """
    return linear_correlation(sample)


@metric_of_means
def r_squared(sample: Sample) -> Floats:
    """Coefficient of determination of the linear regression, r^2; blind to bias.

    Returns
    -------
    score : [-], [0, 1]; NaN where either series is constant. Shape (...)
    """
    return np.square(linear_correlation(sample))


@metric
def spearman(sample: Sample) -> Floats:
    """Rank (Spearman) correlation: the linear one of mean ranks, blind to any rising transformation.

    Returns
    -------
    score : [-], [-1, 1]; NaN where either series is constant. Shape (...)
    """
    return linear_correlation(sample.once(ranks))


@metric_of_means
def concordance(sample: Sample) -> Floats:
    """Concordance correlation, 2 cov(s, o) / (sd(s)^2 + sd(o)^2 + (m(s) - m(o))^2) (Lin 1989).

    Returns
    -------
    score : [-], [-1, 1]; NaN where both series are constant and alike. Shape (...)
    """
    apart = np.square(sample.mean_simulated - sample.mean_observed)
    return ratio(2.0 * sample.covariance, sample.variance_simulated + sample.variance_observed + apart)


def linear_correlation(sample: Sample) -> Floats:
    """Return cov(s, o) / (sd(s) sd(o)) within [-1, 1]; NaN where a series is constant."""
    spreads = np.sqrt(sample.variance_simulated) * np.sqrt(sample.variance_observed)
    return np.asarray(np.clip(ratio(sample.covariance, spreads), -1.0, 1.0))


_BOTH = (Cause.CONSTANT_OBSERVED, Cause.CONSTANT_SIMULATED)

METRICS_OF_ASSOCIATION: tuple[Metric, ...] = (
    Metric(
        "r",
        "Correlation",
        "-",
        -1.0,
        1.0,
        1.0,
        "cov(s, o) / (sd(s) sd(o))",
        "How well timing and shape agree, whatever the volume.",
        "Pearson (1895), Proc. R. Soc. Lond. 58, 240-242, doi:10.1098/rspl.1895.0041",
        correlation,
        Group.ASSOCIATION,
        aliases=("Pearson Correlation Coefficient", "correlation"),
        undefined=_BOTH,
    ),
    Metric(
        "r_squared",
        "Coefficient of determination",
        "-",
        0.0,
        1.0,
        1.0,
        "r²",
        "Share of variance a straight line explains; blind to bias.",
        MORIASI_2007,
        r_squared,
        Group.ASSOCIATION,
        aliases=("r2",),
        undefined=_BOTH,
    ),
    Metric(
        "spearman",
        "Rank correlation",
        "-",
        -1.0,
        1.0,
        1.0,
        "r of the ranks",
        "How well the order of flows agrees, high and low weighing alike.",
        "Spearman (1904), Am. J. Psychol. 15, 72-101, doi:10.2307/1412159",
        spearman,
        Group.ASSOCIATION,
        aliases=("Spearman Correlation Coefficient", "spearmanr"),
        undefined=_BOTH,
    ),
    Metric(
        "concordance",
        "Concordance correlation",
        "-",
        -1.0,
        1.0,
        1.0,
        "2 cov(s, o) / (sd(s)² + sd(o)² + (m(s) - m(o))²)",
        "Correlation about the line of equality: bias and wrong variability lower it.",
        "Lin (1989), Biometrics 45, 255-268, doi:10.2307/2532051",
        concordance,
        Group.ASSOCIATION,
        aliases=("Lin's concordance",),
        undefined=(Cause.CONSTANT_OBSERVED,),
    ),
)
