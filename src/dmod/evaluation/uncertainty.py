"""How far a score would be off had other years been observed: intervals of confidence by a block bootstrap.

Flow of one hour is much like that of the next, so that single pairs cannot be drawn: blocks of consecutive
time are, such as years (Clark et al. 2021, Water Resour. Res. 57, e2020WR029001, doi:10.1029/2020WR029001).
The interval is that of the draws' percentiles. It is no better than the number of blocks: with fewer than
about ten years it is rather too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.block_scores import VALUES_AT_ONCE, blocks_of, ensemble_function_of, function_of
from dmod.evaluation.draws import DrawnSample, Draws
from dmod.evaluation.ensemble import Ensemble
from dmod.evaluation.metric import Metric
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.sample import Floats, Sample

ENOUGH = 0.5
"""Share of the draws that must have a score for an interval to be told."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of confidence of one metric.

    Parameters
    ----------
    low, high : NaN where the metric is not defined in half of the draws or more, shape (...)
    defined : number of draws in which the metric is defined, shape (...)
    """

    low: Floats
    high: Floats
    defined: NDArray[np.int64]


def confidence_intervals(
    simulated: ArrayLike,
    observed: ArrayLike,
    metrics: Sequence[str | Metric],
    draws: Draws,
    *,
    level: float = 0.95,
    weights: ArrayLike | None = None,
    **needs: Any,
) -> dict[str, Interval]:
    """Return an interval of confidence for each metric at each place.

    Memory stays bounded whatever the number of places: they are taken block by block.

    Parameters
    ----------
    simulated, observed : [any one unit], shape (..., time), broadcast; NaN where missing
    metrics : values, or names as :func:`dmod.evaluation.metric_registry.find_metric` takes them
    draws : of as many pairs as the series have
    level : share of the draws within the interval
    weights, needs : see :func:`dmod.evaluation.block_scores.score_block`

    Raises
    ------
    InputError
        the shapes or the draws do not fit, or the level is not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise InputError(f"level {level:g} of an interval is not between 0 and 1", hint="such as 0.95")
    asked = [metric if isinstance(metric, Metric) else find_metric(metric) for metric in metrics]
    leading, blocks = blocks_of(simulated, observed, weights, needs, largest=_places_at_once(draws))
    rows = math.prod(leading)
    low, high = ({m.name: np.full(rows, np.nan) for m in asked} for _ in range(2))
    defined = {m.name: np.zeros(rows, dtype=np.int64) for m in asked}
    for block, sample, own in blocks:
        for name, found in _all_drawn_scores(asked, sample, draws, own).items():
            scores = found.reshape(len(draws.taken), -1)
            defined[name][block] = (~np.isnan(scores)).sum(axis=0)
            low[name][block], high[name][block] = _percentiles(scores, level)
    return {
        m.name: Interval(
            low[m.name].reshape(leading), high[m.name].reshape(leading), defined[m.name].reshape(leading)
        )
        for m in asked
    }


def ensemble_intervals(
    ensemble: Ensemble,
    metrics: Sequence[str | Metric],
    draws: Draws,
    *,
    level: float = 0.95,
    **needs: Any,
) -> dict[str, Interval]:
    """Return an interval of confidence for each metric of ensembles at each place.

    Parameters
    ----------
    ensemble : of several places, leading axes kept
    metrics, draws, level : as :func:`confidence_intervals` has them
    needs : what the metrics need: ``threshold`` [unit of the input, broadcast to (..., time)]

    Raises
    ------
    InputError
        the draws do not fit, or a metric is not one of ensembles.
    """
    size, leading = ensemble.weights.shape[-1], ensemble.weights.shape[:-1]
    if draws.size != size:
        raise InputError(f"draws of {draws.size} pairs do not fit a series of {size}")
    asked = [metric if isinstance(metric, Metric) else find_metric(metric) for metric in metrics]
    parts: dict[str, list[Floats]] = {metric.name: [] for metric in asked}
    step = max(1, VALUES_AT_ONCE // max(ensemble.weights.size, 1))
    for start in range(0, len(draws.taken), step):
        repeats = draws.repeats(slice(start, start + step))
        drawn = ensemble.weighted(repeats.reshape(len(repeats), *(1 for _ in leading), size))
        for metric in asked:
            own = {name: needs[name] for name in metric.needs if name in needs}
            parts[metric.name].append(ensemble_function_of(metric).of(drawn, **own))
    return {name: _interval(np.concatenate(scores), leading, level) for name, scores in parts.items()}


def _interval(scores: Floats, leading: tuple[int, ...], level: float) -> Interval:
    flat = scores.reshape(len(scores), -1)
    low, high = (end.reshape(leading) for end in _percentiles(flat, level))
    return Interval(low, high, np.asarray((~np.isnan(scores)).sum(axis=0)))


def drawn_scores(metric: Metric, sample: Sample, draws: Draws, **needs: Any) -> Floats:
    """Score all draws of a sample with one metric, shape (draw, ...).

    With the same draws two runs are compared draw by draw: the share of draws in which one is the better
    says how sure its lead is.

    Raises
    ------
    InputError
        the draws are of another number of pairs.
    """
    return _all_drawn_scores([metric], sample, draws, needs)[metric.name]


def _all_drawn_scores(
    metrics: Sequence[Metric], sample: Sample, draws: Draws, needs: Mapping[str, Any]
) -> dict[str, Floats]:
    """Score all draws with several metrics that share what they compute, each of shape (draw, ...)."""
    size = sample.weights.shape[-1]
    if draws.size != size:
        raise InputError(f"draws of {draws.size} pairs do not fit a series of {size}")
    given = {m.name: {need: needs[need] for need in m.needs if need in needs} for m in metrics}
    functions = {m.name: function_of(m) for m in metrics}
    of_means = DrawnSample.of_draws(sample, draws)
    found = {n: f.of(of_means, **given[n]) for n, f in functions.items() if f.of_means}
    pair_by_pair = {n: f for n, f in functions.items() if not f.of_means}
    parts: dict[str, list[Floats]] = {name: [] for name in pair_by_pair}
    step = max(1, VALUES_AT_ONCE // max(sample.weights.size, 1))
    for start in range(0, len(draws.taken) if pair_by_pair else 0, step):
        drawn = sample.drawn(draws.repeats(slice(start, start + step)))
        for name, function in pair_by_pair.items():
            parts[name].append(function.of(drawn, **given[name]))
    return found | {name: np.concatenate(scores, axis=0) for name, scores in parts.items()}


def _percentiles(scores: Floats, level: float) -> Floats:
    """Return both ends of the interval at each place, interpolated between draws, shape (2, place)."""
    # what is not defined comes last
    ordered = np.sort(scores, axis=0)
    defined = (~np.isnan(scores)).sum(axis=0)
    edge = (1.0 - level) / 2.0
    last = np.maximum(defined - 1, 0)
    at = np.array([[edge], [1.0 - edge]]) * last
    below = at.astype(np.intp)
    low, high = (np.take_along_axis(ordered, np.minimum(k, last), axis=0) for k in (below, below + 1))
    ends = low + (high - low) * (at - below)
    return np.where(defined > ENOUGH * len(scores), ends, np.nan)


def _places_at_once(draws: Draws) -> int:
    """Places for which what all draws give stays small."""
    return max(1, VALUES_AT_ONCE // len(draws.taken))
