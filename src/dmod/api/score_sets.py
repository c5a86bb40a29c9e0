"""Routes of scores of several evaluations beside one another: what they share, facets, runs in pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from dmod.api.guarding import GuardedRoute
from dmod.api.parameters import PRINTABLE, Words
from dmod.api.scores import Facet, Metric, Named, Part, PlacesScored, Seeing, places_scored, stored_scores
from dmod.api.seeing import data_of
from dmod.services.evaluation.score_comparison import Aspect
from dmod.services.evaluation.score_set import ScoreSet

router = APIRouter(prefix="/v1/evaluation", tags=["evaluation"], route_class=GuardedRoute)

MOST_SETS = 8
Run = Annotated[str, Query(max_length=400, pattern=PRINTABLE)]


class RunScored(BaseModel):
    """A configuration, and what it is called beside others."""

    name: str
    evaluation: str
    configuration: str


class MeasureScored(BaseModel):
    """In what all evaluations have scores."""

    metric: str
    threshold: str = Field(description="empty where there is none")


class ScoreSetShown(BaseModel):
    """Scores of one or several evaluations: what they have in common."""

    datasets: list[str]
    titles: list[str]
    unit: str = Field(description="of the values; empty where the evaluations have several")
    runs: list[RunScored]
    measures: list[MeasureScored]
    facets: dict[str, list[str]] = Field(description="by facet its parts, in order")
    locations: int


class PartScored(BaseModel):
    """The scores of one part of a facet."""

    part: str
    locations: int = Field(description="at which all configurations have a score")
    quartiles: dict[str, list[float] | None] = Field(description="by configuration, over these locations")


class FacetScored(BaseModel):
    """One metric by the parts of a facet."""

    datasets: list[str]
    metric: str
    threshold: str
    facet: str
    parts: list[PartScored]


class RunCompared(BaseModel):
    """The scores of a configuration over the locations that all have."""

    run: str
    known: int = Field(description="locations at which it has a score at all")
    quantiles: dict[str, float | None]
    mean: float | None
    best_share: float | None = Field(description="of the locations at which none is nearer to the ideal")


class PairCompared(BaseModel):
    """The second of two configurations against the first."""

    first: str
    second: str
    median_difference: float | None = Field(description="of second - first")
    low: float | None = Field(description="interval of confidence of the median, 95 %")
    high: float | None
    share_better: float | None = Field(description="of the locations at which the second is nearer")
    p: float | None = Field(description="of Wilcoxon's signed-rank test")
    p_adjusted: float | None = Field(description="as it counts beside the other pairs, by Holm")
    better: str = Field(description="which is better beyond chance; empty where none is")


class AspectCompared(BaseModel):
    """All configurations by one metric."""

    metric: str
    threshold: str
    facet: str
    part: str
    locations: int
    runs: list[RunCompared]
    pairs: list[PairCompared]


class ScoresCompared(BaseModel):
    """Configurations compared with one another."""

    datasets: list[str]
    runs: list[str]
    aspects: list[AspectCompared]
    notes: list[str] = Field(description="what was left out")


def _score_set(
    asking: Seeing,
    request: Request,
    of: Annotated[
        list[str],
        Query(
            min_length=1,
            max_length=MOST_SETS,
            description="datasets of scores: NAME, NAME@2",
            examples=[["scores-logan"]],
        ),
    ],
) -> ScoreSet:
    datasets = [data_of(asking).dataset(reference) for reference in of]
    return ScoreSet({dataset.reference: stored_scores(request, dataset) for dataset in datasets})


Together = Annotated[ScoreSet, Depends(_score_set)]


@router.get("/together", response_model=ScoreSetShown, summary="Describe scores of several evaluations")
def show_score_set(asking: Seeing, scores: Together) -> ScoreSetShown:
    """Return what one or several evaluations have in common: configurations, metrics, facets."""
    units = {one.unit for one in scores.stored.values()}
    return ScoreSetShown(
        datasets=list(scores.stored),
        titles=[one.title for one in scores.stored.values()],
        unit=units.pop() if len(units) == 1 else "",
        runs=[RunScored(**asdict(run)) for run in scores.runs],
        measures=[MeasureScored(metric=metric, threshold=at) for metric, at in scores.measures],
        facets=scores.facets,
        locations=len(scores.places),
    )


@router.get(
    "/together/places", response_model=PlacesScored, summary="Show a metric of several evaluations on the map"
)
def show_places_together(
    asking: Seeing,
    scores: Together,
    metric: Metric,
    threshold: Words = "",
    facet: Facet = "",
    part: Part = "",
) -> PlacesScored:
    """Return one metric at every location of one or several evaluations."""
    return places_scored(scores, Aspect(metric, threshold, facet, part))


@router.get("/together/facets", response_model=FacetScored, summary="Show a metric by season and the like")
def show_facet(asking: Seeing, scores: Together, metric: Metric, facet: Named, threshold: Words = "") -> Any:
    """Return quartiles of one metric by the parts of a facet and by configuration."""
    parts = scores.summaries(metric, threshold, facet)
    return FacetScored(
        datasets=list(scores.stored),
        metric=metric,
        threshold=threshold,
        facet=facet,
        parts=[PartScored(**asdict(part)) for part in parts],
    )


@router.get("/compare", response_model=ScoresCompared, summary="Compare configurations in pairs")
def compare_configurations(
    asking: Seeing,
    scores: Together,
    metric: Metric,
    threshold: Words = "",
    facet: Facet = "",
    part: Part = "",
    run: Annotated[list[Run] | None, Query(description="all if none is named")] = None,
) -> Mapping[str, Any]:
    """Compare configurations of one or several evaluations by a metric, at the locations that all have.

    With a facet and no part, each of its parts is compared apart.
    """
    found = scores.comparison(Aspect(metric, threshold, facet, part), run or ())
    return {"datasets": list(scores.stored), **found.as_dict()}
