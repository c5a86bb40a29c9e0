"""Route of scores of any run against any observations, at any place."""

from __future__ import annotations

from math import isfinite
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from dmod.api.guarding import GuardedRoute
from dmod.api.parameters import PRINTABLE
from dmod.api.results import Name, Period, Reference, Seeing, view_of
from dmod.api.seeing import data_of
from dmod.services.views.scoring import BASIN, score_place

router = APIRouter(prefix="/v1/results", tags=["results"], route_class=GuardedRoute)

Observed = Annotated[
    str,
    Query(
        min_length=1, max_length=200, pattern=PRINTABLE, description="dataset of observations: NAME, NAME@2",
        examples=["logan-gauge"],
    ),
]  # fmt: skip
Gauge = Annotated[
    str,
    Query(
        max_length=200, pattern=PRINTABLE,
        description="of the observations; the only one, or the one at the run's outlet, where none is said",
    ),
]  # fmt: skip
Place = Annotated[
    str,
    Query(max_length=200, pattern=PRINTABLE, description="id of the place; may be left out for the outlet"),
]


class PlaceScoresShown(BaseModel):
    """What a run scored at a place against a gauge."""

    dataset: str
    layer: str
    place: str
    variable: str
    observed: str = Field(description="dataset of the observations")
    gauge: str
    pairs: int = Field(description="intervals at which both have a value")
    step: int = Field(description="length of an interval [s]")
    start: int = Field(description="of the first interval [s since 1970, UTC]")
    end: int = Field(description="of the last interval [s since 1970, UTC]")
    scores: dict[str, float | None] = Field(description="by metric; null where it has no value")
    undefined: dict[str, str] = Field(description="why a metric has no value")
    notes: list[str] = Field(description="how the pairs were made, and what to know of them")


@router.get("/{reference}/scores", response_model=PlaceScoresShown, summary="Score against observations")
def show_place_scores(
    asking: Seeing,
    request: Request,
    period: Period,
    reference: Reference,
    observed: Observed,
    layer: Name = BASIN,
    place: Place = "",
    variable: Name = "",
    gauge: Gauge = "",
) -> PlaceScoresShown:
    """Score flow at a place of a run against a gauge over all that both have in common, or a part of it.

    Runs of any owner whom one may see, and any observations; nothing is kept. What cannot be scored is
    refused with the reason: periods that do not meet, a variable that is no flow, observations without a
    unit.
    """
    datasets = [data_of(asking).dataset(name) for name in (reference, observed)]
    run, series = (view_of(request, dataset) for dataset in datasets)
    found = score_place(run, series, layer=layer, place=place, variable=variable, gauge=gauge, period=period)
    scores = found.scores
    stamps = found.pairs.times.astype("datetime64[s]").astype(int)
    return PlaceScoresShown(
        dataset=datasets[0].reference,
        layer=found.layer,
        place=found.place,
        variable=found.variable,
        observed=datasets[1].reference,
        gauge=found.gauge,
        pairs=len(found.pairs),
        step=found.pairs.step,
        start=int(stamps[0]),
        end=int(stamps[-1]) + found.pairs.step,
        scores={name: value if isfinite(value) else None for name, value in scores.values.items()},
        undefined=dict(scores.reasons),
        notes=list(found.notes),
    )
