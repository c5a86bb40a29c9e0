"""Routes of series: a window of a hydrograph, all places at a time, a duration curve, a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.guarding import GuardedRoute
from dmod.api.openapi import ANSWERS
from dmod.api.parameters import PRINTABLE, utc
from dmod.api.seeing import data_of
from dmod.catalog.dataset import Dataset
from dmod.services.views.library import ViewLibrary
from dmod.services.views.thinning import LEAST, duration_curve, thinned
from dmod.services.views.view import MOST_POINTS, DatasetView

router = APIRouter(prefix="/v1/results", tags=["results"], route_class=GuardedRoute)

Seeing = Annotated[Asking, Depends(Needs(Permission.DATASET_SEE))]
Reference = Annotated[
    str, Path(min_length=1, max_length=200, description="results or observations: NAME, NAME@2",
              examples=["logan-results"]),
]  # fmt: skip
Name = Annotated[str, Query(max_length=200, pattern=PRINTABLE)]
Place = Annotated[
    str,
    Query(min_length=1, max_length=200, pattern=PRINTABLE, description="id of the place", examples=["wb-27"]),
]
Points = Annotated[int, Query(ge=LEAST, le=MOST_POINTS, description="about so many at most")]
ROWS = 10_000


class ViewedLayerShown(BaseModel):
    """Series of one kind of place."""

    name: str = Field(description="catchments, nexuses, rivers, gauges")
    places: int
    variables: dict[str, str] = Field(description="with their units")
    start: int | None = Field(description="first step [s since 1970, UTC]")
    end: int | None
    step: int | None = Field(description="[s]; null where steps are not equal")
    steps: int


class ViewShown(BaseModel):
    """What can be looked at of a dataset."""

    dataset: str
    layers: list[ViewedLayerShown]
    summary: dict[str, Any] = Field(description="what the run recorded of itself")


class PlacesShown(BaseModel):
    """The places of a layer."""

    layer: str
    places: list[str]


class SeriesShown(BaseModel):
    """A series, thinned so that no peak is lost."""

    place: str
    variable: str
    unit: str
    steps: int = Field(description="of the period, before it was thinned")
    seconds: list[int] = Field(description="since 1970, UTC")
    values: list[float | None]


class DurationShown(BaseModel):
    """A flow-duration curve."""

    place: str
    variable: str
    unit: str
    exceeded: list[float] = Field(description="share of time in which the value is reached or exceeded [%]")
    values: list[float]


class FrameShown(BaseModel):
    """All places of a layer at some steps."""

    variable: str
    unit: str
    seconds: list[int]
    values: list[list[float | None]] = Field(description="for each step, in the order of the places")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period of the series at one place, every value of it."""

    place: str
    variable: str
    unit: str
    seconds: NDArray[np.int64]
    values: NDArray[np.float64]


def _view(request: Request, dataset: Dataset) -> DatasetView:
    library: ViewLibrary = request.app.state.views
    return library.view_of(dataset)


def _stretch(
    asking: Seeing,
    request: Request,
    *,
    reference: Reference,
    layer: Name,
    place: Place,
    variable: Name = "",
    start: datetime | None = None,
    end: datetime | None = None,
) -> Stretch:
    view = _view(request, data_of(asking).dataset(reference))
    name = view.layer(layer).require(variable)
    seconds, values, unit = view.series(layer, place, name, _seconds(start, "start"), _seconds(end, "end"))
    return Stretch(place, name, unit, seconds, values)


Looked = Annotated[Stretch, Depends(_stretch)]


@router.get("/{reference}", response_model=ViewShown, summary="Describe series")
def show_view(asking: Seeing, request: Request, reference: Reference) -> ViewShown:
    """Return which series a dataset of results or observations holds."""
    dataset = data_of(asking).dataset(reference)
    view = _view(request, dataset)
    layers = [ViewedLayerShown(**layer.describe()) for layer in view.layers.values()]
    return ViewShown(dataset=dataset.reference, layers=layers, summary=dict(view.summary))


@router.get("/{reference}/places", response_model=PlacesShown, summary="List places")
def list_places(asking: Seeing, request: Request, reference: Reference, layer: Name) -> PlacesShown:
    """Return the places of a layer in their order."""
    found = _view(request, data_of(asking).dataset(reference)).layer(layer)
    return PlacesShown(layer=found.name, places=list(found.index))


@router.get("/{reference}/series", response_model=SeriesShown, summary="Show a series")
def show_series(asking: Seeing, looked: Looked, points: Points = 2000) -> SeriesShown:
    """Return a period of a series: of each short stretch its first, lowest, highest and last value."""
    few, some = thinned(looked.seconds, looked.values, points)
    return SeriesShown(
        place=looked.place,
        variable=looked.variable,
        unit=looked.unit,
        steps=len(looked.seconds),
        seconds=few.tolist(),
        values=_numbers(some),
    )


@router.get("/{reference}/duration", response_model=DurationShown, summary="Show a duration curve")
def show_duration(asking: Seeing, looked: Looked, points: Points = 400) -> DurationShown:
    """Return in which share of a period each flow is reached or exceeded."""
    exceeded, flows = duration_curve(looked.values, points)
    return DurationShown(
        place=looked.place, variable=looked.variable, unit=looked.unit, exceeded=exceeded, values=flows
    )


@router.get(
    "/{reference}/frames",
    response_model=FrameShown,
    summary="Show all places at some steps",
    responses=ANSWERS.frames,
)
def show_frames(
    asking: Seeing,
    request: Request,
    reference: Reference,
    layer: Name,
    variable: Name = "",
    first: Annotated[int, Query(ge=0, le=10**9, description="number of the first step")] = 0,
    count: Annotated[int, Query(ge=1, le=1000)] = 1,
    form: Annotated[
        Literal["json", "float32"],
        Query(description="float32: little-endian, NaN where missing"),
    ] = "json",
) -> Any:
    """Return a variable of all places, to colour a map by."""
    view = _view(request, data_of(asking).dataset(reference))
    seconds, values, unit = view.values(layer, variable, first, count)
    if form == "float32":
        content = np.ascontiguousarray(values.T, dtype="<f4").tobytes()
        return Response(content, media_type="application/octet-stream")
    name = view.layer(layer).require(variable)
    frames = [_numbers(frame) for frame in values.T]
    return FrameShown(variable=name, unit=unit, seconds=seconds.tolist(), values=frames)


@router.get(
    "/{reference}/table",
    summary="Show a series as a table",
    response_class=Response,
    responses=ANSWERS.table,
)
def show_table(asking: Seeing, looked: Looked) -> Response:
    """Return every value of a period at one place, as CSV."""

    def lines() -> Iterator[str]:
        yield f'time,"{looked.variable} [{looked.unit}]"\r\n'
        for begin in range(0, len(looked.seconds), ROWS):
            part = slice(begin, begin + ROWS)
            stamps = np.datetime_as_string(looked.seconds[part].astype("datetime64[s]"), unit="s").tolist()
            yield "".join(
                f"{stamp}Z,{'' if number is None else repr(number)}\r\n"
                for stamp, number in zip(stamps, _numbers(looked.values[part]), strict=True)
            )

    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8")


def _seconds(time: datetime | None, name: str) -> int | None:
    moment = utc(time, name)
    return None if moment is None else int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
