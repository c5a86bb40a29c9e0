"""What a failure of uv means to who asked for the environment."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from pathlib import Path

from dmod.core.atomic import storing
from dmod.errors import BackendError, DmodError, InputError, IntegrityError, StoreError

LINES = 40

_FULL = re.compile(r"no space left|disk quota exceeded|os error (28|122|27)\b|file too large", re.IGNORECASE)
_OFFLINE = re.compile(r"network was disabled|network connectivity is disabled", re.IGNORECASE)
_AWAY = re.compile(
    r"error sending request|dns error|tcp connect error|connection (refused|reset|closed)|timed out"
    r"|http status server error|failed to lookup address|error decoding response body"
    r"|could not resolve host|network is unreachable",
    re.IGNORECASE,
)
_MISMATCH = re.compile(r"hash mismatch", re.IGNORECASE)
_REFUSED = re.compile(r"\((401|403) |unauthorized|forbidden", re.IGNORECASE)
_ASKED = re.compile(
    r"no solution found|no interpreter found|no download found|was not found in the package registry"
    r"|http status client error|unsatisfiable|failed to build|failed to parse|distribution not found"
    r"|git operation failed|failed to fetch|failed to extract|failed to read|metadata"
    r"|building source distributions (is|for .* is) disabled|failed to download",
    re.IGNORECASE,
)


def failure(doing: str, status: int, lines: Sequence[str], *, why: str, folder: Path) -> DmodError:
    """Return the error for a run of uv that failed.

    Parameters
    ----------
    doing : what it did
    status : that it ended with
    lines : that it said
    why : what is known besides; "" for nothing
    folder : that it wrote to
    """
    reason = _reason(lines)
    text = f"environment: {doing} failed: {why or reason or f'uv ended with status {status}'}"
    if why:
        return BackendError(text, hint="ask again, or for less", retryable=True)
    if status == -signal.SIGXFSZ or _FULL.search(reason):
        return _full(text, folder)
    if status < 0:
        return BackendError(
            f"environment: {doing} was ended by signal {-status} ({signal.Signals(-status).name})",
            hint="ask again; nothing was left half-built",
            retryable=True,
        )
    if _OFFLINE.search(reason):
        return InputError(
            text, hint="the network was not to be used: build it once with it, or name find_links with wheels"
        )
    if _AWAY.search(reason):
        return BackendError(
            text, hint="what it needs from the network cannot be reached: ask again", retryable=True
        )
    if _MISMATCH.search(reason):
        return IntegrityError(text, hint="what is served is not what was locked: build anew with --refresh")
    if _REFUSED.search(reason):
        return InputError(
            text, hint="put the credentials into ~/.netrc of the account that builds, or choose another index"
        )
    if _ASKED.search(reason):
        return InputError(text, hint="change the requirements as the reason says")
    return BackendError(text, hint="look at what it said")


def _reason(lines: Sequence[str]) -> str:
    """Return what uv said from its first error on, with the end of what a build had said before."""
    starts = [number for number, line in enumerate(lines) if line.lstrip().startswith(("error:", "×"))]
    first = starts[0] if starts else max(0, len(lines) - LINES)
    told = list(lines[first:])
    if len(told) > LINES:
        told = [*told[: LINES // 2], "  …", *told[-LINES // 2 :]]
    if told and "failed to build" in told[0].lower():
        told += [f"  | {line}" for line in lines[max(0, first - LINES // 2) : first]]
    return "\n".join(told).strip().removeprefix("error: ")


def _full(text: str, folder: Path) -> DmodError:
    try:
        with storing(folder):
            raise OSError(28, text)
    except StoreError as error:
        return StoreError(f"{text}\n{error.message}", hint=error.hint, retryable=True)
