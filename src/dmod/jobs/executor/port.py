"""The port of executors: where attempts at steps run as processes.

An attempt is known by its label (``job:step:attempt``) everywhere; an engine's own id is no identity, for an
engine may forget it, or give it to another. Submitting the same label again starts nothing again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from dmod.errors import SubmitError
from dmod.jobs.cause import Cause
from dmod.jobs.demand import Allocation, Node

SUBMITTING = 8
"""Attempts that are submitted at the same time, where they are not submitted together."""


@dataclass(frozen=True, slots=True)
class Task:
    """An attempt at a step, as an executor is to run it.

    Parameters
    ----------
    label : ``job:step:attempt``
    action : what is done, by the name under which it is registered
    inputs : what the action is told, JSON
    folder : of the job, to work in; the steps of a job share it
    allocation : where, and how much of it
    seconds : how long it may take [s]
    environment : variables beside the executor's own
    image : of a user's, pinned to its content, that it is to run in; "" is the executor's own, or none
    """

    label: str
    action: str
    inputs: Mapping[str, Any]
    folder: Path
    allocation: Allocation
    seconds: float
    environment: Mapping[str, str] = field(default_factory=dict)
    image: str = ""

    def require_no_image(self, executor: str) -> None:
        """Refuse an image of a user's, for an executor that has no containers.

        Raises
        ------
        SubmitError
            it is to run in one.
        """
        if self.image:
            raise SubmitError(
                f"{self.label} cannot be submitted: the {executor} executor runs no images",
                hint="choose the executor docker or swarm, or name an environment of another kind",
            )


class TaskState(StrEnum):
    """What an executor knows of an attempt."""

    PENDING = "pending"
    """accepted, not yet running"""
    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"
    """it was there, and its worker is not heard of any more"""
    UNKNOWN = "unknown"
    """the executor knows nothing of it: never to be taken for success"""
    STALE = "stale"
    """the engine cannot be asked now: no verdict"""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a task has used, sampled.

    Parameters
    ----------
    cpu : processor time of all of its processes [s]
    memory, peak : resident now, and at most [bytes]
    read, written : from and to disks [bytes]
    at : of the sample
    """

    cpu: float
    memory: int
    peak: int
    read: int
    written: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an action says it is.

    Parameters
    ----------
    done : 0 to 1; None where that is not known
    text : what it is doing
    """

    text: str
    done: float | None = None


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """What is known of an attempt.

    Parameters
    ----------
    native_id : the executor's own
    heartbeat : when its worker was last heard of
    result : what the action found, only where it succeeded
    cause : why it did not succeed, once it has ended
    """

    label: str
    state: TaskState
    native_id: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    heartbeat: datetime | None = None
    progress: Progress | None = None
    usage: Usage | None = None
    result: Mapping[str, Any] | None = None
    cause: Cause | None = None

    @property
    def is_success(self) -> bool:
        """Whether it ended with a result."""
        return self.state is TaskState.ENDED and self.cause is None and self.result is not None


class Executor(ABC):
    """Runs attempts; safe to use from several threads.

    A controller that is started again finds with `poll` what the one before submitted, by label.
    """

    name: str

    @abstractmethod
    def nodes(self) -> Sequence[Node]:
        """Return the nodes that it can run attempts on, with what they have altogether."""

    @abstractmethod
    def submit(self, task: Task) -> str:
        """Accept an attempt and return the executor's own id; the same label again is the same attempt.

        On return it will run even if the caller is killed. If it fails nothing was accepted, or the label
        is found by `poll`.

        Raises
        ------
        SubmitError
            it was refused; retryable where the engine could not be reached.
        """

    def submit_many(self, tasks: Sequence[Task]) -> list[str | SubmitError]:
        """Accept attempts as `submit` does; return for each, in their order, its id or why it is refused."""
        if len(tasks) < 2:
            return [self._try(task) for task in tasks]
        with ThreadPoolExecutor(SUBMITTING, "submit") as pool:
            return list(pool.map(self._try, tasks))

    def _try(self, task: Task) -> str | SubmitError:
        try:
            return self.submit(task)
        except SubmitError as error:
            return error

    @abstractmethod
    def poll(self, labels: Sequence[str]) -> list[TaskStatus]:
        """Return what is known of attempts, in their order, from one look at the engine, never long."""

    @abstractmethod
    def cancel(self, label: str, grace: float) -> None:
        """Ask an attempt to end, and end it by force after some seconds, with all of its processes.

        Returns at once. One that has ended or is not known is passed over.
        """

    @abstractmethod
    def log(self, label: str, offset: int = 0, limit: int = 1 << 20) -> bytes:
        """Return what an attempt has written (output and errors), from an offset; b"" if nothing yet."""

    @abstractmethod
    def forget(self, label: str) -> None:
        """Remove what is kept of an attempt that has ended, its log included."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after some seconds; `wake` ends it."""

    @abstractmethod
    def wake(self) -> None:
        """Let `wait` return."""

    @abstractmethod
    def close(self) -> None:
        """Let go; what runs goes on."""
