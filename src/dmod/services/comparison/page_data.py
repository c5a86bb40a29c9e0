"""The numbers that the page's charts draw: series of some places, and the map's shades by catchment."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from difflib import get_close_matches
from statistics import NormalDist
from typing import Any

import numpy as np

from dmod.errors import NotFoundError, UnitError
from dmod.services.comparison.comparison import Comparison, VariableDeviation
from dmod.services.comparison.layer import LAYERS, Floats, LayerName
from dmod.services.comparison.overlap import unit_change
from dmod.services.comparison.run_folder import RunFolder

MAIN = ("flow", "Q_OUT", "runoff", "runoff_rate")
"""Variables that are looked at first, if they differ."""
MOST_PLACES = 12
MOST_OF_ONE = 6
MOST_VALUES = 100_000
EXCEEDANCE = (0.01, 0.1, 1.0, 5.0, 20.0, 50.0, 80.0, 95.0, 99.0, 99.9, 99.99)

Point = tuple[LayerName, str, str, str]
"""Kind of place, variable, place, and why it is shown."""


def page_data(comparison: Comparison, folders: Sequence[RunFolder], at: str | None) -> dict[str, Any]:
    """Return what the page's script needs, ready for JSON.

    Parameters
    ----------
    folders : the runs, opened, in the order of the comparison
    at : a place to show before others

    Raises
    ------
    NotFoundError
        no run has that place.
    """
    points = ([] if at is None else _points_of(folders, at)) + _outlet(comparison) + _worst(comparison)
    first: dict[tuple[str, str, str], Point] = {}
    for point in points:
        first.setdefault(point[:3], point)
    return {
        "runs": [run.name for run in comparison.runs],
        "points": [_point(folders, point) for point in list(first.values())[:MOST_PLACES]],
        "map": _map(comparison),
        "normal": _normal(),
    }


def _points_of(folders: Sequence[RunFolder], place: str) -> list[Point]:
    reference = folders[0]
    found: list[Point] = []
    for kind in LAYERS:
        layer = reference.layers.get(kind)
        if layer is not None and place in layer.index:
            names = sorted(layer.units, key=lambda name: name not in MAIN)
            found += [(kind, name, place, "chosen") for name in names[:MOST_OF_ONE]]
    if not found:
        known = [name for layer in reference.layers.values() for name in layer.ids]
        close = ", ".join(get_close_matches(place, known, n=3)) or ", ".join(known[:3])
        raise NotFoundError(
            f"--at {place}: {reference.name} has no such place", hint=f"did you mean: {close}"
        )
    return found


def _outlet(comparison: Comparison) -> list[Point]:
    """Return the river with the most water in the reference, or the nexus where nothing is routed."""
    for name in ("flow", "runoff_rate"):
        for _, variable in comparison.each():
            if variable.variable == name and len(variable.ids):
                total = np.nan_to_num(variable.values.reference_sum, nan=-np.inf)
                return [(variable.layer, name, variable.ids[int(np.argmax(total))], "most water")]
    return []


def _worst(comparison: Comparison) -> list[Point]:
    found: list[Point] = []
    for deviation in comparison.deviations:
        apart = [variable for variable in deviation.variables if not variable.identical]
        shown = sorted(apart, key=lambda variable: variable.variable not in MAIN)[:MOST_OF_ONE]
        why = f"farthest in {deviation.name}"
        found += [(v.layer, v.variable, v.ids[int(v.order()[0])], why) for v in shown]
    if not found:
        for _, variable in comparison.each():
            if variable.variable in MAIN:
                most = int(np.argmax(np.nan_to_num(variable.values.reference_sum)))
                found.append((variable.layer, variable.variable, variable.ids[most], "most water"))
    return found


def _point(folders: Sequence[RunFolder], point: Point) -> dict[str, Any]:
    kind, variable, place, why = point
    unit = folders[0].layers[kind].units.get(variable, "")
    most = max(folder.layers[kind].stamps.count for folder in folders if kind in folder.layers)
    stretch = math.ceil(most / MOST_VALUES)
    return {
        "id": place,
        "layer": kind,
        "variable": variable,
        "unit": unit,
        "why": why,
        "stretch": stretch,
        "runs": [_series(folder, kind, variable, place, unit, stretch) for folder in folders],
    }


def _series(
    folder: RunFolder, kind: LayerName, variable: str, place: str, unit: str, stretch: int
) -> dict[str, Any] | None:
    """Return a run's series in the reference's unit; None where it has none."""
    layer = folder.layers.get(kind)
    if layer is None or variable not in layer.units or place not in layer.index:
        return None
    own = layer.units[variable]
    stamps = layer.stamps
    rows = np.array([layer.index[place]], dtype=np.int64)
    values = layer.read([variable], rows, 0, stamps.count)[variable][0]
    try:
        change, _ = unit_change(own, unit, stamps.step)
    except UnitError:
        return None
    if not change.is_identity:
        values = values * change.scale + change.offset
    if stretch > 1:
        values = _farthest(values, stretch)
    return {"start": stamps.start, "step": stamps.step * stretch, "values": _pack(values)}


def _farthest(values: Floats, stretch: int) -> Floats:
    """Return of equal stretches the value that lies farthest from their mean."""
    whole = np.append(values, np.full(-len(values) % stretch, np.nan)).reshape(-1, stretch)
    known = np.isfinite(whole)
    means = np.where(known, whole, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    far = np.argmax(np.where(known, np.abs(whole - means[:, None]), -1.0), axis=1)
    return np.asarray(np.take_along_axis(whole, far[:, None], axis=1)[:, 0])


def _map(comparison: Comparison) -> list[dict[str, Any]]:
    """Return per run what is known of each catchment, variable by variable, as shades of the map."""
    runs = []
    for deviation in comparison.deviations:
        variables = [variable for variable in deviation.variables if variable.layer == "catchments"]
        if variables:
            runs.append(
                {
                    "name": deviation.name,
                    "ids": list(variables[0].ids),
                    "first": variables.index(first_variable(variables)),
                    "variables": [_shades(variable) for variable in variables],
                }
            )
    return runs


def first_variable(variables: Sequence[VariableDeviation]) -> VariableDeviation:
    """Return what is looked at first: a main variable that differs, or what differs most."""
    apart = [variable for variable in variables if not variable.identical]
    main = [variable for variable in apart if variable.variable in MAIN]
    return (main or apart or list(variables))[0]


def _shades(variable: VariableDeviation) -> dict[str, Any]:
    return {
        "name": variable.variable,
        "unit": variable.unit,
        "relative": _pack(100.0 * variable.values.relative),
        "bias": _pack(variable.values.bias),
        "largest": _pack(variable.values.largest),
    }


def _normal() -> dict[str, Any]:
    """Return quantiles of the normal distribution, on which duration curves are drawn."""
    normal = NormalDist()
    z = np.linspace(-4.5, 4.5, 361)
    return {
        "z": [round(float(v), 4) for v in z],
        "p": [float(f"{normal.cdf(v):.9g}") for v in z],
        "ticks": [[round(normal.inv_cdf(p / 100.0), 4), f"{p:g}"] for p in EXCEEDANCE],
    }


def _pack(values: Floats) -> str:
    with np.errstate(over="ignore"):
        return base64.b64encode(np.ascontiguousarray(values).astype("<f4").tobytes()).decode("ascii")
