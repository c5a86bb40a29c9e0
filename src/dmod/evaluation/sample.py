"""Simulated and observed values as pairs, and what metrics have in common of them, computed once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError

Floats: TypeAlias = NDArray[np.float64]
# A float for one series, an array over the leading axes for several.
Score: TypeAlias = float | Floats


@dataclass(frozen=True)
class Sample:
    """Both series with missing pairs set to zero, and weights that add up to one (to zero without a pair).

    What several metrics need (means, spreads, variances) is computed when it is first asked for.

    Parameters
    ----------
    simulated, observed : [any one unit], shape (..., time)
    weights : of the pairs, zero where a member is missing, shape (..., time)
    """

    simulated: Floats
    observed: Floats
    weights: Floats

    @classmethod
    def of(cls, simulated: ArrayLike, observed: ArrayLike, weights: ArrayLike | None = None) -> Sample:
        """Return the pairs of two series; the last axis is time, leading axes are broadcast.

        Raises
        ------
        InputError
            the shapes do not fit, or a weight is negative.
        """
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
        return cls(np.where(counts, s, 0.0), np.where(counts, o, 0.0), w / np.where(total > 0.0, total, 1.0))

    @functools.cached_property
    def counts(self) -> NDArray[np.bool_]:
        """Which pairs count, shape (..., time)."""
        return self.weights > 0.0

    @functools.cached_property
    def has_pairs(self) -> NDArray[np.bool_]:
        """Whether there is a pair at all, shape (...)."""
        return np.asarray(self.counts.any(axis=-1))

    @functools.cached_property
    def kept(self) -> dict[str, Any]:
        """What a family of metrics keeps for its next one (a contingency table, events), by its name."""
        return {}

    def mean(self, values: Floats) -> Floats:
        """Return the weighted mean over time; NaN without a pair. Shape (...)."""
        return np.asarray(np.where(self.has_pairs, (self.weights * values).sum(axis=-1), np.nan))

    def spread(self, values: Floats) -> Floats:
        """Return values - mean, exactly zero for a constant series, shape (..., time)."""
        low = np.where(self.counts, values, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
        high = np.where(self.counts, values, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
        centre = np.where(low == high, low, self.mean(values)[..., None])
        return np.where(self.counts, values - np.where(np.isfinite(centre), centre, 0.0), 0.0)

    @functools.cached_property
    def mean_simulated(self) -> Floats:
        """Mean of what was simulated, shape (...)."""
        return self.mean(self.simulated)

    @functools.cached_property
    def mean_observed(self) -> Floats:
        """Mean of what was observed, shape (...)."""
        return self.mean(self.observed)

    @functools.cached_property
    def spread_simulated(self) -> Floats:
        """Simulated minus its mean, shape (..., time)."""
        return self.spread(self.simulated)

    @functools.cached_property
    def spread_observed(self) -> Floats:
        """Observed minus its mean, shape (..., time)."""
        return self.spread(self.observed)

    @functools.cached_property
    def variance_simulated(self) -> Floats:
        """Variance of what was simulated, about its mean, shape (...)."""
        return self.mean(self.spread_simulated**2)

    @functools.cached_property
    def variance_observed(self) -> Floats:
        """Variance of what was observed, about its mean, shape (...)."""
        return self.mean(self.spread_observed**2)

    @functools.cached_property
    def squared_error(self) -> Floats:
        """Mean of (simulated - observed)², shape (...)."""
        return self.mean((self.simulated - self.observed) ** 2)


class MetricFunction:
    """A metric: called with two series, or by :meth:`of` with a sample that several metrics share.

    Written as a function of a :class:`Sample`, whose docstring it keeps, and decorated with :func:`metric`.
    """

    def __init__(self, of_sample: Callable[..., Floats]) -> None:
        functools.update_wrapper(self, of_sample)
        self._of_sample = of_sample

    def __call__(
        self, simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None, **needs: Any
    ) -> Score:
        """Score series over the last axis; see the metric's own docstring for what it needs besides."""
        return as_score(self._of_sample(Sample.of(simulated, observed, weights), **needs))

    def of(self, sample: Sample, **needs: Any) -> Floats:
        """Score a sample, shape (...)."""
        return np.asarray(self._of_sample(sample, **needs), dtype=np.float64)


def metric(of_sample: Callable[..., Floats]) -> MetricFunction:
    """Make a metric ``(simulated, observed, *, weights=None, ...)`` of a function of a sample."""
    return MetricFunction(of_sample)


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Divide; NaN where the denominator is zero."""
    below = np.asarray(denominator, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(below == 0.0, np.nan, np.asarray(numerator) / below))


def as_score(value: ArrayLike) -> Score:
    """Return a float for one series, an array for several."""
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array
