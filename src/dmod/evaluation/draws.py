"""Pairs drawn anew in blocks of consecutive times, and their means from sums over the blocks.

A draw takes some blocks several times and others not at all. Its weights are those of the pairs times how
often each is taken, so that nothing is copied. For what consists of means over time alone, a sum for each
block is enough: the means of all draws are one product of matrices.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.sample import Floats, Sample

# what rounding leaves of a covariance that is zero, as a share of the mean product that it is taken from
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class Draws:
    """How often each draw takes which stretch of time, the same at all places: they can be compared.

    Parameters
    ----------
    taken : shape (draw, stretch)
    starts : where the stretches begin among the pairs, shape (stretch,)
    size : number of pairs
    """

    taken: Floats
    starts: NDArray[np.int64]
    size: int

    @classmethod
    def of(cls, size: int, block: int, *, samples: int, seed: int, stride: int | None = None) -> Draws:
        """Draw blocks until they are as long as the series.

        Parameters
        ----------
        size : of the series [pairs]
        block : length [pairs]
        samples : number of draws
        stride : blocks begin at every so many pairs [pairs], a divisor of their length: 1 for moving blocks,
            None for blocks end to end

        Raises
        ------
        InputError
            the series is shorter than two blocks, or a number does not fit.
        """
        step = block if stride is None else stride
        if min(block, samples, step) < 1 or block % step:
            raise InputError(
                f"{samples} draws of blocks of {block} pairs, one at every {step}, cannot be made",
                hint="all are 1 or more, and the length of a block a multiple of the stride",
            )
        if size < 2 * block:
            raise InputError(
                f"{size} pairs are fewer than two blocks of {block}",
                hint="take shorter blocks or a longer period",
            )
        starts = np.arange(0, size, step)
        within = block // step
        first = len(starts) - within + 1
        random = np.random.default_rng(seed)
        begun = random.integers(first, size=(samples, -(-len(starts) // within)))
        taken = np.zeros((samples, len(starts)))
        for offset in range(within):
            np.add.at(taken, (np.arange(samples)[:, None], begun + offset), 1.0)
        return cls(taken, starts, size)

    def repeats(self, draws: slice) -> Floats:
        """Return how often some draws take each pair, shape (draw, time)."""
        lengths = np.diff(self.starts, append=self.size)
        return np.repeat(self.taken[draws], lengths, axis=-1)

    def sums(self, values: Floats) -> Floats:
        """Return the sum over time of what each draw takes, shape (draw, ...)."""
        stretches = np.add.reduceat(values, self.starts, axis=-1)
        return np.moveaxis(stretches @ self.taken.T, -1, 0)


@dataclass(frozen=True)
class DrawnSample(Sample):
    """The pairs of a sample as many draws take them; what it gives has the draws as its first axis.

    It has means over time and what follows of them, for metrics of means.

    Parameters
    ----------
    draws : how often each takes which pairs
    """

    draws: Draws = field(kw_only=True)

    @classmethod
    def of_draws(cls, sample: Sample, draws: Draws) -> DrawnSample:
        """Return all draws of a sample."""
        return cls(sample.simulated, sample.observed, sample.weights, draws=draws)

    @functools.cached_property
    def _whole(self) -> Sample:
        return Sample(self.simulated, self.observed, self.weights)

    @functools.cached_property
    def _taken_weight(self) -> Floats:
        return self.draws.sums(self.weights)

    @functools.cached_property
    def has_pairs(self) -> NDArray[np.bool_]:
        """Whether a draw has a pair at all, shape (draw, ...)."""
        return self._taken_weight > 0.0

    def mean(self, values: Floats) -> Floats:
        """Return the weighted mean over time in each draw; NaN without a pair. Shape (draw, ...)."""
        weight = np.where(self.has_pairs, self._taken_weight, np.nan)
        return np.asarray(self.draws.sums(self.weights * values) / weight)

    def total(self, values: Floats) -> Floats:
        """Return the sum over the pairs of each draw, whatever their weights. Shape (draw, ...)."""
        return np.where(self.has_pairs, self.draws.sums(np.where(self.counts, values, 0.0)), np.nan)

    def any(self, condition: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whether a condition holds for a pair of each draw, shape (draw, ...)."""
        return self.draws.sums((condition & self.counts).astype(np.float64)) > 0.5

    def spread(self, values: Floats) -> Floats:
        """Refuse: it would be as large as all draws of all pairs."""
        raise TypeError("a metric that asks for the spread of single pairs is none of means")

    def covariance_of(self, one: Floats, other: Floats) -> Floats:
        """Return the covariance of two values of each pair in each draw, shape (draw, ...)."""
        # about the mean of all pairs, lest it is the small difference of large numbers
        return self._covariance(self._whole.spread(one), self._whole.spread(other))

    def variance(self, values: Floats) -> Floats:
        """Return the variance in each draw, zero where all values are the same, shape (draw, ...)."""
        centred = self._whole.spread(values)
        return self._covariance(centred, centred)

    @functools.cached_property
    def variance_simulated(self) -> Floats:
        """Variance of what was simulated in each draw, shape (draw, ...)."""
        return self._covariance(self._whole.spread_simulated, self._whole.spread_simulated)

    @functools.cached_property
    def variance_observed(self) -> Floats:
        """Variance of what was observed in each draw, shape (draw, ...)."""
        return self._covariance(self._whole.spread_observed, self._whole.spread_observed)

    @functools.cached_property
    def covariance(self) -> Floats:
        """Covariance of both in each draw, shape (draw, ...)."""
        return self._covariance(self._whole.spread_simulated, self._whole.spread_observed)

    def _covariance(self, one: Floats, other: Floats) -> Floats:
        product = one * other
        covariance = self.mean(product) - self.mean(one) * self.mean(other)
        # a draw of equal values has none, and not what rounding leaves
        return np.where(np.abs(covariance) <= ROUNDING * self.mean(np.abs(product)), 0.0, covariance)
