"""Ranks of flow; equal values share the mean of their ranks."""

from __future__ import annotations

import numpy as np

from dmod.evaluation.metrics.ascending import shares
from dmod.evaluation.sample import Floats, Sample


def ranks(sample: Sample) -> Sample:
    """Return the ranks of both series as the share of all weights up to the middle of each value."""
    return sample.transformed(_ranks(sample, sample.simulated), _ranks(sample, sample.observed))


def _ranks(sample: Sample, values: Floats) -> Floats:
    marked = sample.masked(values, np.inf)
    order = np.argsort(marked, axis=-1)
    low, high = (np.broadcast_to(share, marked.shape) for share in shares(sample, order))
    ordered = np.take_along_axis(marked, order, axis=-1)
    fresh = ordered[..., 1:] != ordered[..., :-1]
    if not fresh.all():
        # of equal values the first one's share below and the last one's share with it, carried along
        low, high = low.copy(), high.copy()
        low[..., 1:][~fresh] = 0.0
        high[..., :-1][~fresh] = 1.0
        low = np.maximum.accumulate(low, axis=-1)
        high = np.minimum.accumulate(high[..., ::-1], axis=-1)[..., ::-1]
    found = np.empty_like(marked)
    np.put_along_axis(found, order, (low + high) / 2.0, axis=-1)
    return sample.masked(found, 0.0)
