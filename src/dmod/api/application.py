"""The application: all routes, over services that are given."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI

from dmod.api.data import wire
from dmod.api.problems import answer_errors
from dmod.services.data.service import DataService


def make_application(data: DataService) -> FastAPI:
    """Return the application over a data service, which the caller closes.

    It knows no users: whoever reaches it may do everything. Let it listen on the loopback address, or put
    it behind what asks who is there.
    """
    app = FastAPI(
        title="dmod",
        version=version("dmod"),
        description="Datasets that are found by what they cover, derived, traced and never lost.",
    )
    answer_errors(app)
    wire(app, data)
    return app
