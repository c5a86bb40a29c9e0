"""What an executor knows of one attempt between two looks, so that a look costs little."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from dmod.core.process import Process
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.local.attempt_folder import END, STARTED, STATUS, AttemptFolder
from dmod.jobs.executor.port import TaskState, TaskStatus
from dmod.jobs.executor.telling import told_of

QUIET = 3.0
"""Silence after which it is looked whether a supervisor is still the process that it was [s]."""
STEP = 5.0
"""Counted of the time between two looks, at most [s]: while nothing here ran, nothing there did."""
WITHDRAWN = "withdrawn"


class Watch:
    """Looks at one attempt.

    A supervisor whose process is gone, or whose heartbeat has not changed for the window, is lost. The window
    is counted by the clock of whoever looks, so no clock that is set forward or back matters.

    Parameters
    ----------
    window : [s]
    on_lost : called before an attempt is said to be lost: ends what is left of it
    """

    def __init__(
        self, label: str, folder: AttemptFolder, window: float, on_lost: Callable[[str], None]
    ) -> None:
        self.label = label
        self.processors: tuple[int, ...] = ()
        self._folder = folder
        self._window = window
        self._on_lost = on_lost
        self._status = TaskStatus(label, TaskState.UNKNOWN)
        self._process: Process | None = None
        self._is_here = False
        self._signature: tuple[int, int] | None = None
        self._looked = self._checked = self._silence = 0.0

    @property
    def is_over(self) -> bool:
        """Whether nothing changes any more."""
        return self._status.state in {TaskState.ENDED, TaskState.LOST}

    def look(self, now: float, is_rung: bool) -> TaskStatus:
        """Return what is known now.

        Parameters
        ----------
        now : by a clock that nobody sets [s]
        is_rung : whether its supervisor says that it has ended
        """
        if self.is_over:
            return self._status
        try:
            is_new = self._process is None
            if is_new and not self._find(now):
                return self._status
            if (is_new or is_rung) and self._take_end():
                return self._status
            self._beat(now)
            if self._is_gone(now):
                return self._conclude("its supervisor is gone")
            if self._silence > self._window:
                return self._conclude(f"its supervisor was silent for {self._window:g} s")
        except OSError:
            # the folder cannot be read now: no verdict
            return replace(self._status, state=TaskState.STALE)
        return self._status

    def _find(self, now: float) -> bool:
        """Find the supervisor; return whether there is one."""
        started = self._folder.read(STARTED)
        if started is None:
            return False
        at = datetime.fromisoformat(started["at"])
        if WITHDRAWN in started:
            cause = Cause.of_json(started[WITHDRAWN])
            self._status = TaskStatus(self.label, TaskState.ENDED, ended=at, cause=cause)
            return False
        self._process = Process(started["host"], started["pid"], started["ticks"])
        self._is_here = self._process.is_here
        self.processors = tuple(started["processors"])
        self._looked = now
        self._status = TaskStatus(
            self.label, TaskState.RUNNING, str(self._process.pid), started=at, heartbeat=at
        )
        return True

    def _beat(self, now: float) -> None:
        """Take note of the heartbeat, and of what comes with it."""
        self._silence += min(STEP, now - self._looked)
        self._looked = now
        try:
            found = os.stat(self._folder.file(STATUS))  # noqa: PTH116 - quick
        except FileNotFoundError:
            return
        signature = (found.st_ino, found.st_mtime_ns)
        if signature == self._signature:
            return
        document = self._folder.read(STATUS)
        if document is not None:
            self._signature, self._silence = signature, 0.0
            self._status = replace(
                self._status, heartbeat=datetime.fromisoformat(document["at"]), **told_of(document)
            )

    def _is_gone(self, now: float) -> bool:
        assert self._process is not None
        if not self._is_here:
            return self._process.is_of_earlier_boot
        try:
            os.kill(self._process.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        if self._silence < QUIET or now - self._checked < QUIET:
            return False
        self._checked = now
        return self._process.is_gone()

    def _conclude(self, why: str) -> TaskStatus:
        """Return how it ended; where nobody wrote that it is lost, and that is written to stay so."""
        assert self._process is not None
        if not self._take_end():
            self._process.send(signal.SIGKILL)
            self._on_lost(self.label)
            cause = Cause(
                CauseKind.LOST,
                f"the worker of {self.label} was lost: {why}",
                "it is tried again",
                retryable=True,
            )
            at = datetime.now(UTC)
            end = {"cause": cause.as_json(), "at": at.isoformat(), "lost": True}
            try:
                self._folder.write_once(END, end)
            except OSError:  # it is lost whether that can be written or not
                self._status = replace(self._status, state=TaskState.LOST, ended=at, cause=cause)
                return self._status
            self._take_end()
        return self._status

    def _take_end(self) -> bool:
        """Take what is written about its end; return whether there is anything."""
        end = self._folder.read(END)
        if end is None:
            return False
        at, cause = datetime.fromisoformat(end["at"]), end.get("cause")
        is_lost = bool(end.get("lost"))
        last = (self._folder.read(STATUS) or {}) if is_lost else end
        self._status = replace(
            self._status,
            state=TaskState.LOST if is_lost else TaskState.ENDED,
            ended=at,
            heartbeat=datetime.fromisoformat(last["at"]) if "at" in last else self._status.started,
            result=end.get("result"),
            cause=Cause.of_json(cause) if cause else None,
            **told_of(last),
        )
        return True
