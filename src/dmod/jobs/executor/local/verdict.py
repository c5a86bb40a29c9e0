"""Why an attempt ended as it did, from what was seen of it: a pure function."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from enum import StrEnum

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.outcome import Outcome, in_gigabytes, out_of_memory

FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""Signals that somebody sends; others are the process's own fault."""


class Stop(StrEnum):
    """Why a supervisor ended an attempt."""

    CANCELLED = "cancelled"
    TIME = "time"
    MEMORY = "memory"
    DISK = "disk"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class Ending:
    """What was seen of an attempt that has ended.

    Parameters
    ----------
    status : of the process, as the system gives it
    outcome : what the action itself says
    stop : why it was ended, if it was
    is_short_of_memory : whether the system ended processes of it for that
    used, allowed : memory, or disk where that was the reason [bytes]
    seconds : that it was allowed
    grace : between asking it to end and force [s]
    is_forced : whether it had to be ended by force
    """

    status: int
    outcome: Outcome | None = None
    stop: Stop | None = None
    is_short_of_memory: bool = False
    used: int = 0
    allowed: int | None = None
    seconds: float = 0.0
    grace: float = 0.0
    is_forced: bool = False


def verdict(ending: Ending) -> Outcome:
    """Return the result, or why there is none."""
    if ending.stop is not None:
        return Outcome(cause=_stopped(ending, ending.stop))
    code = os.waitstatus_to_exitcode(ending.status)
    outcome = ending.outcome
    if outcome is not None and (outcome.cause is not None or code == 0):
        return outcome
    if ending.is_short_of_memory:
        return Outcome(cause=_used_too_much(ending, code))
    if code < 0:
        return Outcome(cause=_signalled(-code))
    if code > 0:
        message = f"the process ended with code {code}"
        return Outcome(cause=Cause(CauseKind.EXIT, message, "its log may say why", exit_code=code))
    message = "the process ended without an answer"
    return Outcome(cause=Cause(CauseKind.INTERNAL, message, "an action returns what it found", exit_code=0))


def _stopped(ending: Ending, stop: Stop) -> Cause:
    how = f"; it did not end when asked to, and was killed after {ending.grace:g} s" * ending.is_forced
    match stop:
        case Stop.CANCELLED:
            return Cause(CauseKind.CANCELLED, f"it was cancelled{how}")
        case Stop.TIME:
            message = f"it ran longer than the {ending.seconds:g} s that it was allowed{how}"
            return Cause(CauseKind.TIME, message, "ask for more time, or for less at a time")
        case Stop.MEMORY:
            return _used_too_much(ending, None)
        case Stop.DISK:
            message = (
                f"its folder held {in_gigabytes(ending.used)} of files, allowed"
                f" {in_gigabytes(ending.allowed or 0)}{how}"
            )
            return Cause(CauseKind.BACKEND, message, "write less, or have the limit of the executor raised")
        case Stop.SHUTDOWN:
            message = f"its supervisor was told to end, as when a machine is shut down{how}"
            return Cause(CauseKind.SIGNAL, message, "it is tried again", retryable=True, signal="SIGTERM")


def _used_too_much(ending: Ending, code: int | None) -> Cause:
    cause = out_of_memory(f"used {in_gigabytes(max(ending.used, ending.allowed or 0))}", ending.allowed)
    name = _name(-code) if code is not None and code < 0 else "SIGKILL"
    return Cause(cause.kind, cause.message, cause.hint, signal=name)


def _signalled(number: int) -> Cause:
    is_outside = number in FROM_OUTSIDE
    hint = (
        "somebody, or the system for want of memory, ended it; it may succeed another time"
        if is_outside
        else "its log may say where"
    )
    message = f"the process was ended by {_name(number)}"
    return Cause(CauseKind.SIGNAL, message, hint, retryable=is_outside, signal=_name(number))


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
