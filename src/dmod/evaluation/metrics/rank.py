"""Ranks of flow; equal values share the mean of their ranks."""

from __future__ import annotations

import numpy as np

from dmod.evaluation.metrics.ascending import (
    Ascending,
    Order,
    ascending_observed,
    ascending_simulated,
    order_observed,
    order_simulated,
)
from dmod.evaluation.sample import Floats, Sample


def ranks(sample: Sample) -> Sample:
    """Return the ranks of both series as the share of all weights up to the middle of each value."""
    # in this order, so that the curves are of the order that is known already
    s, o = sample.once(order_simulated), sample.once(order_observed)
    curves = sample.once(ascending_simulated), sample.once(ascending_observed)
    return sample.transformed(_ranks(sample, s, curves[0]), _ranks(sample, o, curves[1]))


def _ranks(sample: Sample, order: Order, curve: Ascending) -> Floats:
    low, high = (np.broadcast_to(share, sample.weights.shape) for share in (curve.low, curve.high))
    again = order.values[..., 1:] == order.values[..., :-1]
    if again.any():
        # of equal values the first one's share below and the last one's share with it, carried along
        low, high = low.copy(), high.copy()
        np.copyto(low[..., 1:], 0.0, where=again)
        np.copyto(high[..., :-1], 1.0, where=again)
        np.maximum.accumulate(low, axis=-1, out=low)
        backwards = high[..., ::-1]
        np.minimum.accumulate(backwards, axis=-1, out=backwards)
    found = np.empty(sample.weights.shape)
    np.put_along_axis(found, np.broadcast_to(order.positions, found.shape), (low + high) / 2.0, axis=-1)
    return sample.masked(found, 0.0)
