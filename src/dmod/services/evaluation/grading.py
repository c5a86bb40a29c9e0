"""The grades that a plan asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dmod.evaluation.dmod_grading import ExactPairs, Rows, exact_pairs, grade_as_dmod
from dmod.evaluation.evaluation import Evaluation, Grade
from dmod.evaluation.grading_scheme import grade_table
from dmod.evaluation.location_series import SeriesSource
from dmod.evaluation.plan import Configuration, EvaluationPlan

if TYPE_CHECKING:
    import pandas as pd


@runtime_checkable
class KnowsRows(Protocol):
    """A source that can give values as they stand in it, stamps that occur twice included."""

    def rows(self, locations: Sequence[str]) -> Iterator[Rows]:
        """Give the rows of some locations, in the order asked for."""


def grades_of(plan: EvaluationPlan, scores: pd.DataFrame) -> tuple[Grade, ...]:
    """Return the grade of each configuration; none where the plan has no weights.

    In DMOD's way values are read anew, since it pairs them differently.

    Parameters
    ----------
    scores : that the plan led to, with the columns of :data:`dmod.evaluation.evaluation.COLUMNS`

    Raises
    ------
    InputError
        a metric cannot be scaled, or DMOD cannot grade a location.
    """
    if plan.weighing is None:
        return ()
    if plan.weighing.dmod_compatible:
        return dmod_grades(plan)
    return grade_table(scores, plan.weighing, plan.thresholds)


def with_grades(plan: EvaluationPlan, evaluation: Evaluation) -> Evaluation:
    """Return an evaluation with the grades that its plan asks for.

    Raises
    ------
    InputError
        as `grades_of` has it.
    """
    return replace(evaluation, grades=evaluation.grades or grades_of(plan, evaluation.scores))


def dmod_grades(plan: EvaluationPlan) -> tuple[Grade, ...]:
    """Return the grades that DMOD gives, without scoring the plan otherwise.

    Raises
    ------
    InputError
        DMOD cannot grade a location.
    """
    if plan.weighing is None:
        return ()
    return tuple(
        grade_as_dmod(item.name, _pairs(plan, item), plan.weighing, plan.thresholds)
        for item in plan.configurations
    )


def _pairs(plan: EvaluationPlan, configuration: Configuration) -> Iterator[ExactPairs]:
    for location, partner in configuration.crosswalk.items():
        (observed,) = _rows(plan.observations, location)
        (simulated,) = _rows(configuration.source, partner)
        pairs = exact_pairs(observed, simulated)
        if len(pairs.times):
            yield pairs


def _rows(source: SeriesSource, location: str) -> Iterator[Rows]:
    if isinstance(source, KnowsRows):
        yield from source.rows([location])
        return
    for series in source.read([location]):
        yield Rows(location, series.times, series.values)
