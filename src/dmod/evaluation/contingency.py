"""Contingency tables: how often the exceedance of a threshold was simulated, observed, both or neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.sample import Floats, Sample


@dataclass(frozen=True, slots=True)
class Contingency:
    """Shares of the weight of the pairs by what was simulated and what was observed; NaN without a pair.

    Parameters
    ----------
    hits : at or above the threshold in both, shape (...)
    misses : observed and not simulated, shape (...)
    false_alarms : simulated and not observed, shape (...)
    correct_negatives : below in both, shape (...)
    """

    hits: Floats
    misses: Floats
    false_alarms: Floats
    correct_negatives: Floats

    @property
    def total(self) -> Floats:
        """Share of the weight of the pairs with a threshold, shape (...)."""
        return self.hits + self.misses + self.false_alarms + self.correct_negatives

    @property
    def determinant(self) -> Floats:
        """H C - M F: above zero where occurrences are told better than by chance, shape (...)."""
        return self.hits * self.correct_negatives - self.misses * self.false_alarms


def contingency(sample: Sample, threshold: ArrayLike) -> Contingency:
    """Count occurrences simulated and observed.

    The table is kept with the sample, so that several metrics at one threshold (the same object) share it.

    Parameters
    ----------
    threshold : [unit of the input], broadcast to (..., time): one value, one by time, or one by location
        with shape (location, 1); a pair does not count where it is NaN

    Raises
    ------
    InputError
        the threshold's shape does not fit that of the pairs.
    """
    tables: list[tuple[ArrayLike, Contingency]] = sample.kept.setdefault("contingency", [])
    for known_threshold, known_table in tables:
        if known_threshold is threshold:
            return known_table
    limit = limits(threshold, sample.observed.shape, "pairs")
    known = ~np.isnan(limit)
    simulated, observed = sample.simulated >= limit, sample.observed >= limit

    def share(which: NDArray[np.bool_]) -> Floats:
        return sample.mean(which.astype(np.float64))

    table = Contingency(
        share(simulated & observed),
        share(~simulated & observed),
        share(simulated & ~observed),
        share(~(simulated | observed) & known),
    )
    tables.append((threshold, table))
    return table


def limits(threshold: ArrayLike, shape: tuple[int, ...], what: str) -> Floats:
    """Return a threshold for each of some values.

    Parameters
    ----------
    shape : of these values
    what : they are, for messages

    Raises
    ------
    InputError
        the threshold's shape does not fit.
    """
    limit = np.asarray(threshold, dtype=np.float64)
    try:
        return np.broadcast_to(limit, shape)
    except ValueError as error:
        raise InputError(
            f"a threshold of shape {limit.shape} does not fit {what} of shape {shape}",
            hint="give one value, one by time, or one by location with shape (location, 1)",
        ) from error
