"""Scores of simulated against observed flow.

Every metric has the signature ``(simulated, observed, *, weights=None)``. The last axis is time; leading axes
are kept, so that many catchments or runs are scored in one call. A pair with a missing member or zero weight
does not count. Zero is a value. Where a metric is not defined (a constant observation has no variance to
explain) it is NaN; :func:`dmod.evaluation.score.score` says why.

Symbols: s simulated, o observed, m(.) weighted mean over time, sd(.) standard deviation about m(.).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError

Floats: TypeAlias = NDArray[np.float64]
# A float for one series, an array over the leading axes for several.
Score: TypeAlias = float | Floats


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


@dataclass(frozen=True, slots=True)
class _Sample:
    """Both series with missing pairs set to zero, and weights that add up to one (to zero without a pair)."""

    s: Floats
    o: Floats
    w: Floats

    def mean(self, x: Floats) -> Floats:
        return np.asarray(np.where((self.w > 0.0).any(axis=-1), (self.w * x).sum(axis=-1), np.nan))

    def spread(self, x: Floats) -> Floats:
        """Return x - m(x), exactly zero for a constant series."""
        counts = self.w > 0.0
        low = np.where(counts, x, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
        high = np.where(counts, x, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
        centre = np.where(low == high, low, self.mean(x)[..., None])
        return np.where(counts, x - np.where(np.isfinite(centre), centre, 0.0), 0.0)

    def variance(self, x: Floats) -> Floats:
        return self.mean(self.spread(x) ** 2)


def _sample(simulated: ArrayLike, observed: ArrayLike, weights: ArrayLike | None) -> _Sample:
    s, o = np.asarray(simulated, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    w = np.asarray(1.0 if weights is None else weights, dtype=np.float64)
    if s.ndim == 0 or o.ndim == 0 or s.shape[-1] != o.shape[-1]:
        raise InputError(f"simulated {s.shape} and observed {o.shape} are not pairs along the last axis")
    try:
        s, o, w = np.broadcast_arrays(s, o, w)
    except ValueError as error:
        raise InputError(
            f"shapes {s.shape}, {o.shape} and {w.shape} (weights) do not fit together"
        ) from error
    if np.any(w < 0.0):
        raise InputError("a weight is negative", hint="weights are 0 or more")
    counts = np.isfinite(s) & np.isfinite(o) & np.isfinite(w) & (w > 0.0)
    w = np.where(counts, w, 0.0)
    total = w.sum(axis=-1, keepdims=True)
    return _Sample(np.where(counts, s, 0.0), np.where(counts, o, 0.0), w / np.where(total > 0.0, total, 1.0))


def _ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Divide; NaN where the denominator is zero."""
    below = np.asarray(denominator, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(below == 0.0, np.nan, np.asarray(numerator) / below))


def _score(value: ArrayLike) -> Score:
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array


def nse(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Nash-Sutcliffe efficiency, 1 - m((s - o)^2) / sd(o)^2 (Nash & Sutcliffe 1970).

    Parameters
    ----------
    simulated, observed : [any one unit], shape (..., time)
    weights : 0 or more, broadcast to the same shape

    Returns
    -------
    score : [-], (-inf, 1]; NaN where the observation is constant. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    return _score(1.0 - _ratio(pairs.mean((pairs.s - pairs.o) ** 2), pairs.variance(pairs.o)))


def log_nse(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Nash-Sutcliffe efficiency of ln(flow + m(o)/100), which weighs low flow (Pushpalatha et al. 2012).

    The added hundredth of the mean observation lets zero flow count.

    Returns
    -------
    score : [-], (-inf, 1]; NaN where the observation is constant or zero, or a flow is negative. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    small = pairs.mean(pairs.o)[..., None] / 100.0
    floor = np.minimum(pairs.s, pairs.o).min(axis=-1, keepdims=True, initial=0.0)
    usable = (small > 0.0) & (floor >= 0.0)
    logs = _Sample(
        np.log(np.where(usable, pairs.s + small, 1.0)),
        np.log(np.where(usable, pairs.o + small, 1.0)),
        pairs.w,
    )
    return _score(1.0 - _ratio(logs.mean((logs.s - logs.o) ** 2), logs.variance(logs.o)))


def correlation(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Linear (Pearson) correlation, r = cov(s, o) / (sd(s) sd(o)).

    Returns
    -------
    score : [-], [-1, 1]; NaN where either series is constant. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    ds, do = pairs.spread(pairs.s), pairs.spread(pairs.o)
    spreads = np.sqrt(pairs.mean(ds**2)) * np.sqrt(pairs.mean(do**2))
    return _score(np.clip(_ratio(pairs.mean(ds * do), spreads), -1.0, 1.0))


def r_squared(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Coefficient of determination of the linear regression, r^2; blind to bias.

    Returns
    -------
    score : [-], [0, 1]; NaN where either series is constant. Shape (...)
    """
    return _score(np.square(correlation(simulated, observed, weights=weights)))


def variability_ratio(
    simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None
) -> Score:
    """Ratio of standard deviations, alpha = sd(s) / sd(o).

    Returns
    -------
    score : [-], 0 or more; NaN where the observation is constant. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    return _score(_ratio(np.sqrt(pairs.variance(pairs.s)), np.sqrt(pairs.variance(pairs.o))))


def bias_ratio(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Ratio of means, beta = m(s) / m(o).

    Returns
    -------
    score : [-]; NaN where the observation's mean is zero. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    return _score(_ratio(pairs.mean(pairs.s), pairs.mean(pairs.o)))


def cv_ratio(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Ratio of the coefficients of variation, gamma = alpha / beta.

    Returns
    -------
    score : [-]; NaN where the observation is constant or a mean is zero. Shape (...)
    """
    return kge_parts(simulated, observed, weights=weights).gamma


def kge_parts(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> KgeParts:
    """Return correlation, variability ratio, bias ratio and ratio of the coefficients of variation."""
    alpha = variability_ratio(simulated, observed, weights=weights)
    beta = bias_ratio(simulated, observed, weights=weights)
    r = correlation(simulated, observed, weights=weights)
    return KgeParts(r, alpha, beta, _score(_ratio(alpha, beta)))


def kge(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Kling-Gupta efficiency, 1 - sqrt((r-1)^2 + (alpha-1)^2 + (beta-1)^2) (Gupta et al. 2009, eq. 9).

    Returns
    -------
    score : [-], (-inf, 1]; NaN where a part is. Shape (...)
    """
    parts = kge_parts(simulated, observed, weights=weights)
    return _distance(parts.r, parts.alpha, parts.beta)


def kge_2012(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Kling-Gupta efficiency, modified: gamma in place of alpha of :func:`kge` (Kling et al. 2012).

    Returns
    -------
    score : [-], (-inf, 1]; NaN where a part is. Shape (...)
    """
    parts = kge_parts(simulated, observed, weights=weights)
    return _distance(parts.r, parts.gamma, parts.beta)


def _distance(*parts: Score) -> Score:
    return _score(1.0 - np.sqrt(sum(np.square(np.asarray(part) - 1.0) for part in parts)))


def percent_bias(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Percent bias, 100 m(s - o) / m(o): positive where the simulation has too much water.

    Returns
    -------
    score : [%]; NaN where the observation's mean is zero. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    return _score(100.0 * _ratio(pairs.mean(pairs.s - pairs.o), pairs.mean(pairs.o)))


def rmse(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Root mean square error, sqrt(m((s - o)^2)).

    Returns
    -------
    score : [unit of the input], 0 or more; NaN without a pair. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    return _score(np.sqrt(pairs.mean((pairs.s - pairs.o) ** 2)))


def mae(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Mean absolute error, m(|s - o|).

    Returns
    -------
    score : [unit of the input], 0 or more; NaN without a pair. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    return _score(pairs.mean(np.abs(pairs.s - pairs.o)))


def volume_error(
    simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None, dt: float = 3600.0
) -> Score:
    """Volume simulated minus volume observed over the pairs, sum((s - o) dt).

    Parameters
    ----------
    simulated, observed : [m3 s-1], shape (..., time)
    weights : only whether they are above zero matters
    dt : interval of a pair [s]

    Returns
    -------
    score : [m3]; NaN without a pair. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    total = ((pairs.s - pairs.o) * np.where(pairs.w > 0.0, dt, 0.0)).sum(axis=-1)
    return _score(np.where((pairs.w > 0.0).any(axis=-1), total, np.nan))


def peak_error(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Relative error of the highest flow, 100 (max(s) - max(o)) / max(o), whenever the two occur.

    Returns
    -------
    score : [%]; NaN where the highest observation is zero, or without a pair. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    counts = pairs.w > 0.0
    highest = [np.where(counts, x, -np.inf).max(axis=-1, initial=-np.inf) for x in (pairs.s, pairs.o)]
    s, o = (np.where(np.isfinite(x), x, np.nan) for x in highest)
    return _score(100.0 * _ratio(s - o, o))


def peak_timing_error(
    simulated: ArrayLike,
    observed: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    times: ArrayLike | None = None,
    window: float = 72.0,
) -> Score:
    """Time of the simulated peak minus time of the highest observation; positive where simulated too late.

    The simulated peak is the highest simulated flow within ``window`` of the highest observation, so that the
    two belong to the same flood. Of equal values the first counts.

    Parameters
    ----------
    times : of the pairs [h], ascending, shape (time,); hourly without gaps if not given
    window : to either side [h]

    Returns
    -------
    score : [h]; NaN where the observation is constant, or without a pair. Shape (...)
    """
    pairs = _sample(simulated, observed, weights)
    counts = pairs.w > 0.0
    hours = np.arange(pairs.o.shape[-1]) if times is None else np.asarray(times)
    hours = np.broadcast_to(hours.astype(np.float64), pairs.o.shape)
    if hours.shape[-1] == 0:
        return _score(np.full(pairs.o.shape[:-1], np.nan))
    defined = counts.any(axis=-1) & (pairs.variance(pairs.o) > 0.0)
    at = np.argmax(np.where(counts, pairs.o, -np.inf), axis=-1)[..., None]
    peak = np.take_along_axis(hours, at, axis=-1)
    near = counts & (np.abs(hours - peak) <= window)
    best = np.argmax(np.where(near, pairs.s, -np.inf), axis=-1)[..., None]
    late = np.take_along_axis(hours, best, axis=-1) - peak
    return _score(np.where(defined, late[..., 0], np.nan))
