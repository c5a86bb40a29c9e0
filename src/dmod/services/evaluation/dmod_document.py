"""Results as NOAA-OWP's DMOD writes them: its JSON and its NetCDF, key by key.

Scores come of grades; with :func:`dmod.services.evaluation.grading.dmod_grades` the figures are DMOD's own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dmod.core.atomic import replacing
from dmod.errors import InputError
from dmod.evaluation.dmod_metric import DmodMetric, find_dmod_metric
from dmod.evaluation.evaluation import Grade
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.plan import Configuration, EvaluationPlan, Weighing
from dmod.evaluation.threshold import Threshold

VARYING = "varying"
ALL = "All"
"""What DMOD calls the threshold that everything reaches."""


@dataclass(frozen=True, slots=True)
class Described:
    """A metric as DMOD's documents describe it."""

    name: str
    description: str
    ideal: float
    lowest: float
    highest: float


def described(name: str) -> Described:
    """Return DMOD's description of a metric, or that of the registry for one that DMOD has not."""
    try:
        found: DmodMetric = find_dmod_metric(name)
    except InputError:
        metric = find_metric(name)
        return Described(metric.title, metric.meaning, metric.ideal, metric.lowest, metric.highest)
    return Described(found.name, found.description, found.ideal, found.lowest, found.highest)


def dmod_json(
    plan: EvaluationPlan, grade: Grade, specification: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the document that DMOD writes of one configuration.

    Parameters
    ----------
    specification : goes into the document, where DMOD's users ask for it

    Raises
    ------
    InputError
        the plan has no weights, or no configuration of the grade's name.
    """
    weighing, configuration = _asked(plan, grade)
    places = np.array([value / 100.0 for value in grade.locations.values() if not math.isnan(value)])
    document: dict[str, Any] = {
        "total": _number(float(places.sum())),
        "grade": f"{grade.grade:.2f}%",
        "max_possible_total": float(len(places)),
        "mean": _number(float(places.mean()) if len(places) else math.nan),
        "median": _number(float(np.median(places)) if len(places) else math.nan),
        "standard_deviation": _number(float(places.std()) if len(places) else math.nan),
        "results": [
            _of_location(plan, location, configuration, weighing, cells)
            for location, cells in grade.details.items()
        ],
        "metrics": [
            {"name": found.name, "description": found.description, "weight": weight}
            for found, weight in ((described(name), weight) for name, weight in weighing.metrics.items())
        ],
    }
    return {**document, "specification": dict(specification)} if specification is not None else document


def write_dmod_json(
    path: Path, plan: EvaluationPlan, grade: Grade, specification: Mapping[str, Any] | None = None
) -> None:
    """Write DMOD's JSON; it appears whole or not at all.

    Raises
    ------
    InputError, StoreError
        as `dmod_json` has it; the file cannot be written.
    """
    text = json.dumps(dmod_json(plan, grade, specification), indent=4, allow_nan=False)
    with replacing(path, needed=len(text)) as hidden:
        hidden.write_text(text, encoding="utf-8")


def write_dmod_netcdf(path: Path, plan: EvaluationPlan, grade: Grade) -> None:
    """Write DMOD's NetCDF: by location and threshold a result and a scaled result of each metric.

    Weights are floating-point numbers, where DMOD's integers of eight bits cannot hold them.

    Raises
    ------
    InputError, StoreError
        as `dmod_json` has it; the file cannot be written.
    """
    import netCDF4

    weighing, configuration = _asked(plan, grade)
    document = dmod_json(plan, grade)
    thresholds = _thresholds(plan, grade)
    with replacing(path) as hidden, netCDF4.Dataset(hidden, "w") as file:
        file.createDimension("location_index", len(grade.details))
        file.createDimension("threshold_index", len(thresholds))
        _axis(file, "location_index", np.arange(len(grade.details), dtype=np.uint32))
        _axis(file, "threshold_index", np.arange(len(thresholds), dtype=np.uint32))
        _texts(file, "threshold_name", "threshold_index", list(thresholds))
        _axis(file, "threshold_weight", np.array(list(thresholds.values())), "threshold_index")
        partners = [configuration.crosswalk.get(location, location) for location in grade.details]
        _texts(file, "predicted_location", "location_index", partners)
        _texts(file, "observed_location", "location_index", list(grade.details))
        for name, weight in weighing.metrics.items():
            _results(file, name, weight, grade, list(thresholds))
        file.result = document["total"] if document["total"] is not None else math.nan
        file.max_possible_result = document["max_possible_total"]
        file.grade = grade.grade
        for key in ("mean", "median", "standard_deviation"):
            setattr(file, key, document[key] if document[key] is not None else math.nan)


def _asked(plan: EvaluationPlan, grade: Grade) -> tuple[Weighing, Configuration]:
    configuration = next((c for c in plan.configurations if c.name == grade.configuration), None)
    if configuration is None:
        raise InputError(
            f"the plan has no configuration {grade.configuration!r}",
            hint=f"it has {', '.join(c.name for c in plan.configurations)}",
        )
    if plan.weighing is None:
        raise InputError("the plan has no weights, and DMOD's documents are of grades", hint="weigh metrics")
    return plan.weighing, configuration


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _of_location(
    plan: EvaluationPlan,
    location: str,
    configuration: Configuration,
    weighing: Weighing,
    cells: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> dict[str, Any]:
    return {
        "observation_location": location,
        "prediction_location": configuration.crosswalk.get(location, location),
        "total": sum(weighing.metrics[name] * _mean(found) for name, found in cells.items()),
        "results": list(_of_thresholds(plan, location, weighing, cells)),
    }


def _mean(found: Mapping[str, Mapping[str, float]]) -> float:
    known = [(cell["scaled"], cell["weight"]) for cell in found.values() if not math.isnan(cell["scaled"])]
    weight = sum(item for _, item in known)
    return sum(value * item for value, item in known) / weight if weight else 0.0


def _of_thresholds(
    plan: EvaluationPlan,
    location: str,
    weighing: Weighing,
    cells: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> Iterator[dict[str, Any]]:
    names = dict.fromkeys(threshold for found in cells.values() for threshold in found)
    for threshold in names:
        here = {name: found[threshold] for name, found in cells.items() if threshold in found}
        weight = next(iter(here.values()))["weight"]
        scaled = {name: cell["scaled"] * cell["weight"] for name, cell in here.items()}
        total = sum(value for value in scaled.values() if not math.isnan(value))
        reachable = sum(weighing.metrics[name] for name in here)
        yield {
            "name": threshold or ALL,
            "weight": weight,
            "scores": [
                {
                    "metric": described(name).name,
                    "weight": weighing.metrics[name],
                    "value": _number(cell["value"]),
                    "scaled_value": _number(scaled[name]),
                }
                for name, cell in here.items()
            ],
            "threshold_value": _threshold_value(plan.thresholds, threshold, location),
            "result": total,
            "maximum_result": reachable,
            "scaled_result": weight * total / reachable if reachable else 0.0,
        }


def _threshold_value(thresholds: tuple[Threshold, ...], name: str, location: str) -> float | str | None:
    for threshold in thresholds:
        if threshold.name == name:
            return VARYING if location in threshold.daily else _number(threshold.constant[location])
    return None


def _thresholds(plan: EvaluationPlan, grade: Grade) -> dict[str, float]:
    """Return name → weight of all thresholds that stand in a grade, in the plan's order."""
    used = {key for cells in grade.details.values() for found in cells.values() for key in found}
    weights = {threshold.name: threshold.weight for threshold in plan.thresholds if threshold.name in used}
    return weights | ({ALL: 1.0} if "" in used else {})


def _axis(file: Any, name: str, values: Any, dimension: str | None = None) -> None:
    variable = file.createVariable(name, values.dtype, (dimension or name,))
    variable[:] = values


def _texts(file: Any, name: str, dimension: str, texts: list[str]) -> None:
    variable = file.createVariable(name, str, (dimension,))
    for index, text in enumerate(texts):
        variable[index] = text


def _results(file: Any, name: str, weight: float, grade: Grade, thresholds: list[str]) -> None:
    metric = described(name)
    values = np.full((2, len(grade.details), len(thresholds)), np.nan, dtype=np.float32)
    for row, cells in enumerate(grade.details.values()):
        for threshold, cell in cells.get(name, {}).items():
            column = thresholds.index(threshold or ALL)
            values[:, row, column] = cell["value"], cell["scaled"] * cell["weight"]
    called = metric.name.replace(" ", "_")
    for key, title, block in (
        (f"{called}_result", metric.name, values[0]),
        (f"scaled_{called}_result", f"Scaled {metric.name}", values[1]),
    ):
        variable = file.createVariable(key, "f4", ("location_index", "threshold_index"), fill_value=np.nan)
        variable[:] = block
        variable.long_name, variable.description = title, metric.description
    result = file.variables[f"{called}_result"]
    result.ideal_value, result.lower_bound, result.upper_bound = metric.ideal, metric.lowest, metric.highest
    result.greater_is_better = int(metric.ideal == metric.highest or math.isinf(metric.highest))
    file.variables[f"scaled_{called}_result"].ideal_value = weight
