"""Simulated and observed values as pairs, and what metrics have in common of them, computed once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError

Floats: TypeAlias = NDArray[np.float64]
# A float for one series, an array over the leading axes for several.
Score: TypeAlias = float | Floats
T = TypeVar("T")


@dataclass(frozen=True)
class Sample:
    """Both series with missing pairs set to zero, and weights that add up to one (to zero without a pair).

    What several metrics need (means, spreads, ranks, sorted values) is computed when it is first asked for.

    Parameters
    ----------
    simulated, observed : [any one unit], shape (..., time)
    weights : of the pairs, zero where a member is missing, shape (..., time)
    repeats : how often each pair is taken, zero where a member is missing; None where each is taken once.
        The weights hold them already: sums over the pairs need them besides. Shape (..., time)
    whole : the sample of which this one is a draw, without its axis of draws, so that they are
        sorted once
    """

    simulated: Floats
    observed: Floats
    weights: Floats
    repeats: Floats | None = None
    whole: Sample | None = None

    @classmethod
    def of(
        cls,
        simulated: ArrayLike,
        observed: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        repeats: ArrayLike | None = None,
    ) -> Sample:
        """Return the pairs of two series; the last axis is time, leading axes are broadcast.

        Parameters
        ----------
        weights : 0 or more, broadcast to the same shape
        repeats : how often each pair is taken, such as by a bootstrap; broadcast likewise

        Raises
        ------
        InputError
            the shapes do not fit, or a weight is negative.
        """
        s, o = np.asarray(simulated, dtype=np.float64), np.asarray(observed, dtype=np.float64)
        w = np.asarray(1.0 if weights is None else weights, dtype=np.float64)
        times = np.asarray(1.0 if repeats is None else repeats, dtype=np.float64)
        if s.ndim == 0 or o.ndim == 0 or s.shape[-1] != o.shape[-1]:
            raise InputError(f"simulated {s.shape} and observed {o.shape} are not pairs along the last axis")
        if np.any(w < 0.0) or np.any(times < 0.0):
            raise InputError("a weight is negative", hint="weights are 0 or more")
        try:
            s, o, w, times = np.broadcast_arrays(s, o, w * times, times)
        except ValueError as error:
            raise InputError(
                f"shapes {s.shape}, {o.shape} and {w.shape} (weights) do not fit together"
            ) from error
        counts = np.isfinite(s) & np.isfinite(o) & np.isfinite(w) & (w > 0.0)
        w = np.where(counts, w, 0.0)
        total = w.sum(axis=-1, keepdims=True)
        return cls(
            np.where(counts, s, 0.0),
            np.where(counts, o, 0.0),
            w / np.where(total > 0.0, total, 1.0),
            None if repeats is None else np.where(counts, times, 0.0),
        )

    def transformed(self, simulated: Floats, observed: Floats) -> Self:
        """Return the same pairs with other values, such as their square roots."""
        return replace(self, simulated=simulated, observed=observed, whole=None)

    def drawn(self, repeats: Floats) -> Sample:
        """Return the pairs as several draws take them, the draws as a new first axis.

        Parameters
        ----------
        repeats : how often each draw takes each pair, shape (draw, time)
        """
        places = [1] * (self.weights.ndim - 1)
        taken = repeats.reshape(len(repeats), *places, repeats.shape[-1])
        weights = self.weights * taken
        counts = weights > 0.0
        total = weights.sum(axis=-1, keepdims=True)
        return Sample(
            np.where(counts, self.simulated, 0.0),
            np.where(counts, self.observed, 0.0),
            weights / np.where(total > 0.0, total, 1.0),
            np.where(counts, taken, 0.0),
            self,
        )

    def once(self, make: Callable[[Sample], T]) -> T:
        """Return ``make(self)``, made when it is first asked for and then kept for other metrics."""
        if make not in self.kept:
            self.kept[make] = make(self)
        return cast("T", self.kept[make])

    @functools.cached_property
    def counts(self) -> NDArray[np.bool_]:
        """Which pairs count, shape (..., time)."""
        return self.weights > 0.0

    @functools.cached_property
    def is_complete(self) -> bool:
        """Whether every pair counts at every place."""
        return bool(self.counts.all())

    @functools.cached_property
    def has_pairs(self) -> NDArray[np.bool_]:
        """Whether there is a pair at all, shape (...)."""
        return np.asarray(self.counts.any(axis=-1))

    @functools.cached_property
    def kept(self) -> dict[object, Any]:
        """What a family of metrics keeps for its next one (a contingency table, events), by its name."""
        return {}

    def mean(self, values: Floats) -> Floats:
        """Return the weighted mean over time; NaN without a pair. Shape (...)."""
        return np.asarray(np.where(self.has_pairs, (self.weights * values).sum(axis=-1), np.nan))

    def total(self, values: Floats) -> Floats:
        """Return the sum over the pairs, whatever their weights; NaN without a pair. Shape (...)."""
        times = self.counts if self.repeats is None else self.repeats
        return np.asarray(np.where(self.has_pairs, (values * times).sum(axis=-1), np.nan))

    def any(self, condition: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whether a condition holds for a pair that counts, shape (...)."""
        return np.asarray((condition & self.counts).any(axis=-1))

    def spread(self, values: Floats) -> Floats:
        """Return values - mean, exactly zero for a constant series, shape (..., time)."""
        low = self.masked(values, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
        high = self.masked(values, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
        centre = np.where(low == high, low, self.mean(values)[..., None])
        return self.masked(values - np.where(np.isfinite(centre), centre, 0.0), 0.0)

    def masked(self, values: Floats, other: float) -> Floats:
        """Return the values, another in place of those that do not count, shape (..., time)."""
        return values if self.is_complete else np.where(self.counts, values, other)

    def variance(self, values: Floats) -> Floats:
        """Return the variance about the mean, exactly zero for a constant series, shape (...)."""
        return self.mean(self.spread(values) ** 2)

    def covariance_of(self, one: Floats, other: Floats) -> Floats:
        """Return the covariance of two values of each pair, shape (...)."""
        return self.mean(self.spread(one) * self.spread(other))

    @functools.cached_property
    def has_equal_weights(self) -> bool:
        """Whether all pairs that count weigh the same, at each place for itself."""
        heaviest = self.weights.max(axis=-1, keepdims=True, initial=0.0)
        return bool(np.all((self.weights == heaviest) | ~self.counts))

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
    def covariance(self) -> Floats:
        """Covariance of both, about their means, shape (...)."""
        return self.mean(self.spread_simulated * self.spread_observed)

    @functools.cached_property
    def error(self) -> Floats:
        """Simulated minus observed, shape (..., time)."""
        return self.simulated - self.observed

    @functools.cached_property
    def absolute_error(self) -> Floats:
        """What simulated and observed differ by, shape (..., time)."""
        return np.abs(self.error)

    @functools.cached_property
    def squared_error(self) -> Floats:
        """Mean of (simulated - observed)², shape (...)."""
        return self.mean(self.error**2)


class MetricFunction:
    """A metric: called with two series, or by :meth:`of` with a sample that several metrics share.

    Written as a function of a :class:`Sample`, whose docstring it keeps, and decorated with :func:`metric`
    or :func:`metric_of_means`.

    Parameters
    ----------
    of_means : whether it asks a sample for means, sums, variances and covariance over time alone, never
        for what depends on the weights pair by pair
    """

    __name__: str

    def __init__(self, of_sample: Callable[..., Floats], *, of_means: bool = False) -> None:
        functools.update_wrapper(self, of_sample)
        self._of_sample = of_sample
        self.of_means = of_means

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


def metric_of_means(of_sample: Callable[..., Floats]) -> MetricFunction:
    """Make a metric of a function of a sample's ``mean``, ``total``, ``any`` and ``variance``.

    A bootstrap then needs one sum for each block in place of every pair for each draw: it takes a
    thousandth of the time.
    """
    return MetricFunction(of_sample, of_means=True)


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Divide; NaN where the denominator is zero."""
    below = np.asarray(denominator, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(below == 0.0, np.nan, np.asarray(numerator) / below))


def as_score(value: ArrayLike) -> Score:
    """Return a float for one series, an array for several."""
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array
