"""Grades that equal DMOD's own, with its faults, so that its figures can be reproduced.

What it does differently from :mod:`dmod.evaluation.grading_scheme`:

- pairs are values of equal stamp, and a stamp that occurs twice in the observations makes two pairs
- a correlation below zero, and an efficiency below zero, count as zero
- a metric that scores zero in all is left out, as if it had not been asked for
- a frequency bias above one scores fully; an error of volume counts as it is
- a location without a threshold ends the evaluation
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.dmod_metric import Above, find_dmod_metric
from dmod.evaluation.evaluation import Grade
from dmod.evaluation.grading_scheme import Cell
from dmod.evaluation.plan import Weighing
from dmod.evaluation.threshold import Threshold

HINT = "aggregation: scaled grades it otherwise"


@dataclass(frozen=True, slots=True)
class Rows:
    """Values at a location as their source has them: in any order, a stamp may occur twice.

    Parameters
    ----------
    times : UTC, datetime64[s], shape (row,)
    values : [unit of the plan], NaN where missing, shape (row,)
    """

    location: str
    times: NDArray[np.datetime64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ExactPairs:
    """Values of equal stamp at one location, ascending in time.

    Parameters
    ----------
    location : of the observations
    times : UTC, datetime64[s], shape (pair,)
    simulated, observed : [unit of the plan], shape (pair,)
    """

    location: str
    times: NDArray[np.datetime64]
    simulated: NDArray[np.float64]
    observed: NDArray[np.float64]


def exact_pairs(observed: Rows, simulated: Rows) -> ExactPairs:
    """Pair every value with every one of the other side that has its stamp; what is missing makes no pair."""
    at_o, o = _known(observed)
    at_s, s = _known(simulated)
    first, last = np.searchsorted(at_s, at_o, "left"), np.searchsorted(at_s, at_o, "right")
    counts = last - first
    of = np.repeat(np.arange(len(at_o)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    index = np.repeat(first, counts) + within
    return ExactPairs(observed.location, at_o[of].astype("datetime64[s]"), s[index], o[of])


def _known(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    kept = np.isfinite(rows.values)
    seconds = rows.times[kept].astype("datetime64[s]").astype(np.int64)
    order = np.argsort(seconds, kind="stable")
    return seconds[order], rows.values[kept][order]


def grade_as_dmod(
    configuration: str, pairs: Iterable[ExactPairs], weighing: Weighing, thresholds: Sequence[Threshold]
) -> Grade:
    """Grade one configuration as DMOD does.

    Returns
    -------
    grade : its total is the sum over locations, each 0…1; its grade in percent of what could be reached

    Raises
    ------
    InputError
        a location has no threshold; DMOD has no such metric; locations have weights, which DMOD has not.
    """
    if any(weight != 1.0 for weight in weighing.locations.values()):
        raise InputError("DMOD cannot weigh locations: its grade would pass 100 %", hint=HINT)
    details: dict[str, dict[str, dict[str, dict[str, float | int]]]] = {}
    percent: dict[str, float] = {}
    for one in pairs:
        here = [threshold for threshold in thresholds if one.location in threshold.locations]
        if not here:
            raise InputError(f"DMOD cannot grade {one.location}: it has no threshold", hint=HINT)
        found = {name: dict(_cells(name, one, here)) for name in weighing.metrics}
        percent[one.location] = 100.0 * _place(found.items(), weighing)
        details[one.location] = {
            name: {key: cell.as_dict() for key, cell in cells.items()} for name, cells in found.items()
        }
    if not percent:
        raise InputError("there is no pair to grade", hint="check that stamps of both sides are equal")
    total = sum(percent.values()) / 100.0
    # cut off after two digits, as its documents have it
    return Grade(configuration, total, math.floor(10_000.0 * total / len(percent)) / 100.0, percent, details)


def _cells(name: str, pairs: ExactPairs, thresholds: Sequence[Threshold]) -> Iterator[tuple[str, Cell]]:
    metric = find_dmod_metric(name)
    for threshold in thresholds:
        limit = threshold.at(pairs.location, pairs.times)
        above = Above(pairs.times.astype(np.int64), pairs.simulated, pairs.observed, limit)
        value = metric.function(above)
        size = len(pairs.times) if metric.is_categorical else len(above.reaching()[0])
        yield threshold.name, Cell(value, metric.scaled(value), threshold.weight, size)


def _place(found: Iterable[tuple[str, dict[str, Cell]]], weighing: Weighing) -> float:
    total = reachable = 0.0
    for name, cells in found:
        known = [cell for cell in cells.values() if not math.isnan(cell.scaled)]
        sum_of_weights = sum(cell.weight for cell in known)
        score = sum(cell.scaled * cell.weight for cell in known)
        if score and sum_of_weights and weighing.metrics[name]:  # its fault: zero is no score
            total += weighing.metrics[name] * score / sum_of_weights
            reachable += weighing.metrics[name]
    return total / reachable if reachable else 0.0
