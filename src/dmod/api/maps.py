"""Routes of maps: tiles of hydrofabrics, what has a name, what is upstream, values to colour by."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.guarding import GuardedRoute
from dmod.api.openapi import ANSWERS
from dmod.api.parameters import PRINTABLE, Tag, is_same, tag_of
from dmod.api.seeing import data_of
from dmod.errors import BackendError
from dmod.services.maps.fabric_map import FabricMap
from dmod.services.maps.library import MapLibrary

router = APIRouter(prefix="/v1/maps", tags=["maps"], route_class=GuardedRoute)

Seeing = Annotated[Asking, Depends(Needs(Permission.DATASET_SEE))]
Reference = Annotated[
    str, Path(min_length=1, max_length=200, description="a dataset with a hydrofabric: NAME, NAME@2",
              examples=["logan"]),
]  # fmt: skip
PlaceText = Annotated[
    str, Query(min_length=1, max_length=200, pattern=PRINTABLE, examples=["cat-27"],
               description="id of a catchment, flowpath or nexus, a gauge's number, or latitude,longitude"),
]  # fmt: skip
Edge = Annotated[int, Path(ge=0, le=2**24)]
WEEK = "private, max-age=604800, immutable"
DRAWING = 2


class LayerShown(BaseModel):
    """One kind of shapes."""

    name: str = Field(description="catchments, flowpaths, nexuses, gauges")
    count: int
    first_zoom: int = Field(description="from which on there is something to see")


class MapShown(BaseModel):
    """What a map holds."""

    dataset: str = Field(description="the version that it is of")
    state: str = Field(description="ready, or drawing: ask again")
    bounds: list[float] = Field(default=[], description="west, south, east, north [degrees]")
    deepest_zoom: int = 0
    layers: list[LayerShown] = []
    attributes: list[str] = Field(default=[], description="numbers of catchments")


class HitShown(BaseModel):
    """Something that was found by its name."""

    id: str
    kind: str = Field(description="catchment, flowpath, nexus, gauge")
    bounds: list[float] | None = Field(description="west, south, east, north [degrees]")


class UpstreamShown(BaseModel):
    """What drains to a place."""

    place: str
    catchments: list[str]
    flowpaths: list[str]
    nexuses: list[str]
    area_km2: float
    bounds: list[float] | None


class FeatureShown(BaseModel):
    """What a hydrofabric knows of one catchment, flowpath, nexus or gauge."""

    id: str
    kind: str
    ids: list[str] = Field(description="where it stands, as the fabric has it")
    below: list[str]
    above: list[str]
    bounds: list[float] | None
    attributes: dict[str, float | str]


class ValuesShown(BaseModel):
    """An attribute of all catchments."""

    attribute: str
    catchments: list[str]
    values: list[float | None]


def _library(request: Request) -> MapLibrary:
    found: MapLibrary = request.app.state.maps
    return found


def _map(request: Request, asking: Asking, reference: str) -> FabricMap:
    """Return the map of a dataset that they may see.

    Raises
    ------
    BackendError
        it is still being drawn; retryable.
    """
    found = _library(request).map_of(data_of(asking).dataset(reference), patience=30.0)
    if found is None:
        raise BackendError(
            f"the map of {reference} is still being drawn", hint="ask again in a moment", retryable=True
        )
    return found


@router.get("/{reference}", response_model=MapShown, summary="Describe a map")
def show_map(asking: Seeing, request: Request, reference: Reference, response: Response) -> MapShown:
    """Return what the map of a hydrofabric holds; the first to ask has it drawn, which may take a minute."""
    dataset = data_of(asking).dataset(reference)
    found = _library(request).map_of(dataset)
    if found is None:
        response.status_code = 202
        response.headers["Retry-After"] = str(DRAWING)
        return MapShown(dataset=dataset.reference, state="drawing")
    return MapShown(dataset=dataset.reference, state="ready", **found.describe())


@router.get(
    "/{reference}/tiles/{zoom}/{x}/{y}",
    summary="Show a tile",
    response_class=Response,
    responses={**ANSWERS.tile, **ANSWERS.not_modified},
)
def show_tile(
    asking: Seeing,
    request: Request,
    reference: Reference,
    zoom: Annotated[int, Path(ge=0, le=24)],
    x: Edge,
    y: Edge,
    if_none_match: Tag = None,
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """Return a vector tile (Mapbox Vector Tile 2.1) of the layers catchments, flowpaths, nexuses, gauges."""
    dataset = data_of(asking).dataset(reference)
    tag = tag_of([dataset.digest, zoom, x, y])
    headers = {"ETag": tag, "Cache-Control": WEEK, "Vary": "Accept-Encoding, Authorization"}
    if is_same(tag, if_none_match):
        return Response(status_code=304, headers=headers)
    content = _map(request, asking, reference).tile(zoom, x, y)
    if "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
    else:
        import gzip

        content = gzip.decompress(content)
    return Response(content, media_type="application/vnd.mapbox-vector-tile", headers=headers)


@router.get("/{reference}/search", response_model=list[HitShown], summary="Search a map")
def search_map(
    asking: Seeing,
    request: Request,
    reference: Reference,
    text: PlaceText,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[dict[str, Any]]:
    """Return catchments, flowpaths, nexuses and gauges whose id begins so; a bare number may be any."""
    hits = _map(request, asking, reference).search(text, limit)
    return [{"id": hit.id, "kind": hit.kind, "bounds": hit.bounds} for hit in hits]


@router.get("/{reference}/upstream", response_model=UpstreamShown, summary="Show what is upstream")
def show_upstream(asking: Seeing, request: Request, reference: Reference, place: PlaceText) -> dict[str, Any]:
    """Return all that drains to a place, the place itself included."""
    found = _map(request, asking, reference).upstream(place)
    return {name: getattr(found, name) for name in UpstreamShown.model_fields}


@router.get("/{reference}/feature", response_model=FeatureShown, summary="Show a feature")
def show_feature(asking: Seeing, request: Request, reference: Reference, place: PlaceText) -> dict[str, Any]:
    """Return what the hydrofabric knows of a place: where its water goes, and its attributes."""
    return _map(request, asking, reference).feature(place)


@router.get("/{reference}/values", response_model=ValuesShown, summary="Show an attribute of all catchments")
def show_attribute(
    asking: Seeing,
    request: Request,
    reference: Reference,
    attribute: Annotated[str, Query(min_length=1, max_length=200, pattern=PRINTABLE, examples=["areasqkm"])],
) -> dict[str, Any]:
    """Return a number of every catchment, as the hydrofabric's attributes have it."""
    catchments, values = _map(request, asking, reference).values(attribute)
    return {"attribute": attribute, "catchments": catchments, "values": values}
