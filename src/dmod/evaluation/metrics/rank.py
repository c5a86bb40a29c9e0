"""Ranks of flow; equal values share the mean of their ranks."""

from __future__ import annotations

import numpy as np

from dmod.evaluation.metrics.ascending import Order, order_observed, order_simulated, shares
from dmod.evaluation.sample import Floats, Sample


def ranks(sample: Sample) -> Sample:
    """Return the ranks of both series as the share of all weights up to the middle of each value."""
    return sample.transformed(
        _ranks(sample, sample.once(order_simulated)), _ranks(sample, sample.once(order_observed))
    )


def _ranks(sample: Sample, order: Order) -> Floats:
    low, high = (np.broadcast_to(share, sample.weights.shape) for share in shares(sample, order))
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
