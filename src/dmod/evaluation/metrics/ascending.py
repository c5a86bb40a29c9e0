"""Values of a sample in ascending order, with what share of all weights lies below each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.sample import Floats, Sample

# shares are sums of up to millions of weights: a limit that falls on a value's edge must not miss it
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Ascending:
    """A series as a function of the share of time that it stays below: steps, one for each value.

    Parameters
    ----------
    values : ascending, missing ones last as infinity, shape (..., time)
    low, high : share of the weights below each value, and with it; 1 for missing ones. Shape (..., time)
    """

    values: Floats
    low: Floats
    high: Floats

    def above(self, share: float) -> Floats:
        """Return the value that holds just above a share of time; NaN without a pair. Shape (...)."""
        return self._at(min(share + TOLERANCE, 1.0 - TOLERANCE))

    def below(self, share: float) -> Floats:
        """Return the value that holds just below a share of time; NaN without a pair. Shape (...)."""
        return self._at(max(share - TOLERANCE, TOLERANCE))

    def _at(self, share: float) -> Floats:
        there = (self.low < share) & (share <= self.high)
        found = np.where(there, self.values, 0.0).sum(axis=-1)
        return np.asarray(np.where(there.any(axis=-1), found, np.nan))

    def within(self, low: float, high: float) -> Floats:
        """Return for each value the share of all weights that it holds between two shares, (..., time)."""
        return np.asarray(np.maximum(np.minimum(self.high, high) - np.maximum(self.low, low), 0.0))

    def integral(self, low: float, high: float) -> Floats:
        """Return the integral of the values over shares of time, shape (...)."""
        held = self.within(low, high)
        return np.asarray((np.where(held > 0.0, self.values, 0.0) * held).sum(axis=-1))


@dataclass(frozen=True, slots=True)
class Order:
    """What sorts a series over time; values that do not count come last.

    Parameters
    ----------
    positions : of the values in time, shape (..., time)
    values : ascending, missing ones as infinity, shape (..., time)
    """

    positions: NDArray[np.intp]
    values: Floats

    @classmethod
    def of(cls, sample: Sample, values: Floats) -> Order:
        """Sort values of the pairs."""
        marked = sample.masked(values, np.inf)
        positions = np.argsort(marked, axis=-1)
        return cls(positions, np.take_along_axis(marked, positions, axis=-1))


def order_simulated(sample: Sample) -> Order:
    """Sort what was simulated; draws are sorted as the whole is."""
    if sample.whole is None:
        return Order.of(sample, sample.simulated)
    return _of_draws(sample.whole.once(order_simulated))


def order_observed(sample: Sample) -> Order:
    """Sort what was observed; draws are sorted as the whole is."""
    if sample.whole is None:
        return Order.of(sample, sample.observed)
    return _of_draws(sample.whole.once(order_observed))


def order_error(sample: Sample) -> Order:
    """Sort absolute errors; draws are sorted as the whole is."""
    if sample.whole is None:
        return Order.of(sample, sample.absolute_error)
    return _of_draws(sample.whole.once(order_error))


def ascending_simulated(sample: Sample) -> Ascending:
    """Return what was simulated in ascending order."""
    return _ascending(sample, sample.simulated, order_simulated)


def ascending_observed(sample: Sample) -> Ascending:
    """Return what was observed in ascending order."""
    return _ascending(sample, sample.observed, order_observed)


def ascending_error(sample: Sample) -> Ascending:
    """Return the absolute errors in ascending order."""
    return _ascending(sample, sample.absolute_error, order_error)


def _ascending(sample: Sample, values: Floats, order: Callable[[Sample], Order]) -> Ascending:
    if sample.has_equal_weights and order not in sample.kept:
        # a seventh of the time that it takes to know the positions besides
        return Ascending(np.sort(sample.masked(values, np.inf), axis=-1), *sample.once(equal_shares))
    found = sample.once(order)
    return Ascending(found.values, *_shares(sample, found))


def _of_draws(order: Order) -> Order:
    return Order(order.positions[None], order.values[None])


def equal_shares(sample: Sample) -> tuple[Floats, Floats]:
    """Return the shares below and with each value of sorted ones that weigh alike.

    Shape (..., time), or (time,) where nothing is missing.
    """
    size = sample.weights.shape[-1]
    if sample.is_complete:
        edges = np.arange(size + 1) / max(size, 1)
        return edges[:-1], edges[1:]
    number = sample.counts.sum(axis=-1, keepdims=True)
    low, high = np.arange(size), np.arange(1, size + 1)
    number_or_one = np.maximum(number, 1)
    return np.where(low < number, low / number_or_one, 1.0), np.where(
        high < number, high / number_or_one, 1.0
    )


def _shares(sample: Sample, order: Order) -> tuple[Floats, Floats]:
    """Return the shares below and with each value in an order, shape (..., time).

    What has no weight has a share of nothing, wherever it stands.
    """
    if sample.has_equal_weights and sample.whole is None:
        return sample.once(equal_shares)
    weights = np.take_along_axis(sample.weights, order.positions, axis=-1)
    high = np.minimum(np.cumsum(weights, axis=-1), 1.0)
    return np.maximum(high - weights, 0.0), high
