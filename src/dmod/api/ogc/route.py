"""Routes of the standard: guarded like all others, with errors in the form that it has for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request, Response
from fastapi.exceptions import RequestValidationError

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.guarding import GuardedRoute, Handler
from dmod.api.ogc.exceptions import answer, unreadable
from dmod.errors import DmodError

Seeing = Annotated[Asking, Depends(Needs(Permission.JOB_SEE))]
Submitting = Annotated[Asking, Depends(Needs(Permission.JOB_SUBMIT))]
Changing = Annotated[Asking, Depends(Needs(Permission.JOB_CHANGE))]
JobId = Annotated[str, Path(max_length=64, description="id of a job")]
ProcessId = Annotated[str, Path(max_length=64, description="name of a process")]


class OgcRoute(GuardedRoute):
    """A route whose errors are exceptions of the standard."""

    def get_route_handler(self) -> Handler:
        """Return what answers a request."""
        handler = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handler(request)
            except DmodError as error:
                return answer(error, request)
            except RequestValidationError as error:
                return unreadable(error, request)

        return answered
