"""The executor of this machine."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dmod.core.process import Process
from dmod.errors import SubmitError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.demand import Node
from dmod.jobs.executor.local.attempt_folder import CANCEL, END, LOG, STARTED, TASK, AttemptFolder
from dmod.jobs.executor.local.bell import Bell
from dmod.jobs.executor.local.control_group import ControlGroup
from dmod.jobs.executor.local.launching import Launching
from dmod.jobs.executor.local.machine import this_node
from dmod.jobs.executor.local.orphans import end_orphans
from dmod.jobs.executor.local.processors import Processors
from dmod.jobs.executor.local.settings import LocalSettings
from dmod.jobs.executor.local.supervisor import group_name
from dmod.jobs.executor.local.watch import WITHDRAWN, Watch
from dmod.jobs.executor.local.work import Work
from dmod.jobs.executor.port import Executor, Task, TaskState, TaskStatus

DEFAULTS = LocalSettings()
REMEMBERED = 1000
"""Attempts that are remembered beside those that were asked for last."""


class LocalExecutor(Executor):
    """Runs attempts as processes of this machine.

    Whatever is known of attempts stands in files below one folder, and what runs needs no executor. One that
    is made over the same folder after another was killed, or beside it, knows the same attempts.

    Parameters
    ----------
    root : folder for what is kept of attempts; on a disk of this machine
    settings : limits, and what this machine is called
    name : of the executor
    """

    def __init__(self, root: Path, settings: LocalSettings = DEFAULTS, name: str = "local") -> None:
        self.name = name
        self.root = root.resolve()
        self.settings = settings
        self._node = this_node(settings, name)
        self._attempts = self.root / "attempts"
        self._launching = Launching(self.root, settings.preload)
        # the less a process has, the quicker it is forked: what few need is in another one
        self._computing = Launching(self.root, settings.computing_preload)
        self._processors = Processors()
        self._given: dict[str, tuple[int, ...]] = {}
        self._watches: dict[str, Watch] = {}
        self._submitting: set[str] = set()
        self._rung: set[str] = set()
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._is_closed = False
        try:
            self._attempts.mkdir(mode=0o700, parents=True, exist_ok=True)
            # last, for it may ring at once
            self._bell = Bell(self.root, self._on_ring)
        except OSError as error:
            raise SubmitError(
                f"attempts cannot be kept in {self.root}: {error}", hint="choose another folder"
            ) from error

    @property
    def launcher(self) -> int | None:
        """Return the number of the launcher's process, once there is one."""
        return self._launching.pid

    def nodes(self) -> Sequence[Node]:
        """Return this machine."""
        return (self._node,)

    def submit(self, task: Task) -> str:
        """Start an attempt, unless it was started; on return its supervisor runs."""
        if self._is_closed:
            raise SubmitError(f"{task.label} came after the executor was closed", hint="open another one")
        task.require_no_image(self.name)
        folder = self._folder(task.label)
        self._submitting.add(task.label)
        try:
            self._describe(task, folder)
            started = folder.read(STARTED)
            if started is None:
                self._launch(task, folder)
                started = folder.read(STARTED) or {}
            return str(started.get("pid", ""))
        except OSError as error:
            raise SubmitError(f"{task.label} cannot be started: {error}", retryable=True) from error
        finally:
            self._submitting.discard(task.label)

    def poll(self, labels: Sequence[str]) -> list[TaskStatus]:
        """Return what is known of attempts, in their order."""
        now = time.monotonic()
        with self._lock:
            rung, self._rung = self._rung, set()
            found = [self._look(label, now, label in rung) for label in labels]
            if len(self._watches) > REMEMBERED + 2 * len(labels):
                kept = set(labels)
                self._watches = {label: item for label, item in self._watches.items() if label in kept}
        return found

    def cancel(self, label: str, grace: float) -> None:
        """Have an attempt ended, or see to it that it is never started."""
        folder = self._folder(label)
        if folder.read(TASK) is None or folder.read(END) is not None:
            return
        # where nothing can be written the supervisor ends it all the same, only not in its own time
        with suppress(OSError):
            folder.write(CANCEL, {"grace": grace, "at": _now()})
            if folder.write_once(STARTED, _withdrawn(Cause(CauseKind.CANCELLED, "it was cancelled"))):
                self._changed.set()
                return
        started = folder.read(STARTED)
        if started is not None and WITHDRAWN not in started:
            Process(started["host"], started["pid"], started["ticks"]).send(signal.SIGTERM)

    def log(self, label: str, offset: int = 0, limit: int = 1 << 20) -> bytes:
        """Return what an attempt has written, from an offset."""
        try:
            with open(self._folder(label).file(LOG), "rb") as file:  # noqa: PTH123 - a string
                file.seek(offset)
                return file.read(limit)
        except FileNotFoundError:
            return b""

    def forget(self, label: str) -> None:
        """Remove what is kept of an attempt; one that runs is left alone."""
        folder = self._folder(label)
        (status,) = self.poll([label])
        if label in self._submitting or status.state in {TaskState.RUNNING, TaskState.STALE}:
            return
        folder.remove()
        with self._lock:
            self._watches.pop(label, None)

    def wait(self, seconds: float) -> None:
        """Return when an attempt has ended, or after some seconds."""
        self._changed.wait(seconds)
        self._changed.clear()

    def wake(self) -> None:
        """Let `wait` return."""
        self._changed.set()

    def close(self) -> None:
        """Let go; attempts go on. A second time does nothing."""
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
        if was_closed:
            return
        self._launching.close()
        self._computing.close()
        self._bell.close()

    # submitting

    def _describe(self, task: Task, folder: AttemptFolder) -> None:
        """Write down what is to be done, if nobody has."""
        foreign = [share.node for share in task.allocation if share.node != self._node.name]
        if foreign:
            raise SubmitError(
                f"{task.label} is to run on {foreign[0]}, and this machine is {self._node.name}"
            )
        wanted = sum(share.cpus for share in task.allocation) or 1
        processors = self._processors.take(wanted)
        name = Path(folder.path).name.removeprefix("=")
        is_new = False
        try:
            work = Work.of_task(task, self.settings, self.root, name, processors)
            folder.make()
            is_new = folder.write_once(TASK, work.as_json())
        except (TypeError, ValueError, RecursionError) as error:
            raise SubmitError(
                f"what {task.label} is told cannot be written as JSON: {error}", hint="inputs are JSON"
            ) from error
        finally:
            if is_new:
                self._given[task.label] = processors
            else:
                self._processors.give(processors)

    def _launch(self, task: Task, folder: AttemptFolder) -> None:
        label = task.label
        launching = self._computing if task.action in self.settings.computing else self._launching
        try:
            launching.launch(folder.path)
        except TimeoutError as error:
            cause = Cause(CauseKind.BACKEND, f"{label} was not started in time", retryable=True)
            # from here on it will never start; if it has, it runs and all is well
            if folder.write_once(STARTED, _withdrawn(cause)):
                raise SubmitError(
                    cause.message, hint="this machine may have too much to do", retryable=True
                ) from error

    # looking

    def _look(self, label: str, now: float, is_rung: bool) -> TaskStatus:
        watch = self._watches.get(label)
        if watch is None:
            watch = Watch(label, self._folder(label), self.settings.window, self._end_rest)
        elif watch.is_over:
            return watch.look(now, is_rung)
        status = watch.look(now, is_rung)
        if status.state is TaskState.UNKNOWN:
            pending = label in self._submitting
            return TaskStatus(label, TaskState.PENDING) if pending else status
        self._watches[label] = watch
        if watch.is_over:
            self._processors.give(self._given.pop(label, ()))
        elif label not in self._given:
            self._given[label] = watch.processors
            self._processors.note(watch.processors)
        return status

    def _end_rest(self, label: str) -> None:
        """End what is left of attempts whose supervisors are gone; remove what is of no use to the next."""
        end_orphans(self.root)
        ControlGroup(group_name(self.root, label)).remove()
        work = self._folder(label).read(TASK)
        if work is not None:
            shutil.rmtree(work["temporary"], ignore_errors=True)

    def _folder(self, label: str) -> AttemptFolder:
        return AttemptFolder.of_label(self._attempts, label)

    def _on_ring(self, labels: list[str]) -> None:
        with self._lock:
            self._rung.update(labels)
        self._changed.set()


def _withdrawn(cause: Cause) -> dict[str, Any]:
    """Return what stands in the place of a supervisor where there is never to be one."""
    return {WITHDRAWN: cause.as_json(), "at": _now()}


def _now() -> str:
    return datetime.now(UTC).isoformat()
