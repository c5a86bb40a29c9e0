"""What a server answers where it refuses or fails, as the errors that the same raises without a server."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

from dmod import errors
from dmod.core.redaction import redact
from dmod.errors import (
    BackendError,
    ConflictError,
    DmodError,
    InputError,
    NotAuthenticated,
    NotFoundError,
    NotPermitted,
    PluginError,
    QuotaExceeded,
)

KINDS: Mapping[str, type[DmodError]] = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, DmodError)
}
"""All errors of dmod by name."""
STATUSES: Mapping[int, type[DmodError]] = {
    400: InputError, 401: NotAuthenticated, 403: NotPermitted, 404: NotFoundError, 405: PluginError,
    409: ConflictError, 412: ConflictError, 413: InputError, 415: InputError, 416: InputError,
    422: InputError, 429: QuotaExceeded, 501: PluginError,
}  # fmt: skip
"""The error of each status, where the answer does not name one."""
TRANSIENT = frozenset({429, 502, 503, 504})
"""Statuses of what can succeed later without a change."""
LONGEST = 2_000
"""Characters of an answer that are shown."""


def failure(status: int, headers: Mapping[str, str], body: bytes, url: str) -> DmodError:
    """Return the error that an answer stands for.

    Parameters
    ----------
    url : that was asked, for answers that did not come from dmod
    """
    problem = _problem(body)
    if problem is None:
        return _foreign(status, body, url)
    kind = _kind(str(problem.get("type", "")), status)
    message = str(problem.get("detail") or problem.get("title") or f"the server answered {status}")
    hint = problem.get("hint")
    retryable = problem.get("retryable", status in TRANSIENT)
    error = kind(
        redact(message[:LONGEST]),
        hint=None if hint is None else redact(str(hint)[:LONGEST]),
        retryable=bool(retryable),
    )
    request = problem.get("request_id") or headers.get("x-request-id")
    if request and status >= 500:
        error.message = f"{error.message} (request {request})"
    return error


def unreachable(url: str, error: Exception) -> BackendError:
    """Return the error to raise where a server did not answer."""
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return BackendError(
        f"the server {url} does not answer: {redact(said)}",
        hint="is it running, and is this its address? it says so itself: dmod top",
        retryable=True,
    )


def _problem(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and ("detail" in found or "title" in found) else None


def _kind(address: str, status: int) -> type[DmodError]:
    """Return the error that an address of a problem's type names, however it is spelled."""
    name = re.split(r"[/#:]", address)[-1]
    wanted = name.replace("-", "").lower()
    named = next((kind for known, kind in KINDS.items() if known.lower() == wanted), None)
    return named or _of_status(status)


def _of_status(status: int) -> type[DmodError]:
    return STATUSES.get(status, BackendError)


def _foreign(status: int, body: bytes, url: str) -> DmodError:
    if status < 400:
        return BackendError(
            f"{url} answered {status}, which no dmod server does", hint="is this the address of the server?"
        )
    if status in {404, 405}:
        return NotFoundError(
            f"{url} is not there", hint="is this the address of a dmod server, and is that as new as this?"
        )
    text = " ".join(body[:LONGEST].decode("utf-8", "replace").split())[:200]
    said = "" if text.startswith("<") or not text else f": {redact(text)}"
    return _of_status(status)(
        f"{url} answered {status}{said}",
        hint="a proxy before the server, or the server itself, is in trouble" if status >= 500 else None,
        retryable=status in TRANSIENT,
    )
