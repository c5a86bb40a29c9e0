"""What went wrong in a module's process, as text on its way to the run, and as an error again there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dmod import errors
from dmod.engine.foreign.failure import ForeignError
from dmod.errors import BackendError, DmodError

_TOLD = ("reason", "module", "catchment", "function", "variable", "code")


def told(error: DmodError) -> dict[str, Any]:
    """Return an error as text."""
    found: dict[str, Any] = {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
    if isinstance(error, ForeignError):
        found["failure"] = {name: getattr(error, name) for name in _TOLD}
    return found


def error_of(said: Mapping[str, Any], *, when: str = "", tail: str = "") -> DmodError:
    """Return the error that a process has told.

    Parameters
    ----------
    when : the step at which it happened, "" where there is none
    tail : the last lines that the process printed
    """
    message = str(said["message"])
    if when:
        message = f"{message}, at {when}"
    if tail:
        message = f"{message}\nThe last that was printed there:\n{tail}"
    hint = said.get("hint")
    failure = said.get("failure")
    if failure is not None:
        made = ForeignError(**failure, hint=hint)
        made.message = message
        made.args = (message,)
        return made
    kind = getattr(errors, str(said["kind"]), BackendError)
    found: DmodError = kind(message, hint=hint)
    return found
