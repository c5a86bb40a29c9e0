"""How configurations stand over all places: medians, spreads, best and worst places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.report.evaluation.measure import Kind, Measure
from dmod.evaluation.report.evaluation.score_cube import ScoreCube

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Standing:
    """One measure of one configuration over places.

    Parameters
    ----------
    median, lower, upper : with the quartiles; NaN without a value
    count : places with a value
    """

    median: float
    lower: float
    upper: float
    count: int


@dataclass(frozen=True, slots=True)
class PairedStanding:
    """Two configurations at the places that both have a value for.

    Parameters
    ----------
    first, second : positions of the configurations
    better : share of the places at which the second lies nearer to the ideal, ties counted half
    gain : median of what the second lies nearer by
    count : places
    """

    first: int
    second: int
    better: float
    gain: float
    count: int


def standing(values: Floats) -> Standing:
    """Return where values over places stand; NaN is passed over."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return Standing(np.nan, np.nan, np.nan, 0)
    lower, median, upper = np.quantile(known, (0.25, 0.5, 0.75)).tolist()
    return Standing(median, lower, upper, len(known))


def main_measure(cube: ScoreCube) -> int:
    """Return the position of the measure that is looked at first: an efficiency where there is one."""
    kinds = [(measure.kind, bool(measure.threshold)) for measure in cube.measures]
    wanted = [(Kind.EFFICIENCY, False), (Kind.EFFICIENCY, True)]
    return next((kinds.index(kind) for kind in wanted if kind in kinds), 0)


DETECTION = frozenset({"pod", "probability_of_detection"})
FALSE_ALARMS = frozenset({"far", "false_alarm_ratio"})


def performance_pairs(cube: ScoreCube) -> list[tuple[int, int, str]]:
    """Return positions of detection and of false alarms with the threshold of both, where both are known."""
    false = {m.threshold: index for index, m in enumerate(cube.measures) if m.metric in FALSE_ALARMS}
    return [
        (index, false[m.threshold], m.threshold)
        for index, m in enumerate(cube.measures)
        if m.metric in DETECTION and m.threshold in false
    ]


def best_of(measure: Measure, medians: Floats) -> int | None:
    """Return the position of the value nearest to the ideal; None where none is better."""
    distance = measure.distance(medians)
    if len(medians) < 2 or not np.isfinite(distance).any():
        return None
    return int(np.nanargmin(distance))


def extremes(measure: Measure, values: Floats, count: int) -> tuple[list[int], list[int]]:
    """Return positions of the best and of the worst places, most extreme first; best is high for a signature.

    Parameters
    ----------
    values : of one configuration, shape (place,)
    """
    distance = -values if measure.kind is Kind.PLAIN else measure.distance(values)
    known = np.flatnonzero(np.isfinite(distance))
    order = known[np.argsort(distance[known], kind="stable")]
    return order[:count].tolist(), order[::-1][:count].tolist()


def gain(measure: Measure, first: Floats, second: Floats) -> Floats:
    """Return what the second lies nearer to the ideal by; the plain difference for a signature."""
    if measure.kind is Kind.PLAIN:
        return second - first
    with np.errstate(invalid="ignore"):
        return measure.distance(first) - measure.distance(second)


def paired(measure: Measure, values: Floats, first: int, second: int) -> PairedStanding:
    """Return how a second configuration stands to a first.

    Parameters
    ----------
    values : shape (configuration, place)
    """
    by = gain(measure, values[first], values[second])
    by = by[np.isfinite(by)]
    if len(by) == 0:
        return PairedStanding(first, second, np.nan, np.nan, 0)
    better = float(np.mean(by > 0.0) + 0.5 * np.mean(by == 0.0))
    return PairedStanding(first, second, better, float(np.median(by)), len(by))
