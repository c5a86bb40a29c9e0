"""Being asked to stop by a signal: the command leaves by an exception, so that everything is put in order.

The exception is raised wherever the interpreter happens to be, also inside of a library that takes any
exception for its own (a bare ``except:``) and goes on, or that raises another in its place. It is therefore
raised again until the command is seen leaving, and any error that follows it counts as its consequence.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
AGAIN = 0.1
"""Between one look and the next whether the command is leaving [s]."""


class Stopped(BaseException):
    """The process was asked to stop; it leaves by this, so that everything is put in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Stopping:
    """What this process was asked to stop by, while the block runs.

    Asked again while it leaves, it goes on leaving.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._is_over = False
        self._pid = os.getpid()
        self._before: Any = None
        self._unraisable = sys.unraisablehook

    def __enter__(self) -> Stopping:
        sys.unraisablehook = self._not_raised
        for number in STOPPING:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup, or in the background of a script
                signal.signal(number, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more whether the command leaves; signals do nothing more to a command that has ended."""
        self._is_over = True
        sys.unraisablehook = self._unraisable
        if self._before is not None:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, self._before)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        if self.number is None:
            self.number = number
            self._look_again()
        self._leave()

    def _look_again(self) -> None:
        """Have this looked at again and again; a child that was forked is looked after by its parent."""
        if os.getpid() != self._pid or not hasattr(signal, "setitimer"):
            return
        with suppress(ValueError):  # only the first interpreter of a process hears signals
            self._before = signal.signal(signal.SIGALRM, lambda *_: self._leave())
            signal.setitimer(signal.ITIMER_REAL, AGAIN, AGAIN)

    def _leave(self) -> None:
        if self.number is not None and not self._is_over and not is_leaving():
            raise Stopped(self.number)

    def _not_raised(self, said: sys.UnraisableHookArgs) -> None:
        """Say nothing of a stop that could not be raised where it was heard: it is raised again."""
        if not isinstance(said.exc_value, Stopped):
            self._unraisable(said)


def is_leaving() -> bool:
    """Return whether what runs now runs because a stop passes through it: a handler, or a way out."""
    error = sys.exception()
    while error is not None:
        if isinstance(error, Stopped):
            return True
        error = error.__context__
    return False
