"""The table of scores as arrays: by part, measure, configuration and place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    table, notes = _without_crowded_facets(table)
    measures = _measures(evaluation, table)
    parts = _parts(table)
    index = {
        "measure": {(m.metric, m.threshold): i for i, m in enumerate(measures)},
        "part": {(p.facet, p.name): i for i, p in enumerate(parts)},
    }
    axes = (
        _codes(table, ("facet", "part"), index["part"]),
        _codes(table, ("metric", "threshold"), index["measure"]),
        _single(table, "configuration", evaluation.configurations),
        _single(table, "location", tuple(place.id for place in evaluation.places)),
    )
    known = np.logical_and.reduce([axis >= 0 for axis in axes])
    p, m, c, l = (axis[known] for axis in axes)  # noqa: E741
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
    why = table["reason"].fillna("").to_numpy(dtype=object)[known]
    reasons = {(int(m[i]), int(c[i]), int(l[i])): str(why[i]) for i in lost if why[i]}
    return ScoreCube(measures, parts, values, low, high, pairs, reasons, notes)


def _without_crowded_facets(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    facet = table["facet"].fillna("")
    counts = table[facet != ""].groupby("facet", observed=True)["part"].nunique()
    crowded = [str(name) for name, count in counts.items() if count > MOST_PARTS]
    if not crowded:
        return table, ()
    notes = tuple(
        f"{name}: its {counts[name]:,} parts are not shown here, the table of scores has them"
        for name in crowded
    )
    return table[~facet.isin(crowded)], notes


def _measures(evaluation: Evaluation, table: pd.DataFrame) -> tuple[Measure, ...]:
    pairs = table[["metric", "threshold"]].fillna("").drop_duplicates()
    present = [(str(metric), str(threshold)) for metric, threshold in pairs.itertuples(index=False)]
    order = {name: index for index, name in enumerate(evaluation.metrics)}
    present.sort(key=lambda pair: order.get(pair[0], len(order)))
    return tuple(measure_of(metric, threshold, evaluation.unit) for metric, threshold in present)


def _parts(table: pd.DataFrame) -> tuple[Part, ...]:
    pairs = table[["facet", "part"]].fillna("").drop_duplicates()
    found = [Part(str(facet), str(name)) for facet, name in pairs.itertuples(index=False)]
    facets = {part.facet: index for index, part in reversed([*enumerate(found)])}
    divided = sorted((part for part in found if part.facet), key=lambda part: facets[part.facet])
    return (Part("", ""), *divided)


def _codes(
    table: pd.DataFrame, columns: tuple[str, str], index: dict[tuple[str, str], int]
) -> NDArray[np.int64]:
    """Return the position of each row's pair, found once for each distinct one."""
    first, second = (table[name].fillna("").astype("category") for name in columns)
    lookup = np.array(
        [[index.get((str(a), str(b)), -1) for b in second.cat.categories] for a in first.cat.categories],
        dtype=np.int64,
    ).reshape(len(first.cat.categories), len(second.cat.categories))
    return np.asarray(lookup[first.cat.codes.to_numpy(), second.cat.codes.to_numpy()])


def _single(table: pd.DataFrame, column: str, names: tuple[str, ...]) -> NDArray[np.int64]:
    import pandas as pd

    return np.asarray(pd.Index(names).get_indexer(table[column].astype(object)), dtype=np.int64)
