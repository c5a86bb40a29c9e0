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
from dmod.evaluation.metrics.duration import high_flow_bias, kge_nonparametric, low_flow_bias, mid_slope_bias
from dmod.evaluation.metrics.efficiency import inverse_nse, log_nse, normalized_nse, nse, sqrt_nse
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
    "annual_peak_bias",
    "annual_peak_error",
    "annual_peak_timing_error",
    "bias_ratio",
    "concordance",
    "correlation",
    "cv_ratio",
    "high_flow_bias",
    "index_of_agreement",
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
    "peak_error",
    "peak_timing_error",
    "percent_bias",
    "r_squared",
    "refined_index_of_agreement",
    "rmse",
    "rsr",
    "spearman",
    "sqrt_kge",
    "sqrt_nse",
    "unbiased_rmse",
    "variability_ratio",
    "volume_error",
]
