"""Routes that say what there is: landing page, conformance, description of the API, processes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from dmod.api.ogc.links import OPENAPI, PREFIX, base_of, link
from dmod.api.ogc.openapi import document
from dmod.api.ogc.processes import PROCESSES, process_named
from dmod.api.ogc.route import OgcRoute, ProcessId, Seeing, prepared

router = APIRouter(
    prefix=PREFIX, route_class=OgcRoute, include_in_schema=False, dependencies=[Depends(prepared)]
)

CONFORMANCE = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
CLASSES = ("core", "ogc-process-description", "json", "oas30", "job-list", "dismiss", "callback")


@router.get("", summary="Landing page")
@router.get("/", summary="Landing page")
def show_landing_page(_asking: Seeing, request: Request) -> dict[str, Any]:
    """Return links to all there is."""
    base = base_of(request)
    return {
        "title": "dmod",
        "description": "A basin, a period and a formulation in, an evaluated hydrograph out.",
        "links": [
            link(f"{base}/", "self", "this document"),
            link(f"{base}/api", "service-desc", "description of the API", OPENAPI),
            link(f"{base}/conformance", "ogc:conformance", "what the server conforms to"),
            link(f"{base}/processes", "ogc:processes", "processes"),
            link(f"{base}/jobs", "ogc:job-list", "jobs"),
        ],
    }


@router.get("/conformance", summary="Conformance")
def show_conformance(_asking: Seeing) -> dict[str, Any]:
    """Return the classes of the standard that the server conforms to."""
    return {"conformsTo": [CONFORMANCE + name for name in CLASSES]}


@router.get("/api", summary="Description of the API")
def show_description(_asking: Seeing, request: Request) -> JSONResponse:
    """Return the description of these routes as OpenAPI 3.0 has it."""
    return JSONResponse(document(base_of(request)), media_type=OPENAPI)


@router.get("/processes", summary="Processes")
def list_processes(
    _asking: Seeing,
    request: Request,
    limit: Annotated[int, Query(ge=1)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """List the processes."""
    base = base_of(request)
    shown = list(PROCESSES.values())[offset : offset + limit]
    links = [link(str(request.url), "self", "this document")]
    if offset + limit < len(PROCESSES):
        following = f"{base}/processes?limit={limit}&offset={offset + limit}"
        links.append(link(following, "next", "next page"))
    return {"processes": [process.summary(base) for process in shown], "links": links}


@router.get("/processes/{name}", summary="Process")
def show_process(_asking: Seeing, request: Request, name: ProcessId) -> dict[str, Any]:
    """Describe a process: what goes in, what comes out, and how it can be executed."""
    return process_named(name).described(base_of(request))
