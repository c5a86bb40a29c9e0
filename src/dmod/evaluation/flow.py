"""A series of flow, and signatures as functions of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.evaluation.quantile import OrderedValues
from dmod.evaluation.sample import Floats, Sample, Score, as_score


@dataclass(frozen=True)
class Flow:
    """One series, and what several signatures have in common of it, computed once.

    Parameters
    ----------
    values : [any], 0 where missing, shape (..., time)
    weights : 0 where missing, adding up to one (to zero without a value), shape (..., time)
    whole : the series of which this one is a draw, without its axis of draws: it tells what comes before and
        after a value
    """

    values: Floats
    weights: Floats
    whole: Flow | None = None

    @classmethod
    def of(cls, values: ArrayLike, weights: ArrayLike | None = None) -> Flow:
        """Return a series without what is missing."""
        sample = Sample.of(values, values, weights)
        return cls(sample.observed, sample.weights)

    @property
    def source(self) -> Flow:
        """The series in the order of time: the whole one of a draw."""
        return self if self.whole is None else self.whole

    @functools.cached_property
    def counts(self) -> NDArray[np.bool_]:
        """Which values count, shape (..., time)."""
        return self.weights > 0.0

    @functools.cached_property
    def has_values(self) -> NDArray[np.bool_]:
        """Whether there is a value at all, shape (...)."""
        return np.asarray(self.counts.any(axis=-1))

    @functools.cached_property
    def known(self) -> Floats:
        """The values, NaN where missing, shape (..., time)."""
        return np.where(self.counts, self.values, np.nan)

    @functools.cached_property
    def ordered(self) -> OrderedValues:
        """The values in ascending order."""
        return OrderedValues.of(self.known, self.weights)

    @functools.cached_property
    def average(self) -> Floats:
        """Mean flow, shape (...)."""
        return self.mean(self.values)

    @functools.cached_property
    def step_weights(self) -> Floats:
        """Weights of the steps from a value to the next where both count, shape (..., time - 1)."""
        return self.weights[..., 1:] * self.source.counts[..., :-1]

    @functools.cached_property
    def changes(self) -> Floats:
        """Change from each value to the next, 0 where one is missing, shape (..., time - 1)."""
        counts = self.source.counts
        return np.where(counts[..., 1:] & counts[..., :-1], np.diff(self.source.values, axis=-1), 0.0)

    def baseflow(self, name: str, separate: Callable[[Floats], Floats]) -> Floats:
        """Return the baseflow of the source, separated once, shape (..., time)."""
        kept = self.source.separated
        if name not in kept:
            kept[name] = separate(self.source.known)
        return kept[name]

    @functools.cached_property
    def separated(self) -> dict[str, Floats]:
        """Baseflows by name."""
        return {}

    def mean(self, values: ArrayLike) -> Floats:
        """Return the weighted mean over time; NaN without a value. Shape (...)."""
        return np.asarray(np.where(self.has_values, (self.weights * np.asarray(values)).sum(axis=-1), np.nan))


class SignatureFunction:
    """A signature: called with a series, or by :meth:`of` with a :class:`Flow` that several share."""

    __name__: str

    def __init__(self, of_flow: Callable[..., Floats]) -> None:
        functools.update_wrapper(self, of_flow)
        self._of_flow = of_flow

    def __call__(self, values: ArrayLike, *, weights: ArrayLike | None = None, **needs: Any) -> Score:
        """Return the signature over the last axis; see its own docstring for what it needs besides."""
        return as_score(self._of_flow(Flow.of(values, weights), **needs))

    def of(self, flow: Flow, **needs: Any) -> Floats:
        """Return the signature of a flow, shape (...)."""
        return np.asarray(self._of_flow(flow, **needs), dtype=np.float64)


def signature(of_flow: Callable[..., Floats]) -> SignatureFunction:
    """Make a signature ``(values, *, weights=None, ...)`` of a function of a :class:`Flow`."""
    return SignatureFunction(of_flow)
