"""The table of scores as arrays: by part, measure, configuration and place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.evaluation import COLUMNS, Evaluation
from dmod.evaluation.report.evaluation.measure import Measure, measure_of

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
MOST_PARTS = 60  # of one facet; more cannot be told apart in a drawing


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a facet, such as ``DJF`` of ``season``; both empty for everything together."""

    facet: str
    name: str


@dataclass(frozen=True, slots=True)
class ScoreCube:
    """Scores of an evaluation.

    Parameters
    ----------
    measures, parts : along the axes; the first part is everything together
    values : NaN where there is none, shape (part, measure, configuration, place)
    low, high : bounds of the interval of confidence of the first part, shape (measure, configuration, place)
    pairs : that were compared, of the first part, shape (configuration, place)
    reasons : (measure, configuration, place) → why the first part has no value
    notes : what is not shown
    """

    measures: tuple[Measure, ...]
    parts: tuple[Part, ...]
    values: Floats
    low: Floats
    high: Floats
    pairs: NDArray[np.int64]
    reasons: dict[tuple[int, int, int], str]
    notes: tuple[str, ...]

    @property
    def whole(self) -> Floats:
        """The scores of everything together, shape (measure, configuration, place)."""
        return np.asarray(self.values[0])

    @property
    def facets(self) -> tuple[str, ...]:
        """The facets that scores are told apart by, in order."""
        return tuple(dict.fromkeys(part.facet for part in self.parts if part.facet))

    def parts_of(self, facet: str) -> tuple[int, ...]:
        """Return the indices of a facet's parts."""
        return tuple(index for index, part in enumerate(self.parts) if part.facet == facet)


def score_cube(evaluation: Evaluation) -> ScoreCube:
    """Return the table of scores as arrays.

    Raises
    ------
    InputError
        the table lacks a column, or has no row.
    """
    table = evaluation.scores
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            f"the table of scores has no column {', '.join(missing)}",
            hint=f"its columns are {', '.join(COLUMNS)}",
        )
    if len(table) == 0 or not evaluation.places or not evaluation.configurations:
        raise InputError(
            f"the evaluation {evaluation.title!r} has no score to show",
            hint="see its notes for why no place could be compared",
        )
    axis = {name: _Axis.of(table[name]) for name in ("facet", "part", "metric", "threshold")}
    parts, part, notes = _parts(axis["facet"], axis["part"])
    measures, measure = _measures(evaluation, axis["metric"], axis["threshold"])
    axes = (
        part,
        measure,
        _Axis.of(table["configuration"]).positions(evaluation.configurations),
        _Axis.of(table["location"]).positions(tuple(place.id for place in evaluation.places)),
    )
    known = np.logical_and.reduce([one >= 0 for one in axes])
    p, m, c, l = (one[known] for one in axes)  # noqa: E741
    shape = (len(parts), len(measures), len(evaluation.configurations), len(evaluation.places))
    values = np.full(shape, np.nan)
    value = table["value"].to_numpy(dtype=np.float64, na_value=np.nan)[known]
    values[p, m, c, l] = value
    whole = p == 0
    low, high = (np.full(shape[1:], np.nan) for _ in range(2))
    for bound, name in ((low, "low"), (high, "high")):
        bound[m[whole], c[whole], l[whole]] = table[name].to_numpy(np.float64, na_value=np.nan)[known][whole]
    pairs = np.zeros(shape[2:], dtype=np.int64)
    count = table["pairs"].to_numpy(dtype=np.float64, na_value=0.0)[known][whole].astype(np.int64)
    np.maximum.at(pairs, (c[whole], l[whole]), count)
    lost = np.flatnonzero(whole & ~np.isfinite(value))
    reason = _Axis.of(table["reason"])
    why = reason.codes[known]
    reasons = {(int(m[i]), int(c[i]), int(l[i])): reason.words[why[i]] for i in lost if reason.words[why[i]]}
    return ScoreCube(measures, parts, values, low, high, pairs, reasons, notes)


@dataclass(frozen=True, slots=True)
class _Axis:
    """A column of words, each once, and which one a row has; a missing one is the empty word."""

    words: tuple[str, ...]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, column: pd.Series[Any]) -> _Axis:
        import pandas as pd

        codes, words = pd.factorize(column)
        return cls((*(str(word) for word in words), ""), np.asarray(codes, dtype=np.int64) % (len(words) + 1))

    def positions(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the position of each row's word in names, -1 where it is none of them."""
        index = {name: position for position, name in enumerate(names)}
        return np.array([index.get(word, -1) for word in self.words], dtype=np.int64)[self.codes]


def _together(first: _Axis, second: _Axis) -> tuple[list[tuple[str, str]], NDArray[np.int64]]:
    """Return the pairs of words in the order they come in, and which one a row has."""
    joint = first.codes * len(second.words) + second.codes
    unique, begin, inverse = np.unique(joint, return_index=True, return_inverse=True)
    order = np.argsort(begin)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    pairs = [
        (first.words[code // len(second.words)], second.words[code % len(second.words)])
        for code in unique[order].tolist()
    ]
    return pairs, rank[inverse]


def _measures(
    evaluation: Evaluation, metric: _Axis, threshold: _Axis
) -> tuple[tuple[Measure, ...], NDArray[np.int64]]:
    """Return the measures, in the order that metrics were asked for, and the position of each row's."""
    present, codes = _together(metric, threshold)
    asked = {name: index for index, name in enumerate(evaluation.metrics)}
    order = sorted(range(len(present)), key=lambda k: asked.get(present[k][0], len(asked)))
    position = np.empty(len(present), dtype=np.int64)
    position[order] = np.arange(len(present))
    return tuple(measure_of(*present[k], evaluation.unit) for k in order), position[codes]


def _parts(facet: _Axis, part: _Axis) -> tuple[tuple[Part, ...], NDArray[np.int64], tuple[str, ...]]:
    """Return the parts by facet, the position of each row's (-1 where it is not shown), and notes."""
    present, codes = _together(facet, part)
    facets = dict.fromkeys(name for name, _ in present if name)
    of_facet = {name: [k for k, (own, _) in enumerate(present) if own == name] for name in facets}
    crowded = [name for name, held in of_facet.items() if len(held) > MOST_PARTS]
    shown = [k for name, held in of_facet.items() if name not in crowded for k in held]
    position = np.full(len(present), -1, dtype=np.int64)
    position[shown] = np.arange(1, len(shown) + 1)
    position[[k for k, (name, _) in enumerate(present) if not name]] = 0
    notes = tuple(
        f"{name}: its {len(of_facet[name]):,} parts are not shown here, the table of scores has them"
        for name in crowded
    )
    return (Part("", ""), *(Part(*present[k]) for k in shown)), position[codes], notes
