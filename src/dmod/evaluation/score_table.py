"""The table of scores, gathered array by array and put together once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.diagram import EnsembleDiagram
from dmod.evaluation.evaluation import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is told of every location: a metric, at a threshold where it needs one."""

    metric: str
    threshold: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of one configuration at some locations, over all times or over a part of them.

    Parameters
    ----------
    rows : positions of the locations, shape (location,)
    values : shape (measure, location)
    pairs : shape (location,), or (measure, location) where they differ
    low, high : bounds of the interval of confidence, shape (measure, location); None without one
    reasons : why values are NaN, by measure and location; one text for all of them
    facet, part : empty for all times
    diagram : of an ensemble, over all times
    """

    configuration: int
    rows: NDArray[np.int64]
    measures: tuple[Measure, ...]
    values: Floats
    pairs: NDArray[np.int64]
    reasons: Sequence[Sequence[str]] | str
    low: Floats | None = None
    high: Floats | None = None
    facet: str = ""
    part: str = ""
    diagram: EnsembleDiagram | None = None


@dataclass(slots=True)
class ScoreTable:
    """Scores as they come; :meth:`frame` puts them in order."""

    configurations: tuple[str, ...]
    locations: tuple[str, ...]
    _codes: dict[str, dict[str, int]] = field(
        default_factory=lambda: {"metric": {}, "threshold": {"": 0}, "facet": {"": 0}, "part": {"": 0}}
    )
    _reasons: dict[str, int] = field(default_factory=lambda: {"": 0})
    _chunks: list[Mapping[str, NDArray[np.float64] | NDArray[np.int64]]] = field(default_factory=list)

    def add(self, scored: Scored) -> None:
        """Take in scores."""
        many, few = scored.values.shape
        nan = np.full(scored.values.shape, np.nan)
        codes = {
            "configuration": np.full(many * few, scored.configuration),
            "location": np.tile(scored.rows, many),
            "metric": np.repeat([self._code("metric", m.metric) for m in scored.measures], few),
            "threshold": np.repeat([self._code("threshold", m.threshold) for m in scored.measures], few),
            "facet": np.full(many * few, self._code("facet", scored.facet)),
            "part": np.full(many * few, self._code("part", scored.part)),
            "value": scored.values.ravel(),
            "low": (nan if scored.low is None else scored.low).ravel(),
            "high": (nan if scored.high is None else scored.high).ravel(),
            "pairs": np.broadcast_to(scored.pairs, (many, few)).ravel(),
            "reason": self._why(scored).ravel(),
        }
        self._chunks.append(codes)

    def _why(self, scored: Scored) -> NDArray[np.int64]:
        def code(text: str) -> int:
            return self._reasons.setdefault(text, len(self._reasons))

        if isinstance(scored.reasons, str):
            return np.full(scored.values.shape, code(scored.reasons))
        return np.array([[code(text) for text in row] for row in scored.reasons])

    def _code(self, column: str, name: str) -> int:
        known = self._codes[column]
        return known.setdefault(name, len(known))

    def frame(self) -> pd.DataFrame:
        """Return the table: configurations, locations and measures in the order asked for."""
        import pandas as pd

        names = {
            "configuration": self.configurations,
            "location": self.locations,
            **{column: tuple(codes) for column, codes in self._codes.items()},
            "reason": tuple(self._reasons),
        }
        columns = {
            name: np.concatenate([chunk[name] for chunk in self._chunks] or [np.empty(0, np.int64)])
            for name in COLUMNS
        }
        by = ("part", "facet", "threshold", "metric", "location", "configuration")
        order = np.lexsort([columns[name] for name in by])
        data = {}
        for name, kind in COLUMNS.items():
            values = columns[name][order]
            if kind == "string":
                texts = np.array(names[name], dtype=object)
                data[name] = pd.array(texts[values.astype(np.int64)], dtype="string")
            else:
                data[name] = values.astype(kind)
        return pd.DataFrame(data)
