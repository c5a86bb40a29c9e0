"""Many metrics of many series: pairs are made once, in blocks that stay in the processor's cache."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.ensemble import EnsembleFunction
from dmod.evaluation.metric import Metric
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.sample import Floats, MetricFunction, Sample
from dmod.evaluation.undefined import reasons

VALUES_AT_ONCE = 1 << 17
"""Pairs in a block: 1 MiB for each array that metrics make on their way."""


@dataclass(frozen=True, slots=True)
class BlockScores:
    """What many series scored.

    Parameters
    ----------
    values : by metric, NaN where it is not defined, shape (...)
    pairs : number of pairs that count, shape (...)
    reasons : by metric, why a value is NaN, place for place in order; empty where it is not
    """

    values: Mapping[str, Floats]
    pairs: NDArray[np.int64]
    reasons: Mapping[str, Sequence[str]]


def score_block(
    simulated: ArrayLike,
    observed: ArrayLike,
    metrics: Sequence[str | Metric],
    *,
    weights: ArrayLike | None = None,
    **needs: Any,
) -> BlockScores:
    """Score series over the last axis with several metrics that share what they compute.

    Parameters
    ----------
    simulated, observed : [any one unit], shape (..., time), broadcast; NaN where missing
    metrics : values, or names as :func:`dmod.evaluation.metric_registry.find_metric` takes them
    weights : 0 or more, broadcast to the same shape
    needs : what the metrics need: ``dt`` [s], ``times`` [h since 1970-01-01 00:00 UTC, shape (time,)],
        ``threshold`` [unit of the input, broadcast to (..., time)]

    Raises
    ------
    InputError
        the shapes do not fit, a weight is negative, or a metric is not of pairs, such as one of ensembles.
    """
    asked = [metric if isinstance(metric, Metric) else find_metric(metric) for metric in metrics]
    functions = {metric.name: function_of(metric) for metric in asked}
    leading, blocks = blocks_of(simulated, observed, weights, needs)
    rows = math.prod(leading)
    number = np.zeros(rows, dtype=np.int64)
    values = {name: np.full(rows, np.nan) for name in functions}
    why: dict[str, list[str]] = {name: [] for name in functions}
    for block, sample, own in blocks:
        number[block] = sample.counts.sum(axis=-1)
        for metric in asked:
            score = functions[metric.name].of(sample, **{n: own[n] for n in metric.needs if n in own})
            values[metric.name][block] = score
            why[metric.name] += reasons(metric, sample, score)
    return BlockScores(
        {name: value.reshape(leading) for name, value in values.items()}, number.reshape(leading), why
    )


def function_of(metric: Metric) -> MetricFunction:
    """Return what scores a sample.

    Raises
    ------
    InputError
        the metric is not one of pairs, such as one of ensembles.
    """
    if isinstance(metric.function, MetricFunction):
        return metric.function
    raise InputError(f"metric {metric.name} is not one of pairs", hint="call its function with what it takes")


def ensemble_function_of(metric: Metric) -> EnsembleFunction:
    """Return what scores an ensemble.

    Raises
    ------
    InputError
        the metric is one of pairs.
    """
    if isinstance(metric.function, EnsembleFunction):
        return metric.function
    raise InputError(
        f"metric {metric.name} is not one of ensembles", hint="apply it to the mean of the members"
    )


def blocks_of(
    simulated: ArrayLike,
    observed: ArrayLike,
    weights: ArrayLike | None,
    needs: Mapping[str, Any],
    *,
    largest: int | None = None,
) -> tuple[tuple[int, ...], Iterator[tuple[slice, Sample, dict[str, Any]]]]:
    """Divide series into blocks of places: which of them in order, their pairs, and what they have of needs.

    Parameters
    ----------
    largest : number of places of a block

    Returns
    -------
    leading : shape of the places
    blocks : one after the other
    """
    s, o = np.asarray(simulated, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    leading = _leading(s, o, weights)
    rows = math.prod(leading)
    step = max(1, min(VALUES_AT_ONCE // max(s.shape[-1], 1), largest or rows))

    def blocks() -> Iterator[tuple[slice, Sample, dict[str, Any]]]:
        for start in range(0, rows, step):
            block = slice(start, min(start + step, rows))
            sample = Sample.of(*(_rows(value, leading, block) for value in (s, o, weights)))
            yield block, sample, {name: _rows(value, leading, block) for name, value in needs.items()}

    return leading, blocks()


def _leading(s: Floats, o: Floats, weights: ArrayLike | None) -> tuple[int, ...]:
    if s.ndim == 0 or o.ndim == 0 or s.shape[-1] != o.shape[-1]:
        raise InputError(f"simulated {s.shape} and observed {o.shape} are not pairs along the last axis")
    others = () if weights is None else np.shape(weights)
    try:
        return np.broadcast_shapes(s.shape, o.shape, others)[:-1]
    except ValueError as error:
        raise InputError(f"shapes {s.shape}, {o.shape} and {others} (weights) do not fit together") from error


def _rows(value: Any, leading: tuple[int, ...], block: slice) -> Any:
    """Return what some places have of a value: all of it where it is the same for all."""
    if np.ndim(value) < 2:
        return value
    array = np.asarray(value, dtype=np.float64)
    # a view, without a copy, where only places are left out or one is repeated
    return np.broadcast_to(array, (*leading, array.shape[-1])).reshape(-1, array.shape[-1])[block]
