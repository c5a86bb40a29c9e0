"""Quantiles over time of series with weights and missing values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dmod.errors import InputError
from dmod.evaluation.sample import Floats


def quantiles(values: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Return the values that are not exceeded for given shares of the time.

    The k-th smallest value has the probability (W_k - w_k / 2) / W, with w its weight, W_k the sum up to it
    and W the sum of all: (k - 1/2) / n where all weigh alike (Hazen 1914; type 5 of Hyndman & Fan 1996).
    Between two values it is linear; below the first and above the last it is constant.

    Parameters
    ----------
    values : [any], NaN where missing, shape (..., time)
    probabilities : [-], of not being exceeded, in [0, 1], shape (probability,)
    weights : 0 or more, broadcast to the same shape

    Returns
    -------
    quantiles : [unit of the input]; NaN where no value counts. Shape (probability, ...)

    Raises
    ------
    InputError
        a probability is outside of [0, 1].

    References
    ----------
    Hyndman & Fan (1996), Am. Stat. 50, 361-365, doi:10.1080/00031305.1996.10473566.
    """
    p = np.atleast_1d(np.asarray(probabilities, dtype=np.float64))
    if not np.all((p >= 0.0) & (p <= 1.0)):
        raise InputError(
            "a probability of a quantile is outside of [0, 1]", hint="0.9 is the 90th percentile"
        )
    x = np.asarray(values, dtype=np.float64)
    if x.shape[-1] == 0:
        return np.full((len(p), *x.shape[:-1]), np.nan)
    if weights is None:
        ordered = np.sort(x, axis=-1)  # NaN last
        count = np.isfinite(ordered).sum(axis=-1, keepdims=True)
        before = np.clip(p[:, *[None] * x.ndim] * count - 0.5, 0.0, np.maximum(count - 1.0, 0.0))
        low = before.astype(np.int64)
        high = np.minimum(low + 1, np.maximum(count - 1, 0))
        below, above = (np.take_along_axis(ordered[None], at, axis=-1) for at in (low, high))
        return np.asarray((below + (before - low) * (above - below))[..., 0])
    return _weighted(x, p, np.asarray(weights, dtype=np.float64))


def _weighted(x: Floats, p: Floats, weights: Floats) -> Floats:
    x, weights = np.broadcast_arrays(x, weights)
    weights = np.where(np.isfinite(x) & (weights > 0.0), weights, 0.0)
    # what does not count comes last, with a position that is never reached
    order = np.argsort(np.where(weights > 0.0, x, np.inf), axis=-1)
    x, weights = np.take_along_axis(x, order, axis=-1), np.take_along_axis(weights, order, axis=-1)
    total = weights.sum(axis=-1, keepdims=True)
    position = np.where(weights > 0.0, np.cumsum(weights, axis=-1) - weights / 2.0, np.inf)
    last = np.maximum((weights > 0.0).sum(axis=-1, keepdims=True) - 1, 0)
    found = []
    for probability in p:
        wanted = probability * total
        high = np.clip((position < wanted).sum(axis=-1, keepdims=True), 0, last)
        low = np.maximum(high - 1, 0)
        ends = (np.take_along_axis(position, at, axis=-1) for at in (low, high))
        start, stop = (np.where(np.isfinite(end), end, 0.0) for end in ends)
        share = np.clip((wanted - start) / np.where(stop > start, stop - start, 1.0), 0.0, 1.0)
        below, above = (np.take_along_axis(x, at, axis=-1) for at in (low, high))
        value = np.where(high == low, below, below + share * (above - below))
        found.append(np.where(total > 0.0, value, np.nan)[..., 0])
    return np.asarray(found)
