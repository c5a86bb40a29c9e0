"""What the page's script draws, ready for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.diagram import EnsembleDiagram
from dmod.evaluation.evaluation import Evaluation, PlaceSeries
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.evaluation.measure import ColourScale, Measure, colour_scale, in_symbols
from dmod.evaluation.report.evaluation.packing import packed
from dmod.evaluation.report.evaluation.palette import PALETTES
from dmod.evaluation.report.evaluation.score_cube import ScoreCube
from dmod.evaluation.report.evaluation.standing import main_measure, performance_pairs

Floats = NDArray[np.float64]
SCORE_BITS = 18
PART_BITS = 11  # parts are drawn as boxes
SERIES_BITS = 12
MOST_VALUES = 12_000_000  # of all series together
LONGEST = 400_000  # steps of one series
MOST_REASONS = 20_000
POINT = 4  # decimals of degrees of an outline


def page_data(
    evaluation: Evaluation,
    cube: ScoreCube,
    outlines: Sequence[CatchmentRing],
    rivers: Sequence[RiverLine],
) -> dict[str, Any]:
    """Return everything that the script needs."""
    places = evaluation.places
    position = {place.id: index for index, place in enumerate(places)}
    return {
        "unit": in_symbols(evaluation.unit),
        "configurations": list(evaluation.configurations),
        "measures": [_measure(measure, cube.whole[i]) for i, measure in enumerate(cube.measures)],
        "parts": [{"facet": part.facet, "name": part.name} for part in cube.parts],
        "palettes": PALETTES,
        "performance": performance_pairs(cube),
        "main": main_measure(cube),
        "places": {
            "id": [place.id for place in places],
            "name": [place.name for place in places],
            "lon": packed([place.longitude for place in places], 22),
            "lat": packed([place.latitude for place in places], 22),
            "attributes": _attributes(evaluation),
        },
        "values": [packed(part, PART_BITS if k else SCORE_BITS) for k, part in enumerate(cube.values)],
        "low": packed(cube.low, PART_BITS) if np.isfinite(cube.low).any() else None,
        "high": packed(cube.high, PART_BITS) if np.isfinite(cube.high).any() else None,
        "pairs": packed(cube.pairs, 22),
        "reasons": _reasons(cube),
        "series": {
            str(position[location]): _series(evaluation.series[location], evaluation.configurations)
            for location in drawn_places(evaluation)[0]
        },
        "ensembles": [_diagram(one, evaluation.configurations) for one in evaluation.diagrams],
        "outlines": [_line(ring) for ring in outlines],
        "rivers": [{**_line(river), "w": _width(river.width)} for river in rivers],
    }


def drawn_places(evaluation: Evaluation) -> tuple[tuple[str, ...], int]:
    """Return the places whose series fit into the page, and how many do not."""
    known = {place.id for place in evaluation.places}
    fitting: list[str] = []
    values = left = 0
    for location, series in evaluation.series.items():
        bands = sum(len(one) for one in series.bands.values())
        size = len(series.times) * (1 + len(series.simulated) + bands)
        if location not in known or size == 0:
            continue
        if values + size > MOST_VALUES:
            left += 1
        else:
            fitting.append(location)
            values += size
    return tuple(fitting), left


def _series(series: PlaceSeries, configurations: Sequence[str]) -> dict[str, Any]:
    seconds = series.times.astype("datetime64[s]").astype(np.int64)
    step = max(int(series.step), 1)
    start = int(seconds[0])
    where = np.rint((seconds - start) / step).astype(np.int64)
    count = int(where[-1]) + 1
    if count > LONGEST:  # far apart: the last ones are kept
        where, start = where - (count - LONGEST), start + (count - LONGEST) * step
        count = LONGEST
    inside = where >= 0

    def even(values: Floats) -> dict[str, Any]:
        whole = np.full(count, np.nan)
        whole[where[inside]] = np.asarray(values, dtype=np.float64)[inside]
        return packed(whole, SERIES_BITS)

    simulated = [even(series.simulated[c]) if c in series.simulated else None for c in configurations]
    bands = [[even(v) for _, v in sorted(series.bands.get(c, {}).items())] for c in configurations]
    return {
        "start": start,
        "step": step,
        "observed": even(series.observed),
        "simulated": simulated,
        "bands": bands,
    }


def _diagram(diagram: EnsembleDiagram, configurations: Sequence[str]) -> dict[str, Any]:
    """Return what is drawn of an ensemble: times by rank, relative to a flat histogram; probabilities."""
    flat = len(diagram.ranks) * diagram.rank_histogram
    tables = {name: one.table for name, one in diagram.occurrences.items()}
    return {
        "k": configurations.index(diagram.configuration),
        "ranks": [_rounded(value) for value in flat],
        "tables": {
            name: {
                "given": [_rounded(value) for value in table.forecast],
                "occurred": [_rounded(value) for value in table.frequency],
                "share": [_rounded(value) for value in table.share],
                "rate": _rounded(float(table.base_rate)),
            }
            for name, table in tables.items()
        },
    }


def _rounded(value: float) -> float | None:
    return round(float(value), 5) if math.isfinite(value) else None


def _measure(measure: Measure, values: Floats) -> dict[str, Any]:
    return {
        "metric": measure.metric,
        "threshold": measure.threshold,
        "title": measure.title,
        "name": measure.name,
        "unit": in_symbols(measure.unit),
        "kind": str(measure.kind),
        "ideal": _finite(measure.ideal),
        "lowest": _finite(measure.lowest),
        "highest": _finite(measure.highest),
        "meaning": measure.meaning,
        "scale": _scale(colour_scale(measure, values.ravel())),
    }


def _scale(scale: ColourScale) -> dict[str, Any]:
    return {"palette": scale.palette, "edges": scale.edges, "tones": scale.tones, "ends": scale.ends}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _attributes(evaluation: Evaluation) -> dict[str, Any]:
    names = dict.fromkeys(name for place in evaluation.places for name in place.attributes)
    return {
        name: packed([place.attributes.get(name, math.nan) for place in evaluation.places], SCORE_BITS)
        for name in names
    }


def _reasons(cube: ScoreCube) -> dict[str, Any]:
    """Return each reason once, and where it holds as position in (measure, configuration, place)."""
    words = list(dict.fromkeys(cube.reasons.values()))
    number = {word: index for index, word in enumerate(words)}
    _, configurations, places = cube.whole.shape
    at = [
        [(m * configurations + c) * places + place, number[word]]
        for (m, c, place), word in [*cube.reasons.items()][:MOST_REASONS]
    ]
    return {"words": words, "at": at}


def _line(shape: CatchmentRing | RiverLine) -> dict[str, Any]:
    points = np.round(np.column_stack((shape.lon, shape.lat)), POINT)
    keep = np.append(True, np.any(np.diff(points, axis=0) != 0.0, axis=1)) & np.isfinite(points).all(axis=1)
    return {"id": shape.id, "p": [float(v) for v in points[keep].ravel()]}


def _width(width: float) -> float:
    return float(f"{width:.4g}") if math.isfinite(width) and width > 0.0 else 0.0
