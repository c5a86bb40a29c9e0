"""Score a stack: every metric of a plan, at its thresholds, over all times and over parts of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.block_scores import function_of
from dmod.evaluation.diagram import EnsembleDiagram
from dmod.evaluation.draws import Draws
from dmod.evaluation.evaluation import Grade
from dmod.evaluation.facets import FACETS, facets
from dmod.evaluation.metric import Metric
from dmod.evaluation.metric_registry import METRICS, find_metric
from dmod.evaluation.other_years import OtherYears
from dmod.evaluation.plan import EvaluationPlan, Resampling
from dmod.evaluation.score_table import Measure, Scored
from dmod.evaluation.side import Side, is_of_ensembles, side_of
from dmod.evaluation.skill import climatology, persistence, skill_score
from dmod.evaluation.stack import Stack
from dmod.evaluation.undefined import NO_PAIR, NO_TIME

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
THRESHOLD = "threshold"
HOUR = 3600.0
SKILL = "skill:"
CLIMATOLOGY, PERSISTENCE = "climatology", "persistence"
NOT_REACHED = "no observation reaches the threshold"
NO_SKILL = "a score is not defined, or the benchmark is ideal"


@dataclass(frozen=True, slots=True)
class Scoring:
    """What of a plan concerns scores.

    Parameters
    ----------
    metrics : names as the registry has them
    measures : metrics with their thresholds; a metric that needs none and has one, as a grade weighs it, is
        of the pairs whose observation reaches it
    """

    plan: EvaluationPlan
    metrics: tuple[str, ...]
    measures: tuple[Measure, ...]

    @classmethod
    def of(cls, plan: EvaluationPlan) -> Scoring:
        """Find what a plan asks for.

        Raises
        ------
        NotFoundError
            a metric is unknown.
        InputError
            one needs a threshold, and the plan has none; a facet or the benchmark is unknown.
        """
        metrics = tuple(dict.fromkeys(find_metric(name).name for name in plan.metrics))
        measures: list[Measure] = []
        for name in metrics:
            _require_statistic(plan, METRICS[name])
            if THRESHOLD not in METRICS[name].needs:
                measures.append(Measure(name))
                measures += _reached(plan, name)
            elif not plan.thresholds:
                raise InputError(
                    f"metric {name} needs a threshold, and the evaluation has none",
                    hint="state one, such as 50 m3/s or quantile 0.9, or leave the metric out",
                )
            else:
                measures += [Measure(name, threshold.name) for threshold in plan.thresholds]
        _require_known(plan)
        return cls(plan, metrics, tuple(measures))

    def missing(self, configuration: int, rows: Rows, reason: str) -> Scored:
        """Return rows of NaN."""
        values = np.full((len(self.measures), len(rows)), np.nan)
        none = np.zeros(len(rows), dtype=np.int64)
        return Scored(configuration, rows, self.measures, values, none, reason)

    def scored(self, stack: Stack, rows: Rows) -> list[Scored]:
        """Score a stack with locations at ``rows``: over all times, by facet, and against the benchmark.

        Intervals of confidence are told of scores over all times.
        """
        found: list[Scored] = []
        parts = {name: facets(name, stack.times, stack.observed) for name in self.plan.facets}
        for index, configuration in enumerate(self.plan.configurations):
            keys = configuration.keys or (configuration.name,)
            inside = np.array([keys[0] in row.simulated for row in stack.rows])
            if not inside.any():
                continue
            block = _Block(self, stack, index, inside, rows[inside])
            found.append(block.whole())
            for facet, masks in parts.items():
                found += [block.part(facet, name, mask[inside]) for name, mask in masks.items()]
            benchmark = self.plan.benchmark
            if benchmark is not None and benchmark != configuration.name:
                found += block.against(benchmark)
        return found

    def grades(self, scores: pd.DataFrame) -> tuple[Grade, ...]:
        """Aggregate the scores as the plan weighs them; nothing where it does not."""
        weighing = self.plan.weighing
        if weighing is None or weighing.dmod_compatible:
            return ()  # DMOD's way grades raw values, which whoever read them has
        from dmod.evaluation.grading_scheme import grade_table

        return grade_table(scores, weighing, self.plan.thresholds)


class _Block:
    """One configuration at the locations of a stack that it has."""

    def __init__(
        self, scoring: Scoring, stack: Stack, configuration: int, inside: NDArray[np.bool_], rows: Rows
    ) -> None:
        self._measures = scoring.measures
        self._plan = scoring.plan
        self._configuration = configuration
        self._rows = rows
        self._of = self._plan.configurations[configuration]
        # no copy where nothing is left out
        self._inside: slice | NDArray[np.bool_] = slice(None) if inside.all() else inside
        self._side = side_of(self._of, stack.simulated, stack.members, stack.observed, self._inside)
        self._stack = stack
        self._known: dict[str, Any] = {"dt": float(stack.step), "times": stack.start / HOUR}
        locations = [row.location for row, there in zip(stack.rows, inside, strict=True) if there]
        used = {measure.threshold for measure in self._measures}
        self._limits = {
            threshold.name: np.stack([threshold.at(one, stack.times) for one in locations])
            for threshold in self._plan.thresholds
            if threshold.name in used
        }

    def whole(self) -> Scored:
        """Score all times."""
        values, why, number = self._values(self._side)
        low, high = self._intervals(self._plan.resampling)
        diagram = None
        if self._of.members:
            diagram = EnsembleDiagram.of(self._of.name, self._side.ensemble, self._limits)
        return Scored(
            self._configuration, self._rows, self._measures, values, number, why, low, high, diagram=diagram
        )

    def part(self, facet: str, name: str, mask: NDArray[np.bool_]) -> Scored:
        """Score a part of the times."""
        values, why, number = self._values(self._side.over(mask))
        rows, measures = self._rows, self._measures
        return Scored(self._configuration, rows, measures, values, number, why, facet=facet, part=name)

    def against(self, benchmark: str) -> Iterator[Scored]:
        """Tell the skill of all metrics that have an ideal, over the times that the benchmark has, too."""
        sides: dict[bool, tuple[Side, Side]] = {}
        values, why, measures, number = [], [], [], []
        for measure in self._measures:
            metric = METRICS[measure.metric]
            if math.isnan(metric.ideal) or _is_reached(measure):
                continue
            kind = is_of_ensembles(metric)
            if kind not in sides:
                sides[kind] = self._side.against(self._benchmark(benchmark, of_ensembles=kind))
            needs = self._needs(measure)
            score, beside = (side.score(metric, needs) for side in sides[kind])
            values.append(np.atleast_1d(skill_score(score, beside, metric.ideal)))
            number.append(sides[kind][0].number)
            reason = np.where(number[-1] == 0, NO_PAIR, np.where(np.isnan(values[-1]), NO_SKILL, ""))
            why.append(reason.tolist())
            measures.append(Measure(SKILL + measure.metric, measure.threshold))
        if measures:
            found = np.stack(values), np.stack(number)
            yield Scored(self._configuration, self._rows, tuple(measures), *found, why)

    def _benchmark(self, name: str, *, of_ensembles: bool) -> Side:
        """Return what simulations are measured against."""
        stack, inside = self._stack, self._inside
        observed = stack.observed[inside]
        if name == PERSISTENCE:
            return Side(persistence(observed), None, observed)
        if name == CLIMATOLOGY and of_ensembles:
            return Side(None, OtherYears.of(observed, stack.times), observed)
        if name == CLIMATOLOGY:
            return Side(climatology(observed, stack.times), None, observed)
        other = next(item for item in self._plan.configurations if item.name == name)
        return side_of(other, stack.simulated, stack.members, stack.observed, inside)

    def _values(self, side: Side) -> tuple[Floats, list[Sequence[str]], Rows]:
        """Return values, reasons where they are NaN, and numbers of pairs; shape (measure, location)."""
        values = np.empty((len(self._measures), len(self._rows)))
        number = np.empty(values.shape, dtype=np.int64)
        why: list[Sequence[str]] = []
        reaching: dict[str, Side] = {}
        for index, measure in enumerate(self._measures):
            metric, chosen = METRICS[measure.metric], side
            if _is_reached(measure):
                if measure.threshold not in reaching:
                    reaching[measure.threshold] = side.over(self._reach(measure.threshold))
                chosen = reaching[measure.threshold]
            values[index] = chosen.score(metric, self._needs(measure))
            number[index] = chosen.number
            said = chosen.reasons(metric, values[index])
            none = chosen is not side
            why.append([NOT_REACHED if none and text in (NO_PAIR, NO_TIME) else text for text in said])
        return values, why, number

    def _reach(self, threshold: str) -> Floats:
        """Return 1 at times whose observation reaches a threshold, else 0, shape (location, time)."""
        reached = self._stack.observed[self._inside] >= self._limits[threshold]
        return reached.astype(np.float64)

    def _needs(self, measure: Measure) -> dict[str, Any]:
        needs = {key: self._known[key] for key in METRICS[measure.metric].needs if key in self._known}
        if measure.threshold and not _is_reached(measure):
            needs[THRESHOLD] = self._limits[measure.threshold]
        return needs

    def _intervals(self, resampling: Resampling | None) -> tuple[Floats | None, Floats | None]:
        """Return the bounds of intervals of confidence; None without, NaN where the series is too short."""
        if resampling is None:
            return None, None
        low, high = (np.full((len(self._measures), len(self._rows)), np.nan) for _ in range(2))
        size = len(self._stack.start)
        block = max(1, round(resampling.block.total_seconds() / self._known["dt"]))
        if size < 2 * block:
            return low, high
        draws = Draws.of(size, block, samples=resampling.samples, seed=resampling.seed)
        kinds = [(measure.threshold, _is_reached(measure)) for measure in self._measures]
        for threshold, is_reached in dict.fromkeys(kinds):
            chosen = [index for index, kind in enumerate(kinds) if kind == (threshold, is_reached)]
            limits = {THRESHOLD: self._limits[threshold]} if threshold and not is_reached else {}
            side = self._side.over(self._reach(threshold)) if is_reached else self._side
            names = [self._measures[index].metric for index in chosen]
            found = side.intervals(names, draws, resampling.level, {**self._known, **limits})
            for index, name in zip(chosen, names, strict=True):
                low[index], high[index] = found[name].low, found[name].high
        return low, high


def _reached(plan: EvaluationPlan, name: str) -> list[Measure]:
    """Return a metric at the thresholds of a grade that weighs it."""
    weighing = plan.weighing
    if weighing is None or weighing.dmod_compatible:
        return []
    weighed = {find_metric(one).name for one in weighing.metrics}
    return [Measure(name, threshold.name) for threshold in plan.thresholds] if name in weighed else []


def _is_reached(measure: Measure) -> bool:
    """Whether a measure is of the pairs whose observation reaches its threshold."""
    return bool(measure.threshold) and THRESHOLD not in METRICS[measure.metric].needs


def _require_statistic(plan: EvaluationPlan, metric: Metric) -> None:
    """Refuse a metric of one series where it is not said what of an ensemble it is applied to."""
    if is_of_ensembles(metric):
        return
    function_of(metric)
    for item in plan.configurations:
        if item.members and item.statistic is None:
            raise InputError(
                f"metric {metric.name} is of one series, and {item.name} is an ensemble of "
                f"{len(item.members)} members",
                hint=f"state what it is applied to, in {item.name} (statistic: mean, or median), or leave "
                "the metric out",
            )


def _require_known(plan: EvaluationPlan) -> None:
    for name in plan.facets:
        if name not in FACETS:
            raise InputError(f"facet {name!r} is unknown", hint=f"there are {', '.join(FACETS)}")
    known = (CLIMATOLOGY, PERSISTENCE, *(item.name for item in plan.configurations))
    if plan.benchmark is not None and plan.benchmark not in known:
        raise InputError(f"benchmark {plan.benchmark!r} is unknown", hint=f"there are {', '.join(known)}")
