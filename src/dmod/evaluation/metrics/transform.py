"""Flow transformed before it is scored, so that low flow weighs more."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.sample import Floats, Sample

Transformed: TypeAlias = tuple[Sample, NDArray[np.bool_]]
"""A sample, and where it has a meaning, shape (...)."""


def square_roots(sample: Sample) -> Transformed:
    """Return the square roots of both series; without a meaning where a flow is negative."""
    return (
        sample.transformed(np.sqrt(np.abs(sample.simulated)), np.sqrt(np.abs(sample.observed))),
        ~_has_negative(sample),
    )


def logarithms(sample: Sample) -> Transformed:
    """Return ln(flow + m(o)/100) of both; without a meaning where a flow is negative or all observed zero."""
    s, o, usable = _lifted(sample)
    return sample.transformed(np.log(s), np.log(o)), usable


def inverses(sample: Sample) -> Transformed:
    """Return 1 / (flow + m(o)/100) of both, without a meaning where logarithms have none."""
    s, o, usable = _lifted(sample)
    return sample.transformed(1.0 / s, 1.0 / o), usable


def where(usable: NDArray[np.bool_], score: Floats) -> Floats:
    """Return a score where it has a meaning, NaN elsewhere."""
    return np.where(usable, score, np.nan)


def _lifted(sample: Sample) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    small = sample.mean_observed[..., None] / 100.0
    usable = (small > 0.0) & ~_has_negative(sample)[..., None]
    return (
        np.where(usable, sample.simulated + small, 1.0),
        np.where(usable, sample.observed + small, 1.0),
        usable[..., 0],
    )


def _has_negative(sample: Sample) -> NDArray[np.bool_]:
    return sample.any((sample.simulated < 0.0) | (sample.observed < 0.0))
