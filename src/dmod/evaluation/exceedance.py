"""The probability that an ensemble gives to reaching a threshold, and what then occurs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.evaluation.contingency import limits
from dmod.evaluation.ensemble import Ensemble, HeldEnsemble, normalised
from dmod.evaluation.sample import Floats, ratio


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
        limit = limits(threshold, ensemble.observed.shape, "times")
        # kept with the threshold itself, so that another cannot take its place in memory
        _, probability, occurs = ensemble.once(
            lambda of: (threshold, *of.at_each_time(_compared, limit)), "exceedance", id(threshold)
        )
        weights = normalised(np.where(np.isnan(limit), 0.0, ensemble.weights))
        return cls(probability, occurs, weights, ensemble.number)

    @property
    def score(self) -> Floats:
        """Mean square difference of probability and occurrence (Brier); NaN without a time. Shape (...)."""
        return ratio(
            (self.weights * (self.probability - self.occurs) ** 2).sum(axis=-1), self.weights.sum(axis=-1)
        )

    def table(self) -> ReliabilityTable:
        """Return what occurred where each probability was given."""
        nearest = np.rint(self.probability * self.members).astype(np.int64)
        share = by_bin(nearest, self.weights, self.members + 1)
        given = by_bin(nearest, self.weights * self.probability, self.members + 1)
        occurred = by_bin(nearest, self.weights * self.occurs, self.members + 1)
        return ReliabilityTable(ratio(given, share), ratio(occurred, share), share)


def by_bin(bins: NDArray[np.int64], values: Floats, number: int) -> Floats:
    """Return the sums over time of the values in each bin, shape (..., bin)."""
    bins = np.broadcast_to(bins, values.shape)  # weights may be of several draws
    leading, places = bins.shape[:-1], math.prod(bins.shape[:-1])
    own = bins.reshape(places, -1) + number * np.arange(places)[:, None]
    found = np.bincount(own.ravel(), values.ravel(), minlength=number * places)
    return np.asarray(found.reshape(*leading, number))


def _compared(ensemble: HeldEnsemble, limit: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    above = (ensemble.members >= limit[..., None, :]).sum(axis=-2)
    return above / np.maximum(ensemble.size, 1), ensemble.observed >= limit


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
