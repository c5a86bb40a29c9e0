"""Run an evaluation: read, bring to one step, score; block by block, on all cores."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import InputError
from dmod.evaluation.align import span
from dmod.evaluation.diagram import EnsembleDiagram
from dmod.evaluation.ensemble import Ensemble
from dmod.evaluation.evaluation import Evaluation, Place, PlaceSeries
from dmod.evaluation.location_series import KnowsPlaces, LocationSeries
from dmod.evaluation.members import gather, series_of, whole_ensembles
from dmod.evaluation.plan import EvaluationPlan, Statistic
from dmod.evaluation.sample import Floats
from dmod.evaluation.score_table import Scored, ScoreTable
from dmod.evaluation.scoring import SKILL, Scoring
from dmod.evaluation.stack import LocationPairs, Period, Stack, pair_up, stacks

if TYPE_CHECKING:
    import pandas as pd

READ_AT_ONCE = 1 << 21
"""Values of the observations that are read together, as far as their number can be told beforehand."""
FIRST_BLOCK, LARGEST_BLOCK = 8, 128
GAPS = "times at which some members are missing do not count"
BANDS = (0.05, 0.25, 0.75, 0.95)
"""Shares of the members below what is drawn of an ensemble."""


@dataclass(frozen=True, slots=True)
class LocationProgress:
    """A location that has just been scored.

    Parameters
    ----------
    done, total : locations so far, and of all
    scores : over all times and without threshold, by configuration, by metric
    reason : why there is none, where there is none
    """

    location: str
    done: int
    total: int
    scores: Mapping[str, Mapping[str, float]]
    reason: str = ""


Told = Callable[[LocationProgress], None]


def evaluate(
    plan: EvaluationPlan,
    *,
    told: Told | None = None,
    workers: int | None = None,
    drawn: int = 200,
) -> Evaluation:
    """Score all configurations of a plan at all locations that they share with its observations.

    Locations are read in blocks, so that memory does not grow with them. One without a value, without
    overlap or whose series cannot be brought to the step has rows of NaN that say why.

    Parameters
    ----------
    told : called in this thread after each location
    workers : threads that score; one a core if not given
    drawn : of how many locations, the first ones that have pairs, the series are kept to be drawn

    Raises
    ------
    InputError
        a metric is unknown, lacks its threshold, or the plan has no configuration.
    """
    if not plan.configurations:
        raise InputError("the evaluation has no configuration", hint="name at least one set of simulations")
    locations, notes = _locations(plan)
    work = _Work(plan, locations, told, drawn)
    threads = workers or len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(threads) as pool:
        work.run(pool, threads)
    frame = work.table.frame()
    return Evaluation(
        title=plan.title,
        unit=plan.unit,
        configurations=tuple(c.name for c in plan.configurations),
        metrics=work.scoring.metrics,
        places=_places(plan, locations),
        scores=frame,
        series=work.series,
        grades=work.scoring.grades(frame),
        sources=_sources(plan),
        diagrams=tuple(work.diagrams[name] for name in work.names if name in work.diagrams),
        notes=(*notes, *_ensembles(plan), *_without_intervals(plan, frame), *work.notes()),
    )


class _Work:
    """What one evaluation has under way."""

    def __init__(self, plan: EvaluationPlan, locations: Sequence[str], told: Told | None, drawn: int) -> None:
        self.plan = plan
        self.names = tuple(c.name for c in plan.configurations)
        self.locations = tuple(locations)
        self.scoring = Scoring.of(plan)
        self.table = ScoreTable(self.names, self.locations)
        self.series: dict[str, PlaceSeries] = {}
        self._series = tuple(series_of(plan.configurations))
        self._groups = {c.name: c.keys for c in plan.configurations}
        self._called = {key: name for name, keys in self._groups.items() for key in keys}
        self._widest = max(1, *(len(keys) for keys in self._groups.values()))
        self.diagrams: dict[str, EnsembleDiagram] = {}
        self._row = {location: row for row, location in enumerate(locations)}
        self._period = _period(plan)
        self._told = told
        self._drawn = drawn
        self._done = 0
        self._noted: dict[str, list[str]] = {}
        self._pending: deque[tuple[Stack, Future[list[Scored]]]] = deque()

    def run(self, pool: ThreadPoolExecutor, threads: int) -> None:
        """Read and score everything."""
        try:
            for pairs in self._blocks():
                self._note(pairs)
                for stack in stacks(pairs, self._period, self._groups):
                    rows = np.array([self._row[row.location] for row in stack.rows])
                    self._pending.append((stack, pool.submit(self.scoring.scored, stack, rows)))
                    while len(self._pending) > 2 * threads:
                        self._take()
            while self._pending:
                self._take()
        finally:
            for _, future in self._pending:
                future.cancel()

    def _blocks(self) -> Iterator[list[LocationPairs]]:
        at, size = 0, max(FIRST_BLOCK // self._widest, 1)
        while at < len(self.locations):
            block = self.locations[at : at + size]
            at += size
            read = {k: _by_location(source.read, block, pairs) for k, source, pairs in self._series}
            pairs, longest = [], 1
            for observed in self.plan.observations.read(block):
                there = gather(self.plan.configurations, read, observed.location, self.plan.step)
                simulated, reasons = there
                longest = max(longest, len(observed.times), *(len(s.times) for s in simulated.values()))
                one = pair_up(observed, simulated, self.plan.step, self._period, reasons, self._called)
                pairs.append(whole_ensembles(one, self.plan.configurations))
            yield pairs
            size = min(max(READ_AT_ONCE // (longest * self._widest), 1), LARGEST_BLOCK)

    def _take(self) -> None:
        stack, future = self._pending.popleft()
        found = future.result()
        for scored in found:
            self.table.add(scored)
            if (new := scored.diagram) is not None:
                known = self.diagrams.get(new.configuration)
                self.diagrams[new.configuration] = new if known is None else known + new
        self._keep(stack)
        for name, gaps in stack.gaps.items():
            where = [row.location for row, is_one in zip(stack.rows, gaps, strict=True) if is_one]
            if where:
                self._noted.setdefault(f"{name}: {GAPS}", []).extend(where)
        if self._told is not None:
            for index, row in enumerate(stack.rows):
                self._tell(row.location, self._headline(found, index), "")
        else:
            self._done += len(stack.rows)

    def _keep(self, stack: Stack) -> None:
        for index, row in enumerate(stack.rows):
            if len(self.series) >= self._drawn:
                return
            simulated = {name: values[index].copy() for name, values in stack.simulated.items()}
            bands: dict[str, dict[float, Floats]] = {}
            for c in self.plan.configurations:
                if c.members:
                    own = Ensemble.of(stack.members[c.name][index], stack.observed[index])
                    is_mean = c.statistic is Statistic.MEAN
                    simulated[c.name] = own.members.mean(axis=0) if is_mean else own.quantile(0.5)
                    bands[c.name] = {share: own.quantile(share) for share in BANDS}
            observed = stack.observed[index].copy()
            in_order = {name: simulated[name] for name in self.names}
            self.series[row.location] = PlaceSeries(stack.times, stack.step, observed, in_order, bands)

    def _headline(self, found: Sequence[Scored], index: int) -> dict[str, dict[str, float]]:
        return {
            self.names[scored.configuration]: {
                measure.metric: float(values[index])
                for measure, values in zip(scored.measures, scored.values, strict=True)
                if not measure.threshold
            }
            for scored in found
            if not scored.facet
        }

    def _tell(self, location: str, scores: Mapping[str, Mapping[str, float]], reason: str) -> None:
        self._done += 1
        if self._told is not None:
            self._told(LocationProgress(location, self._done, len(self.locations), scores, reason))

    def _note(self, pairs: Sequence[LocationPairs]) -> None:
        """Keep what was said of locations, and the rows of those that cannot be compared."""
        for one in pairs:
            for note in one.notes:
                self._noted.setdefault(note, []).append(one.location)
            row = np.array([self._row[one.location]])
            for index, name in enumerate(self.names):
                if name in one.reasons:
                    self.table.add(self.scoring.missing(index, row, one.reasons[name]))
            if one.clock is None:
                self._tell(one.location, {}, "; ".join(dict.fromkeys(one.reasons.values())))

    def notes(self) -> Iterator[str]:
        """Yield what was said, each sentence once with the number of locations that it is true of."""
        for note, where in self._noted.items():
            shown = ", ".join(where[:3]) + (", …" if len(where) > 3 else "")
            yield note if len(where) == len(self.locations) > 1 else f"{shown}: {note}"


def _by_location(
    read: Callable[[Sequence[str]], Iterator[LocationSeries]],
    block: Sequence[str],
    crosswalk: Mapping[str, str],
) -> dict[str, LocationSeries]:
    """Return location of the observations → series of the simulation that is paired with it."""
    paired = [location for location in block if location in crosswalk]
    theirs = list(dict.fromkeys(crosswalk[location] for location in paired))
    found = dict(zip(theirs, read(theirs), strict=True)) if theirs else {}
    return {location: found[crosswalk[location]] for location in paired}


def _locations(plan: EvaluationPlan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the locations that something is paired with, and a note on those that nothing is."""
    known = plan.observations.locations
    paired = {location for c in plan.configurations for location in c.crosswalk}
    chosen = tuple(location for location in known if location in paired)
    if not chosen:
        raise InputError(
            "no location of the observations is paired with one of the simulations",
            hint=f"the observations have {', '.join(known[:5]) or 'none'}; "
            f"paired are {', '.join(sorted(paired)[:5]) or 'none'}",
        )
    left = len(known) - len(chosen)
    said = f"{left} of {len(known)} locations of the observations are paired with nothing and left out"
    gone = sorted(paired.difference(known))
    missing = f"the observations lack {len(gone)} paired locations: {', '.join(gone[:5])}"
    return chosen, ((said,) if left else ()) + ((missing,) if gone else ())


def _ensembles(plan: EvaluationPlan) -> Iterator[str]:
    """Yield of each ensemble what its scores are of."""
    for item in plan.configurations:
        if item.members:
            of = f"; metrics of one series are of their {item.statistic}" if item.statistic else ""
            yield f"{item.name} is an ensemble of {len(item.members)} members{of}"


def _without_intervals(plan: EvaluationPlan, frame: pd.DataFrame) -> Iterator[str]:
    if plan.resampling is None:
        return
    whole = frame[(frame["facet"] == "") & frame["value"].notna() & ~frame["metric"].str.startswith(SKILL)]
    lacking = int(whole["low"].isna().sum())
    if lacking:
        block = span(int(plan.resampling.block.total_seconds()))
        yield (
            f"{lacking} of {len(whole)} scores have no interval of confidence: fewer than two blocks of "
            f"{block}, or too few draws in which the score is defined"
        )


def _period(plan: EvaluationPlan) -> Period:
    def second(moment: np.datetime64 | None) -> int | None:
        return None if moment is None else int(moment.astype("datetime64[s]").astype(np.int64))

    return Period(second(plan.start), second(plan.end), int(plan.warm_up.total_seconds()))


def _places(plan: EvaluationPlan, locations: Sequence[str]) -> tuple[Place, ...]:
    known = {place.id: place for place in plan.places}
    for source in (*(c.source for c in plan.configurations[::-1]), plan.observations):
        if isinstance(source, KnowsPlaces):
            known = {**source.places(locations), **known}
    return tuple(known.get(location, Place(location)) for location in locations)


def _sources(plan: EvaluationPlan) -> dict[str, str]:
    found: dict[str, str] = {}
    for source in (plan.observations, *(source for c in plan.configurations for source in c.sources)):
        found.update(source.provenance())
    return found
