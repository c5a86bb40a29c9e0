"""Routes of the server itself: whether it lives, what it measures, what requests look like."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs, services_of
from dmod.api.guarding import GuardedRoute
from dmod.api.measuring import Measures
from dmod.api.openapi import ANSWERS
from dmod.jobs.request.request import request_schema

router = APIRouter(tags=["server"], route_class=GuardedRoute)

Measuring = Annotated[Asking | None, Depends(Needs(Permission.JOB_SEE, open_to_loopback=True))]


class Health(BaseModel):
    """That the server lives."""

    status: str = "ok"
    version: str


class Readiness(BaseModel):
    """That the server can do its work, and what it relies on."""

    status: str = "ready"
    jobs: str
    accounts: str
    data: str


@router.get("/healthz", response_model=Health, summary="Say that the server lives")
def show_health() -> Health:
    """Answer as long as the process does; it looks at nothing else."""
    return Health(version=version("dmod"))


@router.get("/readyz", response_model=Readiness, summary="Say whether the server can do its work")
def show_readiness(_asking: Measuring, request: Request) -> Readiness:
    """Ask the databases of jobs, accounts and datasets; the answer is an error where one cannot be asked."""
    services = services_of(request)
    services.jobs.store.last_sequence()
    services.accounts.store.users(limit=1)
    services.data.catalog.index.count()
    return Readiness(jobs="ok", accounts="ok", data="ok")


@router.get("/metrics", response_class=Response, responses=ANSWERS.metrics, summary="Show measures")
def show_metrics(_asking: Measuring, request: Request) -> Response:
    """Return jobs, queue, attempts, nodes and times to answer in Prometheus' text form."""
    measures: Measures = request.app.state.measures
    return Response(measures.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/v1/schema", response_model=dict[str, Any], summary="Describe requests of jobs")
def show_schema() -> dict[str, Any]:
    """Return the JSON Schema of what can be submitted."""
    return request_schema()
