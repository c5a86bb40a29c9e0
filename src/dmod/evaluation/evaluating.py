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
from dmod.evaluation.evaluation import Evaluation, Place, PlaceSeries
from dmod.evaluation.location_series import KnowsPlaces, LocationSeries
from dmod.evaluation.plan import EvaluationPlan
from dmod.evaluation.score_table import Scored, ScoreTable
from dmod.evaluation.scoring import SKILL, Scoring
from dmod.evaluation.stack import LocationPairs, Period, Stack, pair_up, stacks

if TYPE_CHECKING:
    import pandas as pd

READ_AT_ONCE = 1 << 21
"""Values of the observations that are read together, as far as their number can be told beforehand."""
FIRST_BLOCK, LARGEST_BLOCK = 8, 128


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
        notes=(*notes, *_without_intervals(plan, frame), *work.notes()),
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
                for stack in stacks(pairs, self._period, self.names):
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
        at, size = 0, FIRST_BLOCK
        while at < len(self.locations):
            block = self.locations[at : at + size]
            at += size
            read = [_by_location(c.source.read, block, c.crosswalk) for c in self.plan.configurations]
            pairs, longest = [], 1
            for observed in self.plan.observations.read(block):
                simulated, reasons = {}, {}
                for name, found in zip(self.names, read, strict=True):
                    if observed.location in found:
                        simulated[name] = found[observed.location]
                    else:
                        reasons[name] = f"nothing of {name} is paired with {observed.location}"
                longest = max(longest, len(observed.times), *(len(s.times) for s in simulated.values()))
                pairs.append(pair_up(observed, simulated, self.plan.step, self._period, reasons))
            yield pairs
            size = min(max(READ_AT_ONCE // longest, 1), LARGEST_BLOCK)

    def _take(self) -> None:
        stack, future = self._pending.popleft()
        found = future.result()
        for scored in found:
            self.table.add(scored)
        self._keep(stack)
        if self._told is not None:
            for index, row in enumerate(stack.rows):
                self._tell(row.location, self._headline(found, index), "")
        else:
            self._done += len(stack.rows)

    def _keep(self, stack: Stack) -> None:
        for index, row in enumerate(stack.rows):
            if len(self.series) >= self._drawn:
                return
            self.series[row.location] = PlaceSeries(
                stack.times,
                stack.step,
                stack.observed[index].copy(),
                {name: values[index].copy() for name, values in stack.simulated.items()},
            )

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
    for source in (plan.observations, *(c.source for c in plan.configurations)):
        found.update(source.provenance())
    return found
