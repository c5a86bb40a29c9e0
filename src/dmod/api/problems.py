"""Errors as HTTP answers (RFC 9457, ``application/problem+json``), by one table of statuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from dmod.errors import (
    AccessError,
    BackendError,
    ConflictError,
    DmodError,
    InputError,
    NotAuthenticated,
    NotFoundError,
    NumericalError,
    PluginError,
    QuotaExceeded,
)
from dmod.jobs.request.finding import Finding, RefusedRequest


class RateExceeded(QuotaExceeded):
    """Who asks does so too often.

    Parameters
    ----------
    wait : until the same may be asked [s]
    """

    def __init__(self, wait: float) -> None:
        self.wait = max(1, math.ceil(min(wait, 3600.0)))
        super().__init__(
            "these are too many requests", hint=f"wait {self.wait} s before the next", retryable=True
        )


class BodyTooLarge(InputError):  # noqa: N818 - as in the tree of errors
    """The body is larger than what is taken."""


class UnknownMedia(InputError):  # noqa: N818 - as in the tree of errors
    """The body is of a type that is not read here."""


class RangeNotThere(InputError):  # noqa: N818 - as in the tree of errors
    """The part that was asked for is not there."""


class WrongHost(InputError):  # noqa: N818 - as in the tree of errors
    """The host that was asked for is not this one."""


STATUSES: tuple[tuple[type[DmodError], int], ...] = (
    (WrongHost, 400),
    (BodyTooLarge, 413),
    (UnknownMedia, 415),
    (RangeNotThere, 416),
    (InputError, 422),
    (NotFoundError, 404),
    (ConflictError, 409),
    (NotAuthenticated, 401),
    (QuotaExceeded, 429),
    (AccessError, 403),
    (BackendError, 502),
    (NumericalError, 500),
    (PluginError, 501),
    (DmodError, 500),
)
"""Status of each kind of error; the first that fits. What can succeed later without a change is 503."""
MEDIA = "application/problem+json"
_HINTS = {
    404: "/openapi.json lists what there is",
    405: "the header Allow says which methods there are",
}


class Fault(BaseModel):
    """One of several things that are wrong with a request."""

    place: str = Field(examples=["body.priority"])
    message: str
    field: str | None = Field(
        default=None, description="JSON pointer into what was sent", examples=["/period/end"]
    )
    given: str | None = Field(default=None, description="what was sent there")
    allowed: list[str] | None = Field(default=None, description="what could be sent there")


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="kind of the problem, a URN", examples=["urn:dmod:problem:JobNotFound"])
    title: str = Field(examples=["A job that was named does not exist."])
    status: int = Field(examples=[404])
    detail: str = Field(description="what was wrong and where", examples=["there is no job '1kqg8d3m'"])
    hint: str | None = Field(description="what is allowed, or what to do next")
    retryable: bool = Field(description="whether the same can succeed later")
    request_id: str = Field(description="names this request in the logs of the server")
    errors: list[Fault] | None = Field(default=None, description="all that is wrong, where it is more")


def status_of(error: DmodError) -> int:
    """Return the HTTP status of an error."""
    if error.retryable and isinstance(error, BackendError):
        return 503
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def request_id_of(request: Request) -> str:
    """Return the id of a request; "" outside of the gateway."""
    return str(getattr(request.state, "request_id", ""))


def problem(error: DmodError, request_id: str = "", faults: list[Fault] | None = None) -> JSONResponse:
    """Return an error as an answer: what was wrong and where, and what to do."""
    headers: dict[str, str] = {}
    if isinstance(error, RateExceeded):
        headers["Retry-After"] = str(error.wait)
    elif error.retryable:
        headers["Retry-After"] = "5"
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="dmod"'
    content = Problem(
        type=f"urn:dmod:problem:{type(error).__name__}",
        title=(type(error).__doc__ or "").strip().splitlines()[0],
        status=status_of(error),
        detail=error.message,
        hint=error.hint,
        retryable=error.retryable,
        request_id=request_id,
        errors=faults,
    )
    return _answer(content, headers)


def plain_problem(
    status: int, detail: str, request_id: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return an error that only HTTP knows of as an answer."""
    phrase = HTTPStatus(status).phrase
    content = Problem(
        type=f"urn:dmod:problem:{phrase.title().replace(' ', '')}",
        title=phrase,
        status=status,
        detail=detail,
        hint=_HINTS.get(status),
        retryable=False,
        request_id=request_id,
    )
    return _answer(content, dict(headers or {}))


def _fault(finding: Finding) -> Fault:
    return Fault(
        place=finding.place or "the request",
        message=finding.message,
        field=finding.field,
        given=finding.given,
        allowed=list(finding.allowed),
    )


def _answer(content: Problem, headers: dict[str, str]) -> JSONResponse:
    # what a client sent may hold halves of characters, which no answer can
    document = _printable(content.model_dump(exclude_none=False))
    if document["errors"] is None:
        del document["errors"]
    return JSONResponse(document, content.status, headers=headers, media_type=MEDIA)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return {key: _printable(item) for key, item in value.items()} if isinstance(value, dict) else value


def _allowed(request: Request) -> set[str]:
    """Return what can be done with a path, by whichever route."""
    return {
        method
        for context in iter_route_contexts(request.app.routes)
        if (pattern := getattr(context, "path_regex", None)) is not None and pattern.match(request.url.path)
        for method in context.methods or ()
    }


def answer_errors(app: FastAPI) -> None:
    """Let an application answer errors of dmod, of HTTP, and bodies that cannot be read, in this form."""

    async def known(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, DmodError)
        faults = None
        if isinstance(error, RefusedRequest):
            faults = [_fault(finding) for finding in error.findings]
        return problem(error, request_id_of(request), faults)

    async def unreadable(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        faults = [
            Fault(place=".".join(str(part) for part in item["loc"]), message=item["msg"])
            for item in error.errors()[:50]
        ]
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        said = InputError(f"{first.place}: {first.message}{more}", hint="/openapi.json says what is allowed")
        return problem(said, request_id_of(request), faults)

    async def of_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        said = str(error.detail)
        if error.status_code == HTTPStatus.NOT_FOUND:
            said = f"there is nothing at {request.url.path}"
        elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            said = f"{request.method} cannot be done with {request.url.path}"
            headers = {**(error.headers or {}), "Allow": ", ".join(sorted(_allowed(request)))}
            return plain_problem(405, said, request_id_of(request), headers)
        return plain_problem(error.status_code, said, request_id_of(request), error.headers)

    app.add_exception_handler(DmodError, known)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(HTTPException, of_http)
