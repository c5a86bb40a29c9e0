"""Several simulations of the same, and the probability that they give to exceeding a threshold."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.sample import Floats, Score, as_score, ratio


@dataclass(frozen=True)
class Ensemble:
    """Members and observation at the times that count.

    Parameters
    ----------
    members : [any one unit], NaN where missing, shape (..., member, time)
    observed : 0 where missing [same unit], shape (..., time)
    weights : of the times, 0 where there is no observation or no member, adding up to one (to zero without a
        time that counts), shape (..., time)
    """

    members: Floats
    observed: Floats
    weights: Floats

    @classmethod
    def of(cls, simulated: ArrayLike, observed: ArrayLike, weights: ArrayLike | None = None) -> Ensemble:
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
                hint="simulated has the shape (..., member, time), observed (..., time)",
            )
        try:
            lead = np.broadcast_shapes(x.shape[:-2] + x.shape[-1:], y.shape, w.shape)
            members = np.broadcast_to(x, (*lead[:-1], x.shape[-2], lead[-1]))
        except ValueError as error:
            raise InputError(
                f"shapes {x.shape} (members), {y.shape} and {w.shape} (weights) do not fit together",
                hint="simulated has the shape (..., member, time), observed (..., time)",
            ) from error
        if np.any(w < 0.0):
            raise InputError("a weight is negative", hint="weights are 0 or more")
        members = np.where(np.isfinite(members), members, np.nan)
        y, w = np.broadcast_to(y, lead), np.broadcast_to(w, lead)
        counts = np.isfinite(y) & np.isfinite(w) & (w > 0.0) & ~np.isnan(members).all(axis=-2)
        return cls(members, np.where(counts, y, 0.0), _normalised(np.where(counts, w, 0.0)))

    @functools.cached_property
    def size(self) -> NDArray[np.int64]:
        """Number of members at each time, shape (..., time)."""
        return np.asarray((~np.isnan(self.members)).sum(axis=-2))

    @functools.cached_property
    def ordered(self) -> Floats:
        """The members in ascending order at each time, missing ones last, shape (..., member, time)."""
        return np.sort(self.members, axis=-2)

    @functools.cached_property
    def average(self) -> Floats:
        """Mean of the members at each time, 0 without one, shape (..., time)."""
        return np.asarray(np.nansum(self.members, axis=-2) / np.maximum(self.size, 1))

    def mean(self, values: Floats, at_least: int = 1) -> Floats:
        """Return the weighted mean over the times with so many members; NaN without one. Shape (...)."""
        weights = np.where(self.size >= at_least, self.weights, 0.0)
        return ratio((weights * values).sum(axis=-1), weights.sum(axis=-1))


@dataclass(frozen=True, slots=True)
class ReliabilityTable:
    """What occurred where an ensemble gave each probability: the reliability diagram.

    An ensemble of M members gives 0, 1/M, ..., 1; where members are missing, the nearest of these.

    Parameters
    ----------
    forecast : mean probability that was given [-], NaN where it never was, shape (..., M + 1)
    frequency : how often it then occurred [-], NaN where it never was given, shape (..., M + 1)
    share : of the times at which it was given [-], shape (..., M + 1)
    """

    forecast: Floats
    frequency: Floats
    share: Floats

    @property
    def base_rate(self) -> Floats:
        """How often it occurred at all; NaN where no time counts. Shape (...)."""
        return ratio(np.nansum(self.frequency * self.share, axis=-1), self.share.sum(axis=-1))

    @property
    def reliability(self) -> Floats:
        """Mean square difference of probability and frequency: 0 is best. Shape (...)."""
        return self._mean((self.forecast - self.frequency) ** 2)

    @property
    def resolution(self) -> Floats:
        """Mean square difference of the frequencies and the base rate: the more the better. Shape (...)."""
        return self._mean((self.frequency - self.base_rate[..., None]) ** 2)

    @property
    def uncertainty(self) -> Floats:
        """Variance of the occurrence, whatever the ensemble. Shape (...)."""
        return self.base_rate * (1.0 - self.base_rate)

    @property
    def roc_area(self) -> Floats:
        """Chance that the probability is higher where it occurs; ties count half. Shape (...)."""
        occurs = np.nan_to_num(self.frequency) * self.share
        other = self.share - occurs
        below = np.cumsum(other, axis=-1) - other / 2.0
        return ratio((occurs * below).sum(axis=-1), occurs.sum(axis=-1) * other.sum(axis=-1))

    def _mean(self, values: Floats) -> Floats:
        return ratio(np.nansum(values * self.share, axis=-1), self.share.sum(axis=-1))


@dataclass(frozen=True, slots=True)
class Exceedance:
    """How likely an ensemble says that a threshold is reached, and whether it was.

    Parameters
    ----------
    probability : share of the members at or above the threshold, shape (..., time)
    occurs : whether the observation is, shape (..., time)
    weights : of the times, 0 where the threshold is NaN besides, shape (..., time)
    members : number of members
    """

    probability: Floats
    occurs: NDArray[np.bool_]
    weights: Floats
    members: int

    @classmethod
    def of(cls, ensemble: Ensemble, threshold: ArrayLike) -> Exceedance:
        """Compare an ensemble with a threshold that is broadcast to (..., time).

        Raises
        ------
        InputError
            the threshold's shape does not fit.
        """
        limit = np.asarray(threshold, dtype=np.float64)
        try:
            limit = np.broadcast_to(limit, ensemble.observed.shape)
        except ValueError as error:
            raise InputError(
                f"a threshold of shape {limit.shape} does not fit times of shape {ensemble.observed.shape}",
                hint="give one value, one by time, or one by location with shape (location, 1)",
            ) from error
        above = (ensemble.members >= limit[..., None, :]).sum(axis=-2)
        return cls(
            above / np.maximum(ensemble.size, 1),
            ensemble.observed >= limit,
            _normalised(np.where(np.isnan(limit), 0.0, ensemble.weights)),
            ensemble.members.shape[-2],
        )

    @property
    def score(self) -> Floats:
        """Mean square difference of probability and occurrence (Brier); NaN without a time. Shape (...)."""
        return ratio(
            (self.weights * (self.probability - self.occurs) ** 2).sum(axis=-1), self.weights.sum(axis=-1)
        )

    def table(self) -> ReliabilityTable:
        """Return what occurred where each probability was given."""
        nearest = np.rint(self.probability * self.members).astype(np.int64)
        shape = (*self.weights.shape[:-1], self.members + 1)
        share, given, occurred = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for k in range(self.members + 1):
            weights = np.where(nearest == k, self.weights, 0.0)
            share[..., k] = weights.sum(axis=-1)
            given[..., k] = (weights * self.probability).sum(axis=-1)
            occurred[..., k] = (weights * self.occurs).sum(axis=-1)
        return ReliabilityTable(ratio(given, share), ratio(occurred, share), share)


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


def reliability_table(
    simulated: ArrayLike, observed: ArrayLike, *, threshold: ArrayLike, weights: ArrayLike | None = None
) -> ReliabilityTable:
    """Return what occurred where each probability of reaching a threshold was given.

    Parameters
    ----------
    simulated : [any one unit], NaN where a member is missing, shape (..., member, time)
    observed : [same unit], NaN where missing, shape (..., time)
    threshold : [same unit], broadcast to (..., time); a time does not count where it is NaN
    weights : 0 or more, broadcast to (..., time)
    """
    return Exceedance.of(Ensemble.of(simulated, observed, weights), threshold).table()


def rank_histogram(
    simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None, seed: int = 0
) -> Floats:
    """Return how often the observation has each rank among the members, shape (..., member + 1).

    Rank 0 is below all members. Of members equal to the observation a number is drawn that are below. A time
    at which a member is missing does not count.

    Parameters
    ----------
    simulated : [any one unit], NaN where a member is missing, shape (..., member, time)
    observed : [same unit], NaN where missing, shape (..., time)
    weights : 0 or more, broadcast to (..., time)
    seed : of the random numbers

    Returns
    -------
    frequency : [-], adding up to one; NaN where no time counts

    References
    ----------
    Hamill (2001), Mon. Wea. Rev. 129, 550-560, doi:10.1175/1520-0493(2001)129<0550:IORHFV>2.0.CO;2.
    """
    ensemble = Ensemble.of(simulated, observed, weights)
    number = ensemble.members.shape[-2]
    below = (ensemble.members < ensemble.observed[..., None, :]).sum(axis=-2)
    ties = (ensemble.members == ensemble.observed[..., None, :]).sum(axis=-2)
    rank = below + np.random.default_rng(seed).integers(0, ties + 1)
    full = np.where(ensemble.size == number, ensemble.weights, 0.0)
    shares = [np.where(rank == k, full, 0.0).sum(axis=-1) for k in range(number + 1)]
    return ratio(np.stack(shares, axis=-1), full.sum(axis=-1)[..., None])


def _normalised(weights: Floats) -> Floats:
    total = weights.sum(axis=-1, keepdims=True)
    return np.asarray(weights / np.where(total > 0.0, total, 1.0))
