"""An executor in memory whose attempts end when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dmod.errors import SubmitError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.control.clock import utc_now
from dmod.jobs.demand import Node, used
from dmod.jobs.executor.port import Executor, Task, TaskState, TaskStatus


@dataclass
class ExecutorTwin(Executor):
    """Accepts attempts, and lets a test end, lose or forget them.

    Attributes
    ----------
    tasks : what was accepted, by label
    starts : labels in the order in which they were started; each stands there once, or something is wrong
    refuses : raised by the next submissions, one each
    """

    have: tuple[Node, ...] = (Node("n1", 4, 8 * 10**9),)
    name: str = "local"
    tasks: dict[str, Task] = field(default_factory=dict)
    statuses: dict[str, TaskStatus] = field(default_factory=dict)
    starts: list[str] = field(default_factory=list)
    refuses: list[SubmitError] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    _woken: threading.Event = field(default_factory=threading.Event)

    def nodes(self) -> Sequence[Node]:
        """Return the nodes it was made with."""
        return self.have

    def submit(self, task: Task) -> str:
        """Accept an attempt; the same label starts nothing again."""
        if self.refuses:
            raise self.refuses.pop(0)
        if task.label not in self.tasks:
            self.tasks[task.label] = task
            self.starts.append(task.label)
            native = f"twin-{len(self.starts)}"
            self.statuses[task.label] = TaskStatus(
                task.label, TaskState.RUNNING, native, started=utc_now(), heartbeat=utc_now()
            )
        return self.statuses[task.label].native_id

    def poll(self, labels: Sequence[str]) -> list[TaskStatus]:
        """Return what the test has said of attempts."""
        return [self.statuses.get(label, TaskStatus(label, TaskState.UNKNOWN)) for label in labels]

    def cancel(self, label: str, grace: float) -> None:
        """End an attempt at once."""
        del grace
        self.cancelled.append(label)
        if label in self.statuses and self.statuses[label].state is TaskState.RUNNING:
            self.fail(label, Cause(CauseKind.CANCELLED, "ended because it was asked to"))

    def log(self, label: str, offset: int = 0, limit: int = 1 << 20) -> bytes:
        """Return the label: there is no log."""
        return label.encode()[offset : offset + limit]

    def forget(self, label: str) -> None:
        """Forget an attempt, as an engine may at any time."""
        self.tasks.pop(label, None)
        self.statuses.pop(label, None)

    def wait(self, seconds: float) -> None:
        """Wait until something is ended, or woken."""
        self._woken.wait(seconds)
        self._woken.clear()

    def wake(self) -> None:
        """Let `wait` return."""
        self._woken.set()

    def close(self) -> None:
        """Do nothing: nothing is open."""

    # what tests do

    @property
    def running(self) -> list[str]:
        """Return the labels of what runs."""
        return [label for label, status in self.statuses.items() if status.state is TaskState.RUNNING]

    def end(self, label: str, result: Mapping[str, Any] | None = None) -> None:
        """Let an attempt succeed."""
        self._set(label, state=TaskState.ENDED, result=dict(result or {}), ended=utc_now())

    def fail(self, label: str, cause: Cause) -> None:
        """Let an attempt fail."""
        self._set(label, state=TaskState.ENDED, cause=cause, ended=utc_now())

    def lose(self, label: str) -> None:
        """Let the worker of an attempt be heard of no more."""
        self._set(label, state=TaskState.LOST)

    def taken(self) -> dict[str, tuple[int, int]]:
        """Return what runs has of each node."""
        return used(self.tasks[label].allocation for label in self.running)

    def _set(self, label: str, **changes: Any) -> None:
        self.statuses[label] = replace(self.statuses[label], **changes)
        self._woken.set()
