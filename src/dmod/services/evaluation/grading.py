"""The grades that DMOD gives a plan: values are read anew, since it pairs them differently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from dmod.evaluation.dmod_grading import ExactPairs, Rows, exact_pairs, grade_as_dmod
from dmod.evaluation.evaluation import Grade
from dmod.evaluation.location_series import SeriesSource
from dmod.evaluation.plan import Configuration, EvaluationPlan


@runtime_checkable
class KnowsRows(Protocol):
    """A source that can give values as they stand in it, stamps that occur twice included."""

    def rows(self, locations: Sequence[str]) -> Iterator[Rows]:
        """Give the rows of some locations, in the order asked for."""


def dmod_grades(plan: EvaluationPlan) -> tuple[Grade, ...]:
    """Return the grade that DMOD gives each configuration; none where the plan has no weights.

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
