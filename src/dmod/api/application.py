"""The application: all routes, over services that are given."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

from dmod.api import (
    accounts,
    data,
    evaluations,
    following,
    formulations,
    job_acts,
    jobs,
    logs,
    maps,
    nodes,
    result_scores,
    results,
    score_ensembles,
    score_sets,
    scores,
    server,
    uploading,
    websocket,
)
from dmod.api.asking import Gate
from dmod.api.measuring import Measures
from dmod.api.ogc import router as ogc
from dmod.api.openapi import describe
from dmod.api.page import Page
from dmod.api.passage import Passage
from dmod.api.problems import answer_errors
from dmod.api.services import GatewaySettings, Services
from dmod.api.slowly import Slow
from dmod.api.uploads import Uploads
from dmod.api.watching import Streams
from dmod.services.maps.library import MapLibrary
from dmod.services.views.library import ViewLibrary

ROUTERS = (
    jobs.router, job_acts.router, logs.router, following.router, websocket.router, data.router,
    uploading.router, maps.router, results.router, evaluations.router, scores.router, score_sets.router,
    score_ensembles.router, result_scores.router, formulations.router, nodes.router, accounts.router,
    server.router, ogc.router,
)  # fmt: skip
ASKED = [
    "Authorization", "Content-Type", "Content-Range", "Idempotency-Key", "If-None-Match", "Last-Event-ID",
    "Prefer", "Range", "X-Request-ID",
]  # fmt: skip
TOLD = [
    "Content-Range", "ETag", "Link", "Location", "Preference-Applied", "Retry-After", "X-Log-Next",
    "X-Request-ID",
]  # fmt: skip
"""Headers that pages of other addresses may send and read, where they may ask at all."""


def make_application(services: Services) -> FastAPI:
    """Return the gateway over services, which the caller closes.

    Every route but `/healthz`, `/openapi.json` and `/v1/schema` needs a token.
    """
    app = FastAPI(
        title="dmod",
        version=version("dmod"),
        description="A basin, a period and a formulation in, an evaluated hydrograph out.",
        docs_url=None,  # these pages load their scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=_name,
    )
    settings = services.settings
    app.state.services = services
    app.state.gate = Gate(services)
    app.state.measures = Measures(services.jobs.store)
    app.state.streams = Streams(settings.streams)
    app.state.uploads = Uploads(services.data.folder)
    app.state.slow = Slow()
    app.state.maps = MapLibrary(services.data)
    app.state.views = ViewLibrary(services.data)
    answer_errors(app)
    for router in ROUTERS:
        app.include_router(router)
    describe(app)
    _surround(app, settings)
    return app


def _surround(app: FastAPI, settings: GatewaySettings) -> None:
    """Put around the application what every request passes; the last is the outermost."""
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=ASKED,
            expose_headers=TOLD,
            max_age=600,
        )
    app.add_middleware(Page)
    app.add_middleware(Passage, settings=settings, measures=app.state.measures)


def _name(route: APIRoute) -> str:
    return route.name
