"""What is known of one attempt on an engine: what its worker wrote, and what the engine says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dmod.core.process import Process
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.action import TEXT_LIMIT
from dmod.jobs.executor.engine.distrust import Distrust
from dmod.jobs.executor.engine.looking import View
from dmod.jobs.executor.engine.port import Engine, Sight, SightState, companion_of
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.local.attempt_folder import END, STARTED, STATUS, TASK, AttemptFolder
from dmod.jobs.executor.local.watch import WITHDRAWN
from dmod.jobs.executor.port import Progress, TaskState, TaskStatus
from dmod.jobs.executor.telling import told_of

SUBMITTED = "submitted.json"
"""That the engine has taken it, and under which id; written once."""
STEP = 5.0
"""Counted of the time between two looks, at most [s]: while nothing here ran, nothing there did."""
MALFORMED = (AttributeError, KeyError, OverflowError, TypeError, ValueError)
"""What reading a document may raise that was written by a program of others."""
_OF_WORKER = frozenset({CauseKind.EXIT, CauseKind.SIGNAL})
"""What an engine says of the process that looks after an attempt, not of the attempt."""


class Account:
    """Looks at one attempt; safe to use from one thread at a time.

    The folder is believed before the engine: where the worker has written how it ended, that is so. What the
    engine says counts where the worker can say nothing (any more), and only once it has stayed so for a
    while, since files may be seen later than the engine's word.
    """

    def __init__(self, label: str, folder: AttemptFolder, settings: EngineSettings, engine: Engine) -> None:
        self.label = label
        self._folder = folder
        self._settings = settings
        self._engine = engine
        self._status = TaskStatus(label, TaskState.UNKNOWN)
        self._native_id = ""
        self._process: Process | None = None
        self._is_taken = False
        self._signature: tuple[int, int] | None = None
        self._looked = self._silence = 0.0
        self._gone_since: float | None = None
        self._since = 0.0
        self._silent_since: float | None = None
        self._told_since: float | None = None
        self._companions: tuple[tuple[str, str], ...] | None = None
        self._distrust = Distrust(label, folder, settings)
        self.was_judged = False
        """Whether it was said here how it ended, while something of it may go on."""

    @property
    def status(self) -> TaskStatus:
        """Return what was known at the last look."""
        return self._status

    @property
    def lingers(self) -> bool:
        """Whether a user's image goes on though it wrote that it has ended."""
        return self._distrust.lingers

    @property
    def is_over(self) -> bool:
        """Whether nothing changes any more."""
        return self._status.state in {TaskState.ENDED, TaskState.LOST}

    @property
    def is_running(self) -> bool:
        """Whether its worker has begun."""
        return self._process is not None

    @property
    def native_id(self) -> str:
        """Return the engine's own id; "" where that is not known."""
        return self._native_id

    def is_missed(self, begun: float) -> bool:
        """Return whether the engine, asked at a time, should have told of it."""
        return bool(self._native_id) and self._is_taken and begun > self._since and not self.is_over

    def has_ended(self) -> bool:
        """Return whether it is written how it ended, or that it never begins."""
        if os.path.exists(self._folder.file(END)):  # noqa: PTH110 - quick
            return True
        return self._process is None and os.path.exists(self._folder.file(STARTED))  # noqa: PTH110

    def look(self, now: float, view: View, *, is_stale: bool) -> TaskStatus:
        """Return what is known now.

        Parameters
        ----------
        now : by a clock that nobody sets [s]
        is_stale : whether the engine has said nothing for too long
        """
        if self.is_over:
            return self._status
        try:
            if self._take_end(now, view) or not self._find(now):
                return self._status
            self._beat(now)
            return self._weigh(now, view, is_stale=is_stale)
        except OSError:
            # the folder cannot be read now: no verdict
            return replace(self._status, state=TaskState.STALE)
        except MALFORMED as error:
            self.was_judged = True
            message = f"what was written of {self.label} is none of dmod: {type(error).__name__}: {error}"
            cause = Cause(CauseKind.BACKEND, message[:TEXT_LIMIT], "its image, or its module, wrote into it")
            self._set(TaskState.ENDED, ended=datetime.now(UTC), cause=cause)
            return self._status

    # what is written

    def _find(self, now: float) -> bool:
        """Find out whether it was given to the engine, and whether its worker has begun."""
        if not self._is_taken:
            submitted = self._folder.read(SUBMITTED)
            if submitted is not None:
                self._is_taken, self._since, self._looked = True, now, now
                self._native_id = submitted["native_id"]
                self._set(TaskState.PENDING)
        if self._process is None:
            started = self._folder.read(STARTED)
            if started is not None and WITHDRAWN in started:
                at = datetime.fromisoformat(started["at"])
                cause = Cause.of_json(started[WITHDRAWN])
                state = TaskState.LOST if cause.kind is CauseKind.LOST else TaskState.ENDED
                self._set(state, ended=at, cause=cause)
                return False
            if started is not None:
                at = datetime.fromisoformat(started["at"])
                self._process = Process(started["host"], started["pid"], started["ticks"])
                self._looked, self._silence, self._gone_since = now, 0.0, None
                self._set(TaskState.RUNNING, started=at, heartbeat=at, progress=None)
        return self._is_taken or self._process is not None

    def _beat(self, now: float) -> None:
        """Take note of the heartbeat, and of what comes with it."""
        self._silence += min(STEP, now - self._looked)
        self._looked = now
        try:
            found = os.stat(self._folder.file(STATUS))  # noqa: PTH116 - quick
        except FileNotFoundError:
            return
        signature = (found.st_ino, found.st_mtime_ns)
        document = self._folder.read(STATUS) if signature != self._signature else None
        if document is not None:
            self._signature, self._silence = signature, 0.0
            self._set(
                TaskState.RUNNING, heartbeat=datetime.fromisoformat(document["at"]), **told_of(document)
            )

    def _take_end(self, now: float = 0.0, view: View | None = None) -> bool:
        """Take what is written about its end; return whether there is anything.

        A worker that was told to end does not know why. What it wrote waits for a while for the engine, if
        there is a view of it, to say that; where it says nothing, that it was told to end is all there is.
        """
        end = self._folder.read(END)
        if end is None or (view is not None and self._distrust.holds_back(now, view)):
            return False
        cause = Cause.of_json(end["cause"]) if end.get("cause") else None
        is_lost = bool(end.get("lost"))
        if view is not None and cause is not None and cause.signal == "SIGTERM":
            sight = view.sights.get(self.label)
            if sight is None or sight.state is not SightState.ENDED:
                if self._told_since is None:
                    self._told_since = now
                if now - self._told_since <= self._settings.settle:
                    return False
            elif sight.cause is not None and sight.cause.kind is not CauseKind.EXIT:
                cause = sight.cause
        if self._status.started is None:
            started = self._folder.read(STARTED)
            if started is not None and WITHDRAWN not in started:
                at = datetime.fromisoformat(started["at"])
                self._set(TaskState.RUNNING, started=at, heartbeat=at)
        if not self._native_id:
            self._native_id = (self._folder.read(SUBMITTED) or {}).get("native_id", "")
        last = (self._folder.read(STATUS) or {}) if is_lost else end
        told = {"progress": None, "usage": None, **told_of(last)}  # not what it waited for before
        self._set(
            TaskState.LOST if is_lost else TaskState.ENDED,
            ended=datetime.fromisoformat(end["at"]),
            heartbeat=datetime.fromisoformat(last["at"]) if "at" in last else self._status.started,
            result=_result_of(end),
            cause=cause,
            **told,
        )
        return True

    # what the engine says

    def _weigh(self, now: float, view: View, *, is_stale: bool) -> TaskStatus:
        if self._process is not None and self._silence > self._settings.window:
            return self._lose(f"its worker was silent for {self._settings.window:g} s")
        if is_stale:
            return replace(self._status, state=TaskState.STALE)
        sight = view.sights.get(self.label)
        if sight is not None and sight.native_id and not self._native_id:
            self._native_id = sight.native_id
        if (late := self._distrust.overdue(now, sight)) is not None:
            self.was_judged = True
            return self.conclude(late)
        is_off = self._is_off(sight, view)
        fallen = None if is_off else self._fallen(view)
        if not is_off and fallen is None:
            self._gone_since = None
            return self._tell_begun(now, sight)
        if self._gone_since is None:
            self._gone_since = now
        elif now - self._gone_since > self._settings.settle:
            return self._conclude_for(sight) if fallen is None else self._conclude_without(*fallen)
        return self._status

    def _is_off(self, sight: Sight | None, view: View) -> bool:
        """Whether the engine says that no worker is there, or ever will be."""
        if sight is None:
            # what the engine was asked before it had this says nothing of it
            return self._is_taken and view.begun > self._since
        if sight.state is SightState.ENDED:
            return True
        if self._process is not None:
            return False
        return sight.cause is not None

    def _tell_begun(self, now: float, sight: Sight | None) -> TaskStatus:
        """Tell why it waits; one whose worker is said to run has some time to say so itself."""
        if self._process is not None or sight is None:
            return self._status
        if sight.state is SightState.WAITING:
            self._silent_since = None
            text = f"waits: {sight.reason}" if sight.reason else ""
            self._set(TaskState.PENDING, progress=Progress(text) if text else None)
        elif self._silent_since is None:
            self._silent_since = now
        elif now - self._silent_since > self._settings.startup:
            return self._lose(f"it gave no sign of life for {self._settings.startup:g} s after its start")
        return self._status

    def _conclude_for(self, sight: Sight | None) -> TaskStatus:
        if sight is None:
            return self._lose(f"the {self._engine.name} engine knows nothing of it any more")
        if sight.is_lost:
            cause = sight.cause
            return self._lose(cause.message if cause else "its node is not heard of")
        cause = sight.cause
        if cause is None or (self._process is not None and cause.kind in _OF_WORKER):
            # a worker that lives to its end says how the attempt ended
            why = f": {cause.message}" if cause is not None else ""
            return self._lose(f"it ended and did not say how{why}")
        return self.conclude(cause)

    def _fallen(self, view: View) -> tuple[str, SightState, Cause] | None:
        """Return a node of it that never will take part, or takes part no more, and why; None if all do."""
        for node, label in self._others():
            sight = view.sights.get(label)
            if sight is not None and sight.cause is not None:
                return node, sight.state, sight.cause
        return None

    def _conclude_without(self, node: str, state: SightState, cause: Cause) -> TaskStatus:
        """Say that it is over, for without all of its nodes it cannot go on."""
        self.was_judged = True
        if state is SightState.WAITING:
            return self.conclude(replace(cause, message=f"{node}: {cause.message}"))
        return self._lose(f"what went with it on {node} ended: {cause.message}")

    def _others(self) -> tuple[tuple[str, str], ...]:
        """Return the other nodes that it has, and the labels of what is there for it."""
        if self._companions is None:
            hosts = (self._folder.read(TASK) or {}).get("hosts") or ()
            further = () if self._engine.spans_nodes else hosts[1:]
            self._companions = tuple(
                (str(host[0]), companion_of(self.label, number)) for number, host in enumerate(further, 1)
            )
        return self._companions

    def _lose(self, why: str) -> TaskStatus:
        message = f"the worker of {self.label} was lost: {why}"
        return self.conclude(Cause(CauseKind.LOST, message, "it is tried again", retryable=True))

    def conclude(self, cause: Cause) -> TaskStatus:
        """Say how it ended, unless that is said; what has not begun will not begin."""
        at = datetime.now(UTC)
        stamp: Mapping[str, Any] = {"at": at.isoformat()}
        is_lost = cause.kind is CauseKind.LOST
        try:
            if self._process is None and self._folder.write_once(
                STARTED, {WITHDRAWN: cause.as_json(), **stamp}
            ):
                self._find(self._looked)
                return self._status
            self._folder.write_once(END, {"cause": cause.as_json(), "lost": is_lost, **stamp})
            self._take_end()
        except OSError:
            # it has ended whether that can be written or not
            self._set(TaskState.LOST if is_lost else TaskState.ENDED, ended=at, cause=cause)
        return self._status

    def _set(self, state: TaskState, **changes: Any) -> None:
        self._status = replace(self._status, state=state, native_id=self._native_id, **changes)


def _result_of(end: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the result in what is written of an end."""
    result = end.get("result")
    if result is not None and not isinstance(result, Mapping):
        raise TypeError(f"a result is a mapping, not {type(result).__name__}")
    return result
