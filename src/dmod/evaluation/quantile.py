"""Quantiles over time of series with weights and missing values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.sample import Floats


@dataclass(frozen=True, slots=True)
class OrderedValues:
    """Series in ascending order, to be asked for their quantiles.

    The k-th smallest value has the probability (W_k - w_k / 2) / W, with w its weight, W_k the sum up to it
    and W the sum of all: (k - 1/2) / n where all weigh alike (Hazen 1914; type 5 of Hyndman & Fan 1996).
    Between two values it is linear; below the first and above the last it is constant.

    Parameters
    ----------
    values : ascending, those that do not count last, shape (..., time)
    position : W_k - w_k / 2, infinite where a value does not count, shape (..., time); None where all that
        count weigh alike
    total : W, or how many values count, shape (..., 1)

    References
    ----------
    Hyndman & Fan (1996), Am. Stat. 50, 361-365, doi:10.1080/00031305.1996.10473566.
    """

    values: Floats
    position: Floats | None
    total: Floats

    @classmethod
    def of(cls, values: ArrayLike, weights: ArrayLike | None = None) -> OrderedValues:
        """Order series along the last axis.

        Parameters
        ----------
        values : [any], NaN where missing, shape (..., time)
        weights : 0 or more, broadcast to the same shape
        """
        x, w = np.broadcast_arrays(
            np.asarray(values, dtype=np.float64),
            np.asarray(1.0 if weights is None else weights, dtype=np.float64),
        )
        counts = np.isfinite(x) & (w > 0.0)
        number = counts.sum(axis=-1, keepdims=True)
        x = np.where(counts, x, np.nan)
        if weights is None or _is_uniform(w, counts):
            return cls(np.sort(x, axis=-1), None, number.astype(np.float64))  # NaN comes last
        order = np.argsort(x, axis=-1)
        w = np.take_along_axis(np.where(counts, w, 0.0), order, axis=-1)
        position = np.where(w > 0.0, np.cumsum(w, axis=-1) - w / 2.0, np.inf)
        return cls(np.take_along_axis(x, order, axis=-1), position, w.sum(axis=-1, keepdims=True))

    def at(self, probability: float) -> Floats:
        """Return the values not exceeded for a share of the time; NaN where none counts. Shape (...).

        Raises
        ------
        InputError
            the probability is outside of [0, 1].
        """
        if not 0.0 <= probability <= 1.0:
            raise InputError(
                f"a quantile's probability of {probability:g} is outside of [0, 1]",
                hint="0.9 is the 90th percentile",
            )
        if self.values.shape[-1] == 0:
            return np.full(self.values.shape[:-1], np.nan)
        if self.position is None:
            last = np.maximum(self.total - 1.0, 0.0)
            rank = np.clip(probability * self.total - 0.5, 0.0, last)
            low = rank.astype(np.int64)
            return self._between(low, np.minimum(low + 1, last.astype(np.int64)), rank - low)
        wanted = probability * self.total
        last = np.maximum(np.isfinite(self.position).sum(axis=-1, keepdims=True) - 1, 0)
        high = np.minimum((self.position < wanted).sum(axis=-1, keepdims=True), last)
        low = np.maximum(high - 1, 0)
        start, stop = (np.take_along_axis(self.position, index, axis=-1) for index in (low, high))
        start, stop = np.where(np.isfinite(start), start, 0.0), np.where(np.isfinite(stop), stop, 0.0)
        share = (wanted - start) / np.where(stop > start, stop - start, 1.0)
        return self._between(low, high, np.clip(share, 0.0, 1.0))

    def _between(self, low: NDArray[np.int64], high: NDArray[np.int64], share: Floats) -> Floats:
        below, above = (np.take_along_axis(self.values, index, axis=-1) for index in (low, high))
        return np.asarray((below + share * (above - below))[..., 0])


def quantile(values: ArrayLike, probability: float, weights: ArrayLike | None = None) -> Floats:
    """Return the values that are not exceeded for a share of the time, see :class:`OrderedValues`.

    Parameters
    ----------
    values : [any], NaN where missing, shape (..., time)
    probability : [-], of not being exceeded, in [0, 1]
    weights : 0 or more, broadcast to the same shape

    Returns
    -------
    quantile : [unit of the values]; NaN where none counts. Shape (...)

    Raises
    ------
    InputError
        the probability is outside of [0, 1].
    """
    return OrderedValues.of(values, weights).at(probability)


def _is_uniform(weights: Floats, counts: NDArray[np.bool_]) -> bool:
    """Whether all that count weigh alike within each series."""
    lowest = np.where(counts, weights, np.inf).min(axis=-1, initial=np.inf)
    highest = np.where(counts, weights, -np.inf).max(axis=-1, initial=-np.inf)
    return bool(np.all((lowest == highest) | ~np.isfinite(lowest)))
