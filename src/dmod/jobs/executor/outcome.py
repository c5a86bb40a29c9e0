"""Doing an action and putting into words what became of it: for the process that does it, on any executor."""

from __future__ import annotations

import errno
import json
import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dmod.core.atomic import FULL
from dmod.errors import BackendError, DmodError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.action import ActionContext
from dmod.jobs.executor.actions import find_action

RESULT_LIMIT = 8 << 20
"""Bytes of a result as JSON; what is larger belongs into a file or a dataset."""

log = logging.getLogger("dmod.action")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action.

    Parameters
    ----------
    result : what it found, where it succeeded
    cause : why it did not
    """

    result: Mapping[str, Any] | None = None
    cause: Cause | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for a document."""
        return {"result": self.result} if self.cause is None else {"cause": self.cause.as_json()}

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Outcome:
        """Return what `as_json` wrote."""
        cause = document.get("cause")
        return cls(document.get("result"), Cause.of_json(cause) if cause else None)


def outcome_of(action: str, inputs: Mapping[str, Any], context: ActionContext) -> Outcome:
    """Do an action; what it raises is in the outcome, with its traceback in the log if it is a fault."""
    try:
        return _of_result(action, find_action(action)(inputs, context))
    except MemoryError:
        return Outcome(cause=out_of_memory(f"{action} could not get more memory", context.memory))
    except DmodError as error:
        log.error("%s", error)
        return Outcome(cause=cause_of(error))
    except OSError as error:
        if error.errno in FULL:
            log.error("%s", error)
        else:
            traceback.print_exc()
        return Outcome(cause=cause_of(error))
    except Exception as error:  # noqa: BLE001  # boundary: what an action raises is the answer of this process
        traceback.print_exc()
        return Outcome(cause=cause_of(error))


def cause_of(error: Exception) -> Cause:
    """Return the cause that an error is."""
    if isinstance(error, DmodError):
        kind = CauseKind.BACKEND if isinstance(error, BackendError) else CauseKind.INPUT
        return Cause(kind, error.message, error.hint or "", error.retryable)
    if isinstance(error, OSError) and error.errno in FULL:
        return Cause(
            CauseKind.BACKEND,
            f"no space left to write {error.filename or 'a file'} ({errno.errorcode[error.errno or 0]})",
            "free some space where jobs work",
            retryable=True,
        )
    return Cause(
        CauseKind.INTERNAL, f"{type(error).__name__}: {error}", "its log has the traceback; please report it"
    )


def out_of_memory(what: str, allowed: int | None) -> Cause:
    """Return the cause of an attempt that wanted more memory than there was for it."""
    limit = f", allowed {in_gigabytes(allowed)}" if allowed is not None else ""
    return Cause(CauseKind.OUT_OF_MEMORY, f"{what}{limit}", "ask for more memory, or for less at a time")


def in_gigabytes(size: int) -> str:
    """Return an amount as people read it: ``1.2 GB``."""
    return f"{size / 1e9:,.1f} GB" if size >= 10**9 else f"{size / 1e6:,.1f} MB"


def _of_result(action: str, result: object) -> Outcome:
    if not isinstance(result, Mapping):
        return Outcome(cause=_unfit(action, f"a {type(result).__name__}, which is no mapping"))
    try:
        text = json.dumps(dict(result), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return Outcome(cause=_unfit(action, f"what cannot be written as JSON: {error}"))
    if len(text) > RESULT_LIMIT:
        return Outcome(
            cause=_unfit(action, f"{in_gigabytes(len(text))}, allowed {in_gigabytes(RESULT_LIMIT)}")
        )
    return Outcome(result=json.loads(text))


def _unfit(action: str, what: str) -> Cause:
    return Cause(
        CauseKind.INTERNAL,
        f"the action {action} answered with {what}",
        "an action returns a JSON object; what is large it leaves in files",
    )
