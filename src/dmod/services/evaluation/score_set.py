"""Scores of one or several evaluations beside one another, as somebody looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import CoverageError, InputError
from dmod.evaluation.metric_registry import METRICS
from dmod.services.evaluation.comparing import compare_table, run_names
from dmod.services.evaluation.score_comparison import SKILL, Aspect, ScoreComparison
from dmod.services.evaluation.stored_scores import StoredScores

if TYPE_CHECKING:
    import pandas as pd

OF_FLOW = "m³"
"""How the unit of a metric begins that is in the unit of the values."""
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """A configuration of an evaluation, and what it is called beside others."""

    name: str
    evaluation: str
    configuration: str


@dataclass(frozen=True, slots=True)
class ScoredPlace:
    """A location with its scores.

    Parameters
    ----------
    longitude, latitude : [degree], None where not known
    values : by run, None where there is no score
    """

    id: str
    name: str
    longitude: float | None
    latitude: float | None
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class PartSummary:
    """The scores of one part of a facet.

    Parameters
    ----------
    locations : at how many all runs have a score
    quartiles : by run, over these locations; None where there is no such location
    """

    part: str
    locations: int
    quartiles: Mapping[str, Sequence[float] | None]


class ScoreSet:
    """Several evaluations, or one.

    Parameters
    ----------
    stored : name → evaluation, in order

    Raises
    ------
    InputError
        they share no metric.
    CoverageError
        they share no location.
    """

    def __init__(self, stored: Mapping[str, StoredScores]) -> None:
        self.stored = stored
        self.aspects = self._shared_aspects()
        self._require_shared_locations()

    @cached_property
    def runs(self) -> tuple[ScoredRun, ...]:
        """All configurations of all evaluations, with names that tell them apart."""
        pairs = [(name, run) for name, one in self.stored.items() for run in one.configurations]
        called = run_names(pairs)
        return tuple(ScoredRun(called[pair], *pair) for pair in pairs)

    @property
    def measures(self) -> tuple[tuple[str, str], ...]:
        """Metric and threshold ("" for none) of scores over all times, as the first evaluation has them."""
        return tuple((one.metric, one.threshold) for one in self.aspects if not one.facet)

    @property
    def facets(self) -> dict[str, list[str]]:
        """By facet its parts, in order."""
        found: dict[str, dict[str, None]] = {}
        for one in self.aspects:
            if one.facet:
                found.setdefault(one.facet, {})[one.part] = None
        return {facet: list(parts) for facet, parts in found.items()}

    @cached_property
    def places(self) -> dict[str, tuple[str, float | None, float | None]]:
        """By id of a location its name, longitude and latitude, from whichever evaluation knows them."""
        found: dict[str, tuple[str, float | None, float | None]] = {}
        for one in self.stored.values():
            for identifier, name, longitude, latitude in one.locations():
                known = found.get(identifier, ("", None, None))
                where = (longitude, latitude) if known[1] is None else known[1:]
                found[identifier] = (known[0] or name, *where)
        return found

    def scored(self, aspect: Aspect) -> list[ScoredPlace]:
        """Return every location with its scores in an aspect.

        Raises
        ------
        InputError
            the evaluations do not all have scores in that aspect.
        """
        values: dict[str, dict[str, float | None]] = {}
        for run, location, value in self._table(aspect)[["configuration", "location", "value"]].itertuples(
            index=False, name=None
        ):
            values.setdefault(location, {})[run] = float(value) if np.isfinite(value) else None
        return [
            ScoredPlace(identifier, *about, values.get(identifier, {}))
            for identifier, about in self.places.items()
        ]

    def summaries(self, metric: str, threshold: str, facet: str) -> list[PartSummary]:
        """Return quartiles of each run in each part of a facet, over the locations that all runs share.

        Raises
        ------
        InputError
            there is no such facet, or no such metric by it.
        """
        table = self._table(Aspect(metric, threshold, facet))
        found = []
        for part in self.facets[facet]:
            wide = table[table["part"] == part].pivot_table(
                index="location", columns="configuration", values="value", dropna=False
            )
            wide = wide.reindex(columns=[run.name for run in self.runs])
            shared = wide[np.isfinite(wide).all(axis="columns")]
            quartiles = {
                run.name: np.quantile(shared[run.name], QUARTILES).tolist() if len(shared) else None
                for run in self.runs
            }
            found.append(PartSummary(part, len(shared), quartiles))
        return found

    def comparison(self, aspect: Aspect, runs: Sequence[str] = ()) -> ScoreComparison:
        """Compare runs in an aspect, as `compare_scores` does; in all parts where only a facet is said.

        Raises
        ------
        InputError
            fewer than two runs, or the evaluations do not all have scores in that aspect.
        NotFoundError
            there is no such run.
        CoverageError
            the runs have no score at the same location.
        """
        chosen = tuple(runs) or tuple(run.name for run in self.runs)
        return compare_table(self._table(aspect), facet=aspect.facet, runs=chosen)

    def _table(self, aspect: Aspect) -> pd.DataFrame:
        """Return the scores of all evaluations in an aspect; configurations are called as runs are."""
        import pandas as pd

        self._require(aspect)
        tables = []
        for name, one in self.stored.items():
            called = {run.configuration: run.name for run in self.runs if run.evaluation == name}
            table = one.values(aspect)
            tables.append(table.assign(configuration=table["configuration"].map(called)))
        return pd.concat(tables, ignore_index=True)

    def _require(self, aspect: Aspect) -> None:
        whole = (aspect.metric, aspect.threshold)
        if whole not in self.measures:
            raise InputError(
                f"{self._who} no metric {Aspect(*whole).title!r}",
                hint="there are " + ", ".join(Aspect(*one).title for one in self.measures),
            )
        facets = self.facets
        parts = facets.get(aspect.facet, [])
        if aspect.facet and not parts:
            known = ", ".join(facets)
            raise InputError(
                f"{self._who} no scores by {aspect.facet!r}",
                hint=f"there are scores by {known}" if known else "evaluate with that facet first",
            )
        if aspect.part and aspect.part not in parts:
            raise InputError(
                f"{aspect.facet or 'no facet'} has no part {aspect.part!r}", hint=", ".join(parts)
            )

    @property
    def _who(self) -> str:
        return "the evaluation has" if len(self.stored) == 1 else "the evaluations share"

    def _shared_aspects(self) -> tuple[Aspect, ...]:
        """Return what all have scores in; metrics in the unit of the values only where that is one."""
        measured = {name: one.measures() for name, one in self.stored.items()}
        first, *others = measured.values()
        shared = set(first).intersection(*others)
        units = {one.unit for one in self.stored.values()}
        found = [
            aspect
            for aspect in first
            if aspect in shared and not (len(units) > 1 and _is_of_flow(aspect.metric))
        ]
        if not any(not aspect.facet for aspect in found):
            each = (
                f"{name} has {', '.join(dict.fromkeys(aspect.metric for aspect in aspects))}"
                f" [{self.stored[name].unit}]"
                for name, aspects in measured.items()
            )
            raise InputError(
                f"{' and '.join(measured)} share no metric that can be compared", hint="; ".join(each)
            )
        return tuple(found)

    def _require_shared_locations(self) -> None:
        sets = {name: {row[0] for row in one.locations()} for name, one in self.stored.items()}
        if len(sets) > 1 and not set.intersection(*sets.values()):
            some = (f"{name} has {', '.join(sorted(ids)[:3])}, …" for name, ids in sets.items())
            raise CoverageError(
                f"{' and '.join(sets)} share no location",
                hint=f"compare evaluations of the same gauges: {'; '.join(some)}",
            )


def _is_of_flow(metric: str) -> bool:
    known = METRICS.get(metric)
    return not metric.startswith(SKILL) and known is not None and known.unit.startswith(OF_FLOW)
