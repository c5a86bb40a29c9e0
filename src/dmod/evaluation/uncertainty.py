"""How far a score would be off had other years been observed: intervals of confidence by a block bootstrap.

Flow of one hour is much like that of the next, so that single pairs cannot be drawn: blocks of consecutive
time are, such as years (Clark et al. 2021, Water Resour. Res. 57, e2020WR029001, doi:10.1029/2020WR029001).
The interval is that of the draws' percentiles. It is no better than the number of blocks: with fewer than
about ten years it is rather too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.block_scores import VALUES_AT_ONCE, blocks_of, function_of
from dmod.evaluation.draws import DrawnSample, Draws
from dmod.evaluation.metric import Metric
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.sample import Floats, MetricFunction, Sample

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
        for metric in asked:
            scores = drawn_scores(metric, sample, draws, **own).reshape(len(draws.taken), -1)
            there = ~np.isnan(scores)
            number = there.sum(axis=0)
            told = number > ENOUGH * len(scores)
            ends = np.full((2, len(number)), np.nan)
            if told.any():
                edge = (1.0 - level) / 2.0
                ends[:, told] = np.nanquantile(scores[:, told], [edge, 1.0 - edge], axis=0)
            low[metric.name][block], high[metric.name][block] = ends
            defined[metric.name][block] = number
    return {
        m.name: Interval(
            low[m.name].reshape(leading), high[m.name].reshape(leading), defined[m.name].reshape(leading)
        )
        for m in asked
    }


def drawn_scores(metric: Metric, sample: Sample, draws: Draws, **needs: Any) -> Floats:
    """Score all draws of a sample with one metric, shape (draw, ...).

    With the same draws two runs are compared draw by draw: the share of draws in which one is the better
    says how sure its lead is.

    Raises
    ------
    InputError
        the draws are of another number of pairs.
    """
    size = sample.weights.shape[-1]
    if draws.size != size:
        raise InputError(f"draws of {draws.size} pairs do not fit a series of {size}")
    function = function_of(metric)
    given = {name: needs[name] for name in metric.needs if name in needs}
    if function.of_means:
        return function.of(DrawnSample.of_draws(sample, draws), **given)
    return np.concatenate(_draw_by_draw(function, sample, draws, given), axis=0)


def _draw_by_draw(
    function: MetricFunction, sample: Sample, draws: Draws, needs: dict[str, Any]
) -> list[Floats]:
    step = max(1, VALUES_AT_ONCE // max(sample.weights.size, 1))
    found = []
    for start in range(0, len(draws.taken), step):
        found.append(function.of(sample.drawn(draws.repeats(slice(start, start + step))), **needs))
    return found


def _places_at_once(draws: Draws) -> int:
    """Places for which what all draws give stays small."""
    return max(1, VALUES_AT_ONCE // len(draws.taken))
