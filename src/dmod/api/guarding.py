"""Routes that let nobody in unseen: who asks is known before a body is read, and changes are noted.

What a request says and the route does not know is refused: query parameters, kinds of bodies, and in JSON
what its readers do not agree on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from anyio.to_thread import run_sync
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from dmod.accounts.audit import Outcome
from dmod.api.asking import Asking, Needs, gate_of
from dmod.api.documents import is_json, read_json
from dmod.api.problems import UnknownMedia
from dmod.errors import AccessError, DmodError, IndexFailure, InputError

log = logging.getLogger("dmod.api")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRequest(Request):
    """A request whose JSON was read before."""

    def give(self, document: Any) -> None:
        """Keep what the body holds."""
        self._json = document


class GuardedRoute(APIRoute):
    """A route that needs what its `Needs` says, and tells of it in the description of the API."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        needs = needs_of(self)
        if needs is not None:
            told = {"x-permission": str(needs.permission or "any"), "security": [{"token": []}]}
            self.openapi_extra = {**(self.openapi_extra or {}), **told}

    def get_route_handler(self) -> Handler:
        """Return what answers a request."""
        handler = super().get_route_handler()
        needs = needs_of(self)
        known = frozenset(queries_of(self.dependant))
        has_model = self.body_field is not None

        async def guarded(request: Request) -> Response:
            request.state.asking = None
            if needs is not None:
                request.state.asking = await run_sync(gate_of(request.app).admit, request, needs)
            require_known(request, known)
            strict = StrictRequest(request.scope, request.receive)
            if has_model:
                await _read_body(strict)
            if needs is None or not needs.is_audited:
                return await handler(strict)
            return await _audited(handler, strict, needs)

        return guarded


def needs_of(route: APIRoute) -> Needs | None:
    """Return what a route needs; None where it is open."""
    return next((item.call for item in route.dependant.dependencies if isinstance(item.call, Needs)), None)


def queries_of(dependant: Dependant) -> Iterator[str]:
    """Yield the names of the query parameters that a route knows."""
    yield from (item.alias for item in dependant.query_params)
    for inner in dependant.dependencies:
        yield from queries_of(inner)


def require_known(request: Request, known: frozenset[str]) -> None:
    """Refuse query parameters that a route does not have."""
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        named = ", ".join(repr(name[:40]) for name in unknown[:5])
        raise InputError(
            f"there is no query parameter {named}",
            hint="there are: " + ", ".join(sorted(known)) if known else "there is none here",
        )


async def _read_body(request: StrictRequest) -> None:
    body = await request.body()
    if not body:
        return
    if not is_json(request.headers.get("content-type", "")):
        raise UnknownMedia("the body is no JSON by its Content-Type", hint="send application/json")
    request.give(await run_sync(read_json, body))


async def _audited(handler: Handler, request: Request, needs: Needs) -> Response:
    """Answer a request, and note what came of it."""
    outcome, detail = Outcome.FAILED, "internal error"
    try:
        response = await handler(request)
        outcome, detail = Outcome.DONE, ""
    except AccessError as error:
        outcome, detail = Outcome.REFUSED, error.message
        raise
    except DmodError as error:
        detail = error.message
        raise
    except RequestValidationError:
        detail = "it could not be read"
        raise
    finally:
        asking: Asking = request.state.asking
        target = asking.target or "/".join(str(value) for value in request.path_params.values())
        record = partial(
            asking.services.accounts.record, asking.caller, str(needs.permission), target, outcome, detail
        )
        try:
            await run_sync(record)
        except IndexFailure as error:  # what was done is done; the log of the server tells of it
            said = f"{needs.permission} {target} {outcome} by {asking.user}"
            log.error("%s is not in the audit log: %s", said, error)
    return response
