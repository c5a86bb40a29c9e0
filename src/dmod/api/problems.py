"""Errors as HTTP answers (RFC 9457, ``application/problem+json``), by one table of statuses."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from dmod.errors import (
    AccessError,
    BackendError,
    ConflictError,
    DmodError,
    InputError,
    NotFoundError,
    NumericalError,
    PluginError,
)

STATUSES: tuple[tuple[type[DmodError], int], ...] = (
    (InputError, 422),
    (NotFoundError, 404),
    (ConflictError, 409),
    (AccessError, 403),
    (BackendError, 502),
    (NumericalError, 500),
    (PluginError, 501),
    (DmodError, 500),
)
"""Status of each kind of error; the first that fits. What can succeed later without a change is 503."""
MEDIA = "application/problem+json"


def status_of(error: DmodError) -> int:
    """Return the HTTP status of an error."""
    if error.retryable and isinstance(error, BackendError):
        return 503
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def problem(error: DmodError) -> JSONResponse:
    """Return an error as an answer: what was wrong and where, and what to do."""
    status = status_of(error)
    content = {
        "type": f"about:blank#{type(error).__name__}",
        "title": (type(error).__doc__ or "").strip().splitlines()[0],
        "status": status,
        "detail": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
    }
    headers = {"Retry-After": "5"} if error.retryable else None
    return JSONResponse(content, status, headers=headers, media_type=MEDIA)


def answer_errors(app: FastAPI) -> None:
    """Let an application answer errors of dmod, and bodies that cannot be read, in this form."""

    async def known(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, DmodError)
        return problem(error)

    async def unreadable(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return problem(InputError(f"{place}: {first['msg']}", hint="/openapi.json says what is allowed"))

    app.add_exception_handler(DmodError, known)
    app.add_exception_handler(RequestValidationError, unreadable)
