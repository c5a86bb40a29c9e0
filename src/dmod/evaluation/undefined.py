"""Why a metric has no value for some pairs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.ensemble import Ensemble
from dmod.evaluation.metric import Cause, Metric
from dmod.evaluation.sample import Sample

Flags = NDArray[np.bool_]

NO_PAIR = "there is no pair: where one side has a value the other has none"
ONE_PAIR = "there is only one pair"
NO_TIME = "there is no time at which all members and the observation have a value"
UNKNOWN = "the pairs do not determine it"


def reasons(metric: Metric, sample: Sample, score: NDArray[np.float64]) -> list[str]:
    """Return why a score is NaN, for each place in order; empty where it is not.

    Parameters
    ----------
    score : of the metric for the sample, shape (...)
    """
    undefined = np.atleast_1d(np.isnan(score)).ravel()
    if not undefined.any():
        return [""] * undefined.size
    number = np.atleast_1d(sample.counts.sum(axis=-1)).ravel()
    present = sample.once(causes)
    return [
        _reason(metric, int(number[i]), {cause: bool(flags[i]) for cause, flags in present.items()})
        if undefined[i]
        else ""
        for i in range(undefined.size)
    ]


def reasons_of_ensemble(metric: Metric, ensemble: Ensemble, score: NDArray[np.float64]) -> list[str]:
    """Return why a score of an ensemble is NaN, for each place in order; empty where it is not."""
    undefined = np.atleast_1d(np.isnan(score)).ravel()
    if not undefined.any():
        return [""] * undefined.size
    counts = ensemble.counts
    number = np.atleast_1d(counts.sum(axis=-1)).ravel()
    low, high = (np.where(counts, ensemble.observed, edge) for edge in (np.inf, -np.inf))
    wrong = np.where(counts, ensemble.average - ensemble.observed, 0.0)
    some = {
        Cause.CONSTANT_OBSERVED: low.min(axis=-1, initial=np.inf) == high.max(axis=-1, initial=-np.inf),
        Cause.ONE_MEMBER: np.full(counts.shape[:-1], ensemble.number < 2),
        Cause.EXACT_MEAN: ~wrong.any(axis=-1),
    }
    present = {cause: np.atleast_1d(flags).ravel() for cause, flags in some.items()}
    nothing = NO_TIME if ensemble.number > 1 else NO_PAIR
    told = [
        nothing
        if number[i] == 0
        else _listed(metric, {cause: bool(flags[i]) for cause, flags in present.items()})
        for i in range(undefined.size)
    ]
    return [text if is_undefined else "" for text, is_undefined in zip(told, undefined, strict=True)]


def causes(sample: Sample) -> dict[Cause, Flags]:
    """Return which causes are present, for each place in order."""
    lowest = np.where(sample.counts, np.minimum(sample.simulated, sample.observed), np.inf)
    low = lowest.min(axis=-1, initial=np.inf)
    some = {
        # spreads are exactly zero for a constant series
        Cause.CONSTANT_OBSERVED: ~sample.spread_observed.any(axis=-1),
        Cause.CONSTANT_SIMULATED: ~sample.spread_simulated.any(axis=-1),
        Cause.ZERO_OBSERVED: ~sample.observed.any(axis=-1),
        Cause.ZERO_SIMULATED: ~sample.simulated.any(axis=-1),
        Cause.NEGATIVE: low < 0.0,
        Cause.ZERO: (lowest == 0.0).any(axis=-1),
    }
    return {cause: np.atleast_1d(flags).ravel() for cause, flags in some.items()}


def _reason(metric: Metric, number: int, present: Mapping[Cause, bool]) -> str:
    if number == 0:
        return NO_PAIR
    if number == 1:
        return ONE_PAIR
    return _listed(metric, present)


def _listed(metric: Metric, present: Mapping[Cause, bool]) -> str:
    # zero throughout is constant too: the narrower cause says it; what the pairs do not tell may always be
    implied = {Cause.CONSTANT_OBSERVED: Cause.ZERO_OBSERVED, Cause.CONSTANT_SIMULATED: Cause.ZERO_SIMULATED}
    found = [
        str(cause)
        for cause in Cause
        if cause in metric.undefined
        and present.get(cause, True)
        and not (cause in implied and present.get(implied[cause], False))
    ]
    return "; ".join(found) or UNKNOWN
