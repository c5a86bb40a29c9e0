"""Score a stack: every metric of a plan, at its thresholds, over all times and over parts of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.evaluation import Grade
from dmod.evaluation.metric_registry import METRICS, find_metric
from dmod.evaluation.plan import EvaluationPlan
from dmod.evaluation.sample import MetricFunction, Sample
from dmod.evaluation.score_table import Measure, Scored
from dmod.evaluation.stack import Stack

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
THRESHOLD = "threshold"


@dataclass(frozen=True, slots=True)
class Scoring:
    """What of a plan concerns scores.

    Parameters
    ----------
    metrics : names as the registry has them
    measures : metrics with their thresholds
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
            one needs a threshold, and the plan has none.
        """
        metrics = tuple(dict.fromkeys(find_metric(name).name for name in plan.metrics))
        measures: list[Measure] = []
        for name in metrics:
            if THRESHOLD not in _needs(name):
                measures.append(Measure(name))
            elif not plan.thresholds:
                raise InputError(
                    f"metric {name} needs a threshold, and the evaluation has none",
                    hint="state one, such as a flow or a percentile of the observations, or leave the metric out",
                )
            else:
                measures += [Measure(name, threshold.name) for threshold in plan.thresholds]
        return cls(plan, metrics, tuple(measures))

    def missing(self, configuration: int, rows: NDArray[np.int64], reason: str) -> Scored:
        """Return rows of NaN."""
        values = np.full((len(self.measures), len(rows)), np.nan)
        none = np.zeros(len(rows), dtype=np.int64)
        return Scored(configuration, rows, self.measures, values, none, [reason] * len(rows))

    def scored(self, stack: Stack, rows: NDArray[np.int64]) -> list[Scored]:
        """Score a stack whose locations stand at ``rows``."""
        found = []
        for index, configuration in enumerate(self.plan.configurations):
            inside = np.array([configuration.name in row.simulated for row in stack.rows])
            if not inside.any():
                continue
            simulated, observed = stack.simulated[configuration.name][inside], stack.observed[inside]
            sample = Sample.of(simulated, observed)
            values = self._values(stack, sample, simulated, observed, inside)
            pairs = sample.counts.sum(axis=-1)
            reasons = why_undefined(sample) if np.isnan(values).any() else [""] * len(pairs)
            found.append(Scored(index, rows[inside], self.measures, values, pairs, reasons))
        return found

    def _values(
        self, stack: Stack, sample: Sample, simulated: Floats, observed: Floats, inside: NDArray[np.bool_]
    ) -> Floats:
        known: dict[str, Any] = {"dt": float(stack.step), "times": stack.start / 3600.0}
        names = [row.location for row, there in zip(stack.rows, inside, strict=True) if there]
        limits = {t.name: np.stack([t.at(name, stack.times) for name in names]) for t in self.plan.thresholds}
        values = np.empty((len(self.measures), len(names)))
        for index, measure in enumerate(self.measures):
            needs = {key: known[key] for key in _needs(measure.metric) if key in known}
            if measure.threshold:
                needs[THRESHOLD] = limits[measure.threshold]
            function: Callable[..., Any] = METRICS[measure.metric].function
            if isinstance(function, MetricFunction):
                values[index] = function.of(sample, **needs)
            else:
                values[index] = function(simulated, observed, **needs)
        return values

    def grades(self, scores: pd.DataFrame) -> tuple[Grade, ...]:
        """Aggregate the scores as the plan weighs them; nothing where it does not."""
        weighing = self.plan.weighing
        if weighing is None or weighing.dmod_compatible:
            return ()  # DMOD's way grades raw values, which whoever read them has
        from dmod.evaluation.grading_scheme import grade_table

        return grade_table(scores, weighing, self.plan.thresholds)


def why_undefined(sample: Sample) -> list[str]:
    """Return for each location why a score of it may be NaN."""
    counts = sample.counts.sum(axis=-1)
    observed = np.ptp(sample.spread_observed, axis=-1) == 0.0
    simulated = np.ptp(sample.spread_simulated, axis=-1) == 0.0
    zero = ~sample.observed.any(axis=-1)
    below = ((sample.simulated < 0.0) | (sample.observed < 0.0)).any(axis=-1)
    return [
        _why(*flags)
        for flags in zip(
            counts.tolist(), zero.tolist(), observed.tolist(), simulated.tolist(), below.tolist(), strict=True
        )
    ]


def _why(count: int, zero: bool, observed: bool, simulated: bool, below: bool) -> str:
    if count == 0:
        return "there is no pair: where one side has a value the other has none"
    if count == 1:
        return "there is only one pair"
    causes = [
        text
        for said, text in (
            (zero, "observed values are zero throughout"),
            (observed and not zero, "observed values are constant"),
            (simulated, "simulated values are constant"),
            (below, "a value is negative"),
        )
        if said
    ]
    return "; ".join(causes) or "the metric is not defined for these values"


def _needs(name: str) -> Sequence[str]:
    needs = METRICS[name].needs
    return (needs,) if isinstance(needs, str) and needs else needs or ()
