"""The metrics as values: what each is called, means and is best at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dmod.evaluation import metrics
from dmod.evaluation.metrics import Score

GUPTA_2009 = "Gupta et al. (2009), J. Hydrol. 377, 80-91, doi:10.1016/j.jhydrol.2009.08.003"
KLING_2012 = "Kling et al. (2012), J. Hydrol. 424-425, 264-277, doi:10.1016/j.jhydrol.2012.01.011"
MORIASI_2007 = "Moriasi et al. (2007), Trans. ASABE 50, 885-900, doi:10.13031/2013.23153"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Parameters
    ----------
    name : key in :class:`dmod.evaluation.score.Scores` and in files
    title : for people
    unit : of the score for flow in m3 s-1; ``-`` if it has none
    range : of possible values
    ideal : the value of a perfect simulation
    definition : in the symbols of the reference page
    meaning : in one plain sentence
    reference : where it comes from
    function : see :mod:`dmod.evaluation.metrics`
    needs : keyword that the function takes besides weights (``dt`` [s] or ``times`` [h])
    """

    name: str
    title: str
    unit: str
    range: str
    ideal: float
    definition: str
    meaning: str
    reference: str
    function: Callable[..., Score]
    needs: str = ""


_ALL = (
    Metric(
        "nse",
        "Nash-Sutcliffe efficiency",
        "-",
        "(-∞, 1]",
        1.0,
        "1 - m((s - o)²) / sd(o)²",
        "Share of the observation's variance that is explained; 0 is as good as its mean. Weighs high flow.",
        "Nash & Sutcliffe (1970), J. Hydrol. 10, 282-290, doi:10.1016/0022-1694(70)90255-6",
        metrics.nse,
    ),
    Metric(
        "kge",
        "Kling-Gupta efficiency (2009)",
        "-",
        "(-∞, 1]",
        1.0,
        "1 - √((r - 1)² + (α - 1)² + (β - 1)²)",
        "Distance from perfect correlation, variability and volume; the observed mean scores -0.41.",
        GUPTA_2009,
        metrics.kge,
    ),
    Metric(
        "kge_2012",
        "Kling-Gupta efficiency (2012)",
        "-",
        "(-∞, 1]",
        1.0,
        "1 - √((r - 1)² + (γ - 1)² + (β - 1)²)",
        "As the one of 2009 with a variability that does not depend on bias.",
        KLING_2012,
        metrics.kge_2012,
    ),
    Metric(
        "r",
        "Correlation",
        "-",
        "[-1, 1]",
        1.0,
        "cov(s, o) / (sd(s) sd(o))",
        "How well timing and shape agree, whatever the volume.",
        "Pearson (1895), Proc. R. Soc. Lond. 58, 240-242, doi:10.1098/rspl.1895.0041",
        metrics.correlation,
    ),
    Metric(
        "alpha",
        "Variability ratio α",
        "-",
        "[0, ∞)",
        1.0,
        "sd(s) / sd(o)",
        "Above 1: the simulation varies more than the observation.",
        GUPTA_2009,
        metrics.variability_ratio,
    ),
    Metric(
        "beta",
        "Bias ratio β",
        "-",
        "(-∞, ∞)",
        1.0,
        "m(s) / m(o)",
        "Above 1: too much water.",
        GUPTA_2009,
        metrics.bias_ratio,
    ),
    Metric(
        "gamma",
        "Ratio of variation γ",
        "-",
        "(-∞, ∞)",
        1.0,
        "(sd(s) / m(s)) / (sd(o) / m(o))",
        "Ratio of the coefficients of variation.",
        KLING_2012,
        metrics.cv_ratio,
    ),
    Metric(
        "log_nse",
        "Nash-Sutcliffe of logarithms",
        "-",
        "(-∞, 1]",
        1.0,
        "NSE of ln(q + m(o)/100)",
        "As NSE, weighing low flow; the added hundredth lets zero flow count.",
        "Pushpalatha et al. (2012), J. Hydrol. 420-421, 171-182, doi:10.1016/j.jhydrol.2011.11.055",
        metrics.log_nse,
    ),
    Metric(
        "r_squared",
        "Coefficient of determination",
        "-",
        "[0, 1]",
        1.0,
        "r²",
        "Share of variance a straight line explains; blind to bias.",
        MORIASI_2007,
        metrics.r_squared,
    ),
    Metric(
        "percent_bias",
        "Percent bias",
        "%",
        "(-∞, ∞)",
        0.0,
        "100 m(s - o) / m(o)",
        "Positive: too much water. (Some authors give it the other sign.)",
        MORIASI_2007,
        metrics.percent_bias,
    ),
    Metric(
        "rmse",
        "Root mean square error",
        "m³/s",
        "[0, ∞)",
        0.0,
        "√m((s - o)²)",
        "Typical error, large ones weighing most.",
        MORIASI_2007,
        metrics.rmse,
    ),
    Metric(
        "mae",
        "Mean absolute error",
        "m³/s",
        "[0, ∞)",
        0.0,
        "m(|s - o|)",
        "Typical error, all weighing alike.",
        "Willmott & Matsuura (2005), Clim. Res. 30, 79-82, doi:10.3354/cr030079",
        metrics.mae,
    ),
    Metric(
        "volume_error",
        "Volume error",
        "m³",
        "(-∞, ∞)",
        0.0,
        "Σ (s - o) Δt",
        "Water simulated minus water observed over the pairs.",
        "mass balance",
        metrics.volume_error,
        "dt",
    ),
    Metric(
        "peak_error",
        "Peak error",
        "%",
        "[-100, ∞)",
        0.0,
        "100 (max s - max o) / max o",
        "Highest simulated against highest observed flow, whenever they occur.",
        "ASCE Task Committee (1993), J. Irrig. Drain. Eng. 119, 429-442",
        metrics.peak_error,
    ),
    Metric(
        "peak_timing_error",
        "Peak timing error",
        "h",
        "[-72, 72]",
        0.0,
        "t(max s within 72 h of t(max o)) - t(max o)",
        "Positive: the highest observed flood comes too late in the simulation.",
        "ASCE Task Committee (1993), J. Irrig. Drain. Eng. 119, 429-442",
        metrics.peak_timing_error,
        "times",
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
