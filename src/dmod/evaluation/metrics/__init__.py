"""Scores of simulated against observed flow.

Every metric has the signature ``(simulated, observed, *, weights=None)``. The last axis is time; leading axes
are kept, so that many catchments or runs are scored in one call. A pair with a missing member or zero weight
does not count. Zero is a value. Where a metric is not defined (a constant observation has no variance to
explain) it is NaN; :func:`dmod.evaluation.score.score` says why. Many metrics of the same series are scored
by :func:`dmod.evaluation.block_scores.score_block`, which computes once what they share.

Symbols: s simulated, o observed, m(.) weighted mean over time, sd(.) standard deviation about m(.).
"""

from dmod.evaluation.metrics.agreement import (
    index_of_agreement,
    modified_index_of_agreement,
    refined_index_of_agreement,
)
from dmod.evaluation.metrics.annual_peak import annual_peak_bias, annual_peak_error, annual_peak_timing_error
from dmod.evaluation.metrics.association import concordance, correlation, r_squared, spearman
from dmod.evaluation.metrics.categorical import (
    accuracy,
    critical_success_index,
    false_alarm_ratio,
    frequency_bias,
    precision,
    probability_of_detection,
    probability_of_false_detection,
)
from dmod.evaluation.metrics.categorical_skill import (
    equitable_threat_score,
    heidke_skill,
    odds_ratio_skill,
    peirce_skill,
    symmetric_extremal_dependence,
)
from dmod.evaluation.metrics.duration import high_flow_bias, kge_nonparametric, low_flow_bias, mid_slope_bias
from dmod.evaluation.metrics.efficiency import inverse_nse, log_nse, normalized_nse, nse, sqrt_nse
from dmod.evaluation.metrics.ensemble import (
    brier_reliability,
    brier_resolution,
    brier_score,
    brier_skill,
    brier_uncertainty,
    crps,
    crps_fair,
    crps_skill,
    roc_area,
)
from dmod.evaluation.metrics.ensemble_calibration import (
    alpha_reliability,
    coverage_50,
    coverage_90,
    ensemble_spread,
    interval_width_50,
    interval_width_90,
    reliability_index,
    spread_skill_ratio,
)
from dmod.evaluation.metrics.error import (
    absolute_error_trend,
    mae,
    mean_error,
    median_absolute_error,
    normalized_rmse,
    rmse,
    rsr,
    unbiased_rmse,
)
from dmod.evaluation.metrics.event import (
    event_critical_success_index,
    event_false_alarm_ratio,
    event_hit_rate,
)
from dmod.evaluation.metrics.event_error import (
    event_peak_absolute_error,
    event_peak_error,
    event_peak_error_median,
    event_volume_absolute_error,
    event_volume_error,
    event_volume_error_median,
)
from dmod.evaluation.metrics.event_timing import (
    event_rise_rate_error,
    event_rise_rate_error_median,
    event_rise_time_error,
    event_rise_time_error_median,
    event_timing_absolute_error,
    event_timing_error,
    event_timing_error_median,
)
from dmod.evaluation.metrics.kling_gupta import (
    KgeParts,
    bias_ratio,
    cv_ratio,
    inverse_kge,
    kge,
    kge_2012,
    kge_parts,
    log_kge,
    normalized_kge,
    sqrt_kge,
    variability_ratio,
)
from dmod.evaluation.metrics.peak import peak_error, peak_timing_error
from dmod.evaluation.metrics.volume import percent_bias, volume_error

__all__ = [
    "KgeParts",
    "absolute_error_trend",
    "accuracy",
    "alpha_reliability",
    "annual_peak_bias",
    "annual_peak_error",
    "annual_peak_timing_error",
    "bias_ratio",
    "brier_reliability",
    "brier_resolution",
    "brier_score",
    "brier_skill",
    "brier_uncertainty",
    "concordance",
    "correlation",
    "coverage_50",
    "coverage_90",
    "critical_success_index",
    "crps",
    "crps_fair",
    "crps_skill",
    "cv_ratio",
    "ensemble_spread",
    "equitable_threat_score",
    "event_critical_success_index",
    "event_false_alarm_ratio",
    "event_hit_rate",
    "event_peak_absolute_error",
    "event_peak_error",
    "event_peak_error_median",
    "event_rise_rate_error",
    "event_rise_rate_error_median",
    "event_rise_time_error",
    "event_rise_time_error_median",
    "event_timing_absolute_error",
    "event_timing_error",
    "event_timing_error_median",
    "event_volume_absolute_error",
    "event_volume_error",
    "event_volume_error_median",
    "false_alarm_ratio",
    "frequency_bias",
    "heidke_skill",
    "high_flow_bias",
    "index_of_agreement",
    "interval_width_50",
    "interval_width_90",
    "inverse_kge",
    "inverse_nse",
    "kge",
    "kge_2012",
    "kge_nonparametric",
    "kge_parts",
    "log_kge",
    "log_nse",
    "low_flow_bias",
    "mae",
    "mean_error",
    "median_absolute_error",
    "mid_slope_bias",
    "modified_index_of_agreement",
    "normalized_kge",
    "normalized_nse",
    "normalized_rmse",
    "nse",
    "odds_ratio_skill",
    "peak_error",
    "peak_timing_error",
    "peirce_skill",
    "percent_bias",
    "precision",
    "probability_of_detection",
    "probability_of_false_detection",
    "r_squared",
    "refined_index_of_agreement",
    "reliability_index",
    "rmse",
    "roc_area",
    "rsr",
    "spearman",
    "spread_skill_ratio",
    "sqrt_kge",
    "sqrt_nse",
    "symmetric_extremal_dependence",
    "unbiased_rmse",
    "variability_ratio",
    "volume_error",
]
