"""Score a stack: every metric of a plan, at its thresholds, over all times and over parts of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.evaluation import Grade
from dmod.evaluation.metric import Metric
from dmod.evaluation.metric_registry import METRICS, find_metric
from dmod.evaluation.plan import EvaluationPlan
from dmod.evaluation.sample import MetricFunction, Sample
from dmod.evaluation.score_table import Measure, Scored
from dmod.evaluation.stack import Stack
from dmod.evaluation.undefined import reasons

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
THRESHOLD = "threshold"
HOUR = 3600.0


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
        for name in metrics:
            _function(METRICS[name])
        measures: list[Measure] = []
        for name in metrics:
            if THRESHOLD not in METRICS[name].needs:
                measures.append(Measure(name))
            elif not plan.thresholds:
                raise InputError(
                    f"metric {name} needs a threshold, and the evaluation has none",
                    hint="state one, such as 50 m3/s or quantile 0.9, or leave the metric out",
                )
            else:
                measures += [Measure(name, threshold.name) for threshold in plan.thresholds]
        return cls(plan, metrics, tuple(measures))

    def missing(self, configuration: int, rows: NDArray[np.int64], reason: str) -> Scored:
        """Return rows of NaN."""
        values = np.full((len(self.measures), len(rows)), np.nan)
        none = np.zeros(len(rows), dtype=np.int64)
        return Scored(configuration, rows, self.measures, values, none, reason)

    def scored(self, stack: Stack, rows: NDArray[np.int64]) -> list[Scored]:
        """Score a stack whose locations stand at ``rows``."""
        found = []
        for index, configuration in enumerate(self.plan.configurations):
            inside = np.array([configuration.name in row.simulated for row in stack.rows])
            if inside.any():
                sample = Sample.of(stack.simulated[configuration.name][inside], stack.observed[inside])
                found.append(self._of(sample, stack, index, rows[inside], self._limits(stack, inside)))
        return found

    def _of(
        self,
        sample: Sample,
        stack: Stack,
        configuration: int,
        rows: NDArray[np.int64],
        limits: Mapping[str, Floats],
    ) -> Scored:
        known: dict[str, Any] = {"dt": float(stack.step), "times": stack.start / HOUR}
        values = np.empty((len(self.measures), len(rows)))
        why = []
        for index, measure in enumerate(self.measures):
            metric = METRICS[measure.metric]
            needs = {key: known[key] for key in metric.needs if key in known}
            if measure.threshold:
                needs[THRESHOLD] = limits[measure.threshold]
            values[index] = _function(metric).of(sample, **needs)
            why.append(reasons(metric, sample, values[index]))
        return Scored(configuration, rows, self.measures, values, sample.counts.sum(axis=-1), why)

    def _limits(self, stack: Stack, inside: NDArray[np.bool_]) -> dict[str, Floats]:
        """Return the thresholds at each location and time."""
        names = [row.location for row, there in zip(stack.rows, inside, strict=True) if there]
        used = {measure.threshold for measure in self.measures}
        return {
            threshold.name: np.stack([threshold.at(name, stack.times) for name in names])
            for threshold in self.plan.thresholds
            if threshold.name in used
        }

    def grades(self, scores: pd.DataFrame) -> tuple[Grade, ...]:
        """Aggregate the scores as the plan weighs them; nothing where it does not."""
        weighing = self.plan.weighing
        if weighing is None or weighing.dmod_compatible:
            return ()  # DMOD's way grades raw values, which whoever read them has
        from dmod.evaluation.grading_scheme import grade_table

        return grade_table(scores, weighing, self.plan.thresholds)


def _function(metric: Metric) -> MetricFunction:
    if isinstance(metric.function, MetricFunction):
        return metric.function
    raise InputError(
        f"metric {metric.name} is of ensembles, not of pairs", hint="leave it out of this evaluation"
    )
