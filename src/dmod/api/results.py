"""Routes of series: a window of a hydrograph, all places at a time, a duration curve, a table."""

from __future__ import annotations

import re
from dataclasses import asdict
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
from dmod.errors import InputError
from dmod.services.views.export import Stretch, csv_lines, netcdf_bytes
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
Also = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=900, pattern=PRINTABLE)]],
    Query(
        max_length=9,
        description="further series: a dataset with the same layer, place and variable, or "
        "DATASET/LAYER/VARIABLE/PLACE; an empty variable is the first",
        examples=[["logan-results@2", "logan-gauge@1/gauges//10109000"]],
    ),
]
PIECE = 1 << 20


class ViewedLayerShown(BaseModel):
    """Series of one kind of place."""

    name: str = Field(description="catchments, nexuses, rivers, basin (the outlet), gauges")
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


class SpreadShown(BaseModel):
    """How a variable is spread over all places and steps."""

    variable: str
    unit: str
    count: int = Field(description="values that were looked at")
    missing: int = Field(description="of these, such as are not there")
    whole: bool = Field(description="whether all places were looked at; of very large results some are not")
    least: float | None = Field(description="null where there is no value")
    greatest: float | None
    low: float | None = Field(description="2 % of all values are lower, to one part in 2,000")
    high: float | None = Field(description="2 % of all values are higher")
    breaks: list[float] = Field(description="between eight classes that hold as many values each")


def view_of(request: Request, dataset: Dataset) -> DatasetView:
    """Return what can be looked at of a dataset."""
    library: ViewLibrary = request.app.state.views
    return library.view_of(dataset)


Window = tuple[int | None, int | None]


def _window(start: datetime | None = None, end: datetime | None = None) -> Window:
    return _seconds(start, "start"), _seconds(end, "end")


Period = Annotated[Window, Depends(_window)]


def _stretch(
    asking: Seeing,
    request: Request,
    period: Period,
    *,
    reference: Reference,
    layer: Name,
    place: Place,
    variable: Name = "",
) -> Stretch:
    dataset = data_of(asking).dataset(reference)
    view = view_of(request, dataset)
    name = view.layer(layer).require(variable)
    seconds, values, unit = view.series(layer, place, name, *period)
    return Stretch(dataset.reference, layer, place, name, unit, seconds, values)


Looked = Annotated[Stretch, Depends(_stretch)]


def _together(
    asking: Seeing,
    request: Request,
    looked: Looked,
    period: Period,
    also: Also = [],  # noqa: B006 - read only
) -> list[Stretch]:
    found = [looked]
    for text in also:
        reference, *rest = text.split("/", 3)
        if len(rest) not in (0, 3):
            raise InputError(
                f"also={text} names no series", hint="write DATASET, or DATASET/LAYER/VARIABLE/PLACE"
            )
        layer, variable, place = rest or (looked.layer, looked.variable, looked.place)
        found.append(
            _stretch(
                asking, request, period, reference=reference, layer=layer, place=place, variable=variable
            )
        )
    return found


Together = Annotated[list[Stretch], Depends(_together)]


@router.get("/{reference}", response_model=ViewShown, summary="Describe series")
def show_view(asking: Seeing, request: Request, reference: Reference) -> ViewShown:
    """Return which series a dataset of results or observations holds."""
    dataset = data_of(asking).dataset(reference)
    view = view_of(request, dataset)
    layers = [ViewedLayerShown(**layer.describe()) for layer in view.layers.values()]
    return ViewShown(dataset=dataset.reference, layers=layers, summary=dict(view.summary))


@router.get("/{reference}/places", response_model=PlacesShown, summary="List places")
def list_places(asking: Seeing, request: Request, reference: Reference, layer: Name) -> PlacesShown:
    """Return the places of a layer in their order."""
    found = view_of(request, data_of(asking).dataset(reference)).layer(layer)
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
        values=numbers(some),
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
    view = view_of(request, data_of(asking).dataset(reference))
    seconds, values, unit = view.values(layer, variable, first, count)
    if form == "float32":
        content = np.ascontiguousarray(values.T, dtype="<f4").tobytes()
        return Response(content, media_type="application/octet-stream")
    name = view.layer(layer).require(variable)
    frames = [numbers(frame) for frame in values.T]
    return FrameShown(variable=name, unit=unit, seconds=seconds.tolist(), values=frames)


@router.get(
    "/{reference}/table",
    summary="Show a series as a table",
    response_class=Response,
    responses=ANSWERS.table,
)
def show_table(
    asking: Seeing,
    series: Together,
    form: Annotated[Literal["csv", "netcdf"], Query(description="netcdf: CF conventions")] = "csv",
) -> Response:
    """Return every value of a period at one place, of further series too; as CSV or NetCDF."""
    if form == "csv":
        return StreamingResponse(csv_lines(series), media_type="text/csv; charset=utf-8")
    content = netcdf_bytes(series)
    pieces = (bytes(content[begin : begin + PIECE]) for begin in range(0, len(content), PIECE))
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", f"{series[0].place}-{series[0].variable}")
    headers = {
        "Content-Length": str(len(content)),
        "Content-Disposition": f'attachment; filename="{name}.nc"',
    }
    return StreamingResponse(pieces, media_type="application/x-netcdf", headers=headers)


@router.get("/{reference}/range", response_model=SpreadShown, summary="Show how values are spread")
def show_range(
    asking: Seeing, request: Request, reference: Reference, layer: Name, variable: Name = ""
) -> SpreadShown:
    """Return how a variable is spread over all places and steps; computed once, then remembered."""
    view = view_of(request, data_of(asking).dataset(reference))
    found = view.layer(layer)
    name = found.require(variable)
    return SpreadShown(variable=name, unit=found.units[name], **asdict(view.spread(layer, name)))


def _seconds(time: datetime | None, name: str) -> int | None:
    moment = utc(time, name)
    return None if moment is None else int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def numbers(values: NDArray[np.float64]) -> list[float | None]:
    """Return values for JSON: null in place of NaN."""
    return [value if np.isfinite(value) else None for value in values.tolist()]
