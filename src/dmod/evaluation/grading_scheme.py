"""Scores of several metrics, thresholds and locations as one grade, by weights.

Let x be the value of metric m at threshold t and location l, and w their weights:

    x      = of all pairs for events at the threshold, else of those whose observation reaches it
    score  = how near x is to the ideal, 0…1; 0 at the bound of the metric, or of the scale that is stated
    metric = Σ_t w_t score / Σ_t w_t          over thresholds at which x is defined
    place  = Σ_m w_m metric / Σ_m w_m         over metrics that have a value there
    total  = Σ_l w_l place / Σ_l w_l          over locations that have one

A score of zero counts as any other. The compatible way of :mod:`dmod.evaluation.dmod_grading` does as DMOD
does, faults included.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.errors import InputError
from dmod.evaluation.evaluation import Grade
from dmod.evaluation.metric import Metric
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.plan import Weighing
from dmod.evaluation.threshold import Threshold

if TYPE_CHECKING:
    import pandas as pd

Scale = tuple[float, float]
THRESHOLD = "threshold"


@dataclass(frozen=True, slots=True)
class Cell:
    """A metric's value at a location and threshold, and what it counts.

    Parameters
    ----------
    value : NaN where not defined
    scaled : 0…1; in DMOD's way its own
    weight : of the threshold
    pairs : that it was made of
    """

    value: float
    scaled: float
    weight: float
    pairs: int

    def as_dict(self) -> dict[str, float | int]:
        """Return it as documents have it."""
        return {"value": self.value, "scaled": self.scaled, "weight": self.weight, "pairs": self.pairs}


Cells = Mapping[str, Mapping[str, Mapping[str, Cell]]]
"""By location, metric, threshold; the threshold is empty where there is none."""


def nearness(value: float, metric: Metric, scale: Scale | None = None) -> float:
    """Return how near a value is to the ideal: 1 there, 0 at the bound on its side and beyond.

    Parameters
    ----------
    scale : (value that counts nothing, value that counts fully); goes before the metric's bounds and holds
        for the other side of the ideal likewise

    Returns
    -------
    score : [0, 1]; NaN where the value is
    """
    if math.isnan(value):
        return math.nan
    distance = abs(value - metric.ideal)
    nothing, fully = abs((metric.lowest if value < metric.ideal else metric.highest) - metric.ideal), 0.0
    if scale is not None:
        nothing, fully = abs(scale[0] - metric.ideal), abs(scale[1] - metric.ideal)
    if distance <= fully:
        return 1.0
    return max(0.0, (nothing - distance) / (nothing - fully))


def require_scales(weighing: Weighing) -> None:
    """Refuse weights for metrics of which nobody can say how far a value is from the ideal.

    Raises
    ------
    InputError
        a metric has no bounds and no scale is stated; a scale is none; a metric has no ideal; all weigh zero.
    """
    scales = _by_name(weighing.scales)
    for name in weighing.metrics:
        metric = find_metric(name)
        scale = scales.get(metric.name)
        if math.isnan(metric.ideal):
            raise InputError(
                f"metric {name!r} describes flow and has no ideal value: it cannot be part of a grade",
                hint="take it out of the weights; it can still be among the metrics",
            )
        if scale is not None:
            _require_scale(name, metric, scale)
        elif not metric.is_bounded:
            raise InputError(
                f"metric {name!r} has no bounds ({metric.range}): its distance from {metric.ideal:g} cannot "
                "be scaled to 0…1",
                hint=f"state what counts nothing and what counts fully, such as scales: "
                f"{{{metric.name}: [{_example(metric):g}, {metric.ideal:g}]}}",
            )
    if not any(weighing.metrics.values()):
        raise InputError("all metrics weigh zero", hint="give one a weight above zero")


def _example(metric: Metric) -> float:
    return metric.ideal - 1.0 if math.isfinite(metric.highest) else metric.ideal + 1.0


def _require_scale(name: str, metric: Metric, scale: Scale) -> None:
    nothing, fully = (abs(end - metric.ideal) for end in scale)
    if not all(map(math.isfinite, scale)) or nothing <= fully:
        raise InputError(
            f"scale of {name!r}: {scale[0]:g} counts nothing and {scale[1]:g} fully, but the first is not "
            f"farther from the ideal {metric.ideal:g} than the second",
            hint=f"write [value that counts nothing, value that counts fully], such as "
            f"[{_example(metric):g}, {metric.ideal:g}]",
        )


def _by_name(named: Mapping[str, Scale]) -> dict[str, Scale]:
    return {find_metric(name).name: scale for name, scale in named.items()}


def grade_table(
    scores: pd.DataFrame, weighing: Weighing, thresholds: Sequence[Threshold] = ()
) -> tuple[Grade, ...]:
    """Grade each configuration of a table of scores.

    Of a metric that does not need thresholds and stands in the table both at them and for all values, the
    former count; at a location that has no threshold the latter.

    Parameters
    ----------
    scores : with the columns of :data:`dmod.evaluation.evaluation.COLUMNS`; rows of facets do not count

    Raises
    ------
    InputError
        as `require_scales` has it.
    """
    require_scales(weighing)
    rows = scores[(scores["facet"] == "") & (scores["part"] == "")]
    return tuple(
        grade(str(name), cells_of(part, weighing, thresholds), weighing, thresholds)
        for name, part in rows.groupby("configuration", sort=False)
    )


def cells_of(rows: pd.DataFrame, weighing: Weighing, thresholds: Sequence[Threshold]) -> Cells:
    """Return the scaled values of one configuration's rows."""
    names = {find_metric(name).name: name for name in weighing.metrics}
    scales = _by_name(weighing.scales)
    weights = {threshold.name: threshold.weight for threshold in thresholds}
    cells: dict[str, dict[str, dict[str, Cell]]] = {}
    columns = (rows[key] for key in ("location", "metric", "threshold", "value", "pairs"))
    for location, called, threshold, value, pairs in zip(*columns, strict=True):
        at = cells.setdefault(str(location), {})
        if called not in names:
            continue
        metric = find_metric(called)
        scaled = nearness(float(value), metric, scales.get(metric.name))
        cell = Cell(float(value), scaled, weights.get(threshold, 1.0), int(pairs))
        at.setdefault(names[called], {})[str(threshold)] = cell
    return {location: _chosen(location, found, thresholds) for location, found in cells.items()}


def _chosen(
    location: str, found: Mapping[str, Mapping[str, Cell]], thresholds: Sequence[Threshold]
) -> dict[str, dict[str, Cell]]:
    known = {threshold.name for threshold in thresholds if location in threshold.locations}
    chosen: dict[str, dict[str, Cell]] = {}
    for name, cells in found.items():
        at_known = {key: cell for key, cell in cells.items() if key in known}
        for_all: dict[str, Cell] = {key: cell for key, cell in cells.items() if not key}
        chosen[name] = at_known or for_all
    return chosen


def grade(
    configuration: str, cells: Cells, weighing: Weighing, thresholds: Sequence[Threshold] = ()
) -> Grade:
    """Aggregate scaled values; what is not defined does not count, and is noted.

    Returns
    -------
    grade : with a total of 0…1; NaN where nothing is defined
    """
    places: dict[str, float] = {}
    notes: list[str] = list(_lacking(cells, thresholds))
    for location, found in cells.items():
        scores = {
            name: _mean((c.scaled, c.weight) for c in found.get(name, {}).values())
            for name in weighing.metrics
        }
        without = [name for name, score in scores.items() if math.isnan(score)]
        places[location] = _mean((score, weighing.metrics[name]) for name, score in scores.items())
        if without and not math.isnan(places[location]):
            notes.append(f"{location}: {', '.join(without)} are not defined and do not count")
        elif without:
            notes.append(f"{location}: no metric is defined; it does not count")
    total = _mean((place, weighing.locations.get(location, 1.0)) for location, place in places.items())
    percent = {location: 100.0 * place for location, place in places.items()}
    details = {
        location: {
            name: {key: cell.as_dict() for key, cell in by_threshold.items()}
            for name, by_threshold in found.items()
        }
        for location, found in cells.items()
    }
    return Grade(configuration, total, 100.0 * total, percent, details, tuple(notes))


def _lacking(cells: Cells, thresholds: Sequence[Threshold]) -> Iterable[str]:
    for threshold in thresholds:
        without = [location for location in cells if location not in threshold.locations]
        if without:
            shown = ", ".join(without[:3]) + (", …" if len(without) > 3 else "")
            yield f"threshold {threshold.name} is not known for {shown}: scored on what they have"


def _mean(weighted: Iterable[tuple[float, float]]) -> float:
    """Return the weighted mean of what is a number; NaN where nothing is, or all weighs zero."""
    known = [(value, weight) for value, weight in weighted if not math.isnan(value)]
    weight = sum(item for _, item in known)
    return sum(value * item for value, item in known) / weight if weight > 0.0 else math.nan
