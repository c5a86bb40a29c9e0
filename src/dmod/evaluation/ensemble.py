"""Several simulations of the same, and what scores of them have in common, computed once."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.sample import Floats, Score, as_score, ratio

T = TypeVar("T")
COMPLETE = ("complete",)
"""Under which it is kept whether no member is missing."""
SHAPES = "simulated has the shape (..., member, time), observed (..., time)"


@dataclass(frozen=True)
class Ensemble(ABC):
    """An observation at the times that count, and several simulations of it.

    Parameters
    ----------
    observed : 0 where missing [any one unit], shape (..., time)
    weights : of the times, 0 where there is no observation or no member, adding up to one (to zero without a
        time that counts), shape (..., time)
    kept : what was computed of members and observation, whatever the weights
    """

    observed: Floats
    weights: Floats
    kept: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False, kw_only=True)

    @staticmethod
    def of(simulated: ArrayLike, observed: ArrayLike, weights: ArrayLike | None = None) -> HeldEnsemble:
        """Return what counts of an ensemble; the last axes are member and time, leading axes are broadcast.

        Raises
        ------
        InputError
            the shapes do not fit, or a weight is negative.
        """
        x, y = np.asarray(simulated, dtype=np.float64), np.asarray(observed, dtype=np.float64)
        w = np.asarray(1.0 if weights is None else weights, dtype=np.float64)
        if x.ndim < 2 or y.ndim == 0:
            raise InputError(
                f"simulated {x.shape} and observed {y.shape} are not an ensemble and its observation",
                hint=SHAPES,
            )
        try:
            lead = np.broadcast_shapes(x.shape[:-2] + x.shape[-1:], y.shape, w.shape)
            members = np.broadcast_to(x, (*lead[:-1], x.shape[-2], lead[-1]))
        except ValueError as error:
            raise InputError(
                f"shapes {x.shape} (members), {y.shape} and {w.shape} (weights) do not fit together",
                hint=SHAPES,
            ) from error
        if np.any(w < 0.0):
            raise InputError("a weight is negative", hint="weights are 0 or more")
        known = np.isfinite(members)
        if not known.all():
            members = np.where(known, members, np.nan)
        y, w = np.broadcast_to(y, lead), np.broadcast_to(w, lead)
        return HeldEnsemble(*counted(y, w, np.asarray(known.any(axis=-2))), members)

    @property
    @abstractmethod
    def number(self) -> int:
        """Number of members, those that are missing included."""

    @property
    @abstractmethod
    def is_complete(self) -> bool:
        """Whether no member is missing at any time."""

    @abstractmethod
    def at_each_time(self, make: Callable[..., T], *given: Any) -> T:
        """Return what ``make(ensemble, *given)`` does of members whose values are all there.

        Parameters
        ----------
        make : returns one array or several, shape (..., time), whose values depend on nothing of other times;
            it may be called several times, each for some of the times
        given : more that it needs, each of shape (..., time)
        """

    def weighted(self, weights: ArrayLike) -> Self:
        """Return the same with the times weighed anew; what was computed is shared.

        Parameters
        ----------
        weights : 0 or more, times the own ones, broadcast to (..., time)
        """
        return replace(self, weights=normalised(self.weights * np.asarray(weights, dtype=np.float64)))

    def once(self, make: Callable[[Ensemble], T], *key: Hashable) -> T:
        """Return ``make(self)``, made when it is first asked for and then kept.

        Parameters
        ----------
        make : must not ask for the weights
        key : under which it is kept; the function itself without
        """
        place = key or make
        if place not in self.kept:
            self.kept[place] = make(self)
        return cast("T", self.kept[place])

    @property
    def size(self) -> NDArray[np.int64]:
        """Number of members at each time, shape (..., time)."""
        return self._each(_size)

    @property
    def average(self) -> Floats:
        """Mean of the members at each time, 0 without one, shape (..., time)."""
        return self._each(_average)

    @property
    def variance(self) -> Floats:
        """Variance of the members at each time, by their number less one; 0 of one. Shape (..., time)."""
        return self._each(_variance)

    @property
    def distance(self) -> Floats:
        """Mean of |x_i - y| at each time, shape (..., time)."""
        return self._each(_distance)

    @property
    def differences(self) -> Floats:
        """Sum of |x_i - x_j| over all pairs i < j at each time, shape (..., time)."""
        return self._each(_differences)

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Which times count, shape (..., time)."""
        return self.weights > 0.0

    def quantile(self, share: float) -> Floats:
        """Return what a share of the members lies below at each time, shape (..., time).

        The i-th of M members in order has the share i / (M + 1) (Weibull 1939), so that an observation that
        cannot be told from the members lies below as often; beyond the first and the last it is theirs.
        NaN where a member is missing.
        """
        return self.once(
            lambda ensemble: ensemble.at_each_time(lambda some: _quantile(some.ordered, share)),
            "quantile", share,
        )  # fmt: skip

    def mean(self, values: Floats, at_least: int = 1) -> Floats:
        """Return the weighted mean over the times with so many members; NaN without one. Shape (...)."""
        few = (
            None if at_least <= 1 or (self.is_complete and self.number >= at_least) else self.size < at_least
        )
        weights = self.weights if few is None else np.where(few, 0.0, self.weights)
        return ratio((weights * np.where(weights > 0.0, values, 0.0)).sum(axis=-1), weights.sum(axis=-1))

    def mean_of_full(self, values: Floats) -> Floats:
        """Return the weighted mean over the times with all members; NaN without one. Shape (...)."""
        return self.mean(values, self.number)

    def _each(self, make: Callable[[HeldEnsemble], T]) -> T:
        return self.once(lambda ensemble: ensemble.at_each_time(make), make)


@dataclass(frozen=True)
class HeldEnsemble(Ensemble):
    """An ensemble whose members are all there.

    Parameters
    ----------
    members : [unit of the observation], NaN where missing, shape (..., member, time)
    is_ordered : whether they are in ascending order at each time, missing ones last
    """

    members: Floats
    is_ordered: bool = False

    @property
    def number(self) -> int:
        """Number of members, those that are missing included."""
        return int(self.members.shape[-2])

    @property
    def is_complete(self) -> bool:
        """Whether no member is missing at any time."""
        return self.once(lambda _: not np.isnan(self.members).any(), *COMPLETE)

    @property
    def ordered(self) -> Floats:
        """The members in ascending order at each time, missing ones last, shape (..., member, time)."""
        if self.is_ordered:
            return self.members
        return self.once(lambda _: np.sort(self.members, axis=-2), "ordered")

    def at_each_time(self, make: Callable[..., T], *given: Any) -> T:
        """Return ``make(self, *given)``."""
        return make(self, *given)


class EnsembleFunction:
    """A score of an ensemble: called with values, or by :meth:`of` with an ensemble that several share."""

    __name__: str

    def __init__(self, of_ensemble: Callable[..., Floats]) -> None:
        functools.update_wrapper(self, of_ensemble)
        self._of_ensemble = of_ensemble

    def __call__(
        self, simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None, **needs: Any
    ) -> Score:
        """Score an ensemble over the last axis; see the score's own docstring for what it needs besides."""
        return as_score(self._of_ensemble(Ensemble.of(simulated, observed, weights), **needs))

    def of(self, ensemble: Ensemble, **needs: Any) -> Floats:
        """Score an ensemble, shape (...)."""
        return np.asarray(self._of_ensemble(ensemble, **needs), dtype=np.float64)


def ensemble_metric(of_ensemble: Callable[..., Floats]) -> EnsembleFunction:
    """Make a score ``(simulated, observed, *, weights=None, ...)`` of a function of an :class:`Ensemble`."""
    return EnsembleFunction(of_ensemble)


def normalised(weights: Floats) -> Floats:
    """Return weights that add up to one over time, to zero where all are zero."""
    total = weights.sum(axis=-1, keepdims=True)
    return np.asarray(weights / np.where(total > 0.0, total, 1.0))


def counted(observed: Floats, weights: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return what counts of observation and weights, where a member is known, all of shape (..., time)."""
    counts = np.isfinite(observed) & np.isfinite(weights) & (weights > 0.0) & known
    return np.where(counts, observed, 0.0), normalised(np.where(counts, weights, 0.0))


def _sum(ensemble: HeldEnsemble, values: Floats) -> Floats:
    """Sum over the members that are there."""
    return np.asarray(values.sum(axis=-2) if ensemble.is_complete else np.nansum(values, axis=-2))


def _size(ensemble: HeldEnsemble) -> NDArray[np.int64]:
    if ensemble.is_complete:
        return np.full(ensemble.observed.shape, ensemble.number)
    return np.asarray((~np.isnan(ensemble.members)).sum(axis=-2))


def _average(ensemble: HeldEnsemble) -> Floats:
    return _sum(ensemble, ensemble.members) / np.maximum(ensemble.size, 1)


def _variance(ensemble: HeldEnsemble) -> Floats:
    deviations = _sum(ensemble, (ensemble.members - ensemble.average[..., None, :]) ** 2)
    return deviations / np.maximum(ensemble.size - 1, 1)


def _distance(ensemble: HeldEnsemble) -> Floats:
    off = np.abs(ensemble.members - ensemble.observed[..., None, :])
    return _sum(ensemble, off) / np.maximum(ensemble.size, 1)


def _differences(ensemble: HeldEnsemble) -> Floats:
    rank = np.arange(1, ensemble.number + 1)[:, None]
    if ensemble.is_complete:
        return np.asarray(
            np.einsum("m,...mt->...t", 2.0 * rank[:, 0] - ensemble.number - 1, ensemble.ordered)
        )
    return _sum(ensemble, (2 * rank - ensemble.size[..., None, :] - 1) * ensemble.ordered)


def _quantile(ordered: Floats, share: float) -> Floats:
    number = ordered.shape[-2]
    at = min(max(share * (number + 1), 1.0), float(number))
    below = min(int(at), number - 1) or 1
    low, high = ordered[..., below - 1, :], ordered[..., min(below, number - 1), :]
    # the last member is NaN where one is missing
    return np.where(np.isnan(ordered[..., -1, :]), np.nan, low + (high - low) * (at - below))
