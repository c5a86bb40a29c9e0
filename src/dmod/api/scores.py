"""Routes of the scores that an evaluation found: rows, a metric on the map, what was compared at a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Request
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.guarding import GuardedRoute
from dmod.api.parameters import PRINTABLE, Words
from dmod.api.results import numbers
from dmod.api.seeing import data_of
from dmod.catalog.dataset import Dataset
from dmod.services.evaluation.score_comparison import Aspect
from dmod.services.evaluation.score_set import ScoreSet
from dmod.services.evaluation.stored_scores import ScoreQuestion, StoredScores
from dmod.services.views.library import ViewLibrary
from dmod.services.views.thinning import LEAST, enveloped, thinned
from dmod.services.views.view import MOST_POINTS

router = APIRouter(prefix="/v1/evaluation", tags=["evaluation"], route_class=GuardedRoute)

Seeing = Annotated[Asking, Depends(Needs(Permission.DATASET_SEE))]
Reference = Annotated[
    str,
    Path(
        min_length=1, max_length=200, description="dataset of scores: NAME, NAME@2", examples=["scores-logan"]
    ),
]
Metric = Annotated[str, Query(min_length=1, max_length=100, pattern=PRINTABLE, examples=["kge"])]
Named = Annotated[str, Query(min_length=1, max_length=200, pattern=PRINTABLE)]
Facet = Annotated[
    str, Query(max_length=100, pattern=PRINTABLE, description="season and the like; all times if empty")
]
Part = Annotated[str, Query(max_length=100, pattern=PRINTABLE, description="of the facet, such as DJF")]
Points = Annotated[int, Query(ge=LEAST, le=MOST_POINTS, description="about so many at most")]


class ScoreRow(BaseModel):
    """One score."""

    configuration: str
    location: str
    metric: str
    threshold: str
    facet: str
    part: str
    value: float | None
    low: float | None = Field(description="of the interval of confidence")
    high: float | None
    pairs: int
    reason: str = Field(description="why there is no value")


class ScoresShown(BaseModel):
    """Scores of an evaluation."""

    dataset: str
    title: str
    unit: str
    configurations: list[str]
    metrics: list[str]
    total: int = Field(description="rows that fit, of which these are some")
    rows: list[ScoreRow]


class PlaceScored(BaseModel):
    """A location, with a score."""

    id: str
    name: str
    longitude: float | None
    latitude: float | None
    values: dict[str, float | None] = Field(description="by configuration")


class PlacesScored(BaseModel):
    """One metric at all locations."""

    datasets: list[str]
    metric: str
    threshold: str
    facet: str
    part: str
    places: list[PlaceScored]


class SimulatedShown(BaseModel):
    """Values of one configuration, with times of their own."""

    seconds: list[int]
    values: list[float | None]


class BandsShown(BaseModel):
    """Between which values so many members of an ensemble lie."""

    seconds: list[int]
    quantiles: dict[str, list[float | None]] = Field(
        description="share of the members below (0.05, 0.25, …) → value; of a thinned stretch the outermost"
    )


class PairSeriesShown(BaseModel):
    """What was compared at a location, thinned so that no peak is lost."""

    dataset: str
    location: str
    unit: str
    steps: int = Field(description="before it was thinned")
    seconds: list[int] = Field(description="of the observed values, since 1970, UTC")
    observed: list[float | None]
    simulated: dict[str, SimulatedShown] = Field(
        description="by configuration; of an ensemble the statistic that was asked for, else the median"
    )
    bands: dict[str, BandsShown] = Field(description="by configuration, of those that are ensembles")


def stored_scores(request: Request, dataset: Dataset) -> StoredScores:
    """Return the scores that a dataset holds."""
    views: ViewLibrary = request.app.state.views
    return StoredScores(views.laid_out(dataset))


@router.get("/scores/{reference}", response_model=ScoresShown, summary="Show scores")
def show_scores(
    asking: Seeing,
    request: Request,
    reference: Reference,
    metric: Words = "",
    configuration: Words = "",
    location: Words = "",
    facet: Facet = "",
    part: Part = "",
    threshold: Words = "",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> ScoresShown:
    """Return rows of a table of scores; without ``facet`` and ``threshold`` those of all pairs together."""
    dataset = data_of(asking).dataset(reference)
    stored = stored_scores(request, dataset)
    asked = ScoreQuestion(
        metric, configuration, location, facet, threshold, part=part, limit=limit, offset=offset
    )
    total, rows = stored.rows(asked)
    return ScoresShown(
        dataset=dataset.reference,
        title=stored.title,
        unit=stored.unit,
        configurations=list(stored.configurations),
        metrics=list(stored.metrics),
        total=total,
        rows=[ScoreRow(**row) for row in rows],
    )


@router.get("/scores/{reference}/places", response_model=PlacesScored, summary="Show a metric on the map")
def show_scored_places(
    asking: Seeing,
    request: Request,
    reference: Reference,
    metric: Metric,
    threshold: Words = "",
    facet: Facet = "",
    part: Part = "",
) -> PlacesScored:
    """Return one metric at every location, by configuration, with where it is."""
    dataset = data_of(asking).dataset(reference)
    scores = ScoreSet({dataset.reference: stored_scores(request, dataset)})
    return places_scored(scores, Aspect(metric, threshold, facet, part))


@router.get(
    "/scores/{reference}/series", response_model=PairSeriesShown, summary="Show what was scored at a place"
)
def show_scored_series(
    asking: Seeing, request: Request, reference: Reference, location: Named, points: Points = 2000
) -> PairSeriesShown:
    """Return the observed and simulated values at a location that the evaluation kept, and bands."""
    dataset = data_of(asking).dataset(reference)
    stored = stored_scores(request, dataset)
    found = stored.series(location)
    seconds = found.times.astype("datetime64[s]").astype(np.int64)

    def few(values: NDArray[np.float64]) -> tuple[list[int], list[float | None]]:
        times, some = thinned(seconds, values, points)
        return times.tolist(), numbers(some)

    def bands(quantiles: Mapping[float, NDArray[np.float64]]) -> BandsShown:
        times, some = enveloped(seconds, quantiles, points)
        return BandsShown(
            seconds=times.tolist(),
            quantiles={f"{share:g}": numbers(values) for share, values in sorted(some.items())},
        )

    times, observed = few(found.observed)
    simulated = {name: few(values) for name, values in found.simulated.items()}
    return PairSeriesShown(
        dataset=dataset.reference,
        location=location,
        unit=stored.unit,
        steps=len(seconds),
        seconds=times,
        observed=observed,
        simulated={name: SimulatedShown(seconds=own, values=some) for name, (own, some) in simulated.items()},
        bands={name: bands(quantiles) for name, quantiles in found.bands.items()},
    )


def places_scored(scores: ScoreSet, aspect: Aspect) -> PlacesScored:
    """Return every location with its scores."""
    return PlacesScored(
        datasets=list(scores.stored),
        metric=aspect.metric,
        threshold=aspect.threshold,
        facet=aspect.facet,
        part=aspect.part,
        places=[PlaceScored(**asdict(place)) for place in scores.scored(aspect)],
    )
