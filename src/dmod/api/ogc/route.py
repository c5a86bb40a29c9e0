"""Routes of the standard: guarded like all others, with errors in the form that it has for them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.guarding import GuardedRoute, Handler
from dmod.api.ogc.exceptions import answer, unreadable
from dmod.api.ogc.state import callbacks_of
from dmod.errors import DmodError

Seeing = Annotated[Asking, Depends(Needs(Permission.JOB_SEE))]
Submitting = Annotated[Asking, Depends(Needs(Permission.JOB_SUBMIT))]
Changing = Annotated[Asking, Depends(Needs(Permission.JOB_CHANGE))]
JobId = Annotated[str, Path(max_length=64, description="id of a job")]
OutputId = Annotated[str, Path(max_length=64, description="name of an output")]
ProcessId = Annotated[str, Path(max_length=64, description="name of a process")]


def prepared(
    request: Request,
    f: Annotated[Literal["json"] | None, Query(description="form of the answer")] = None,
) -> None:
    """Let clients name the form of answers, of which there is one, and subscribers be told from the start."""
    del f
    callbacks_of(request.app)


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
