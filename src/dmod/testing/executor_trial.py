"""What tests of executors work with: attempts that are tried out, and how an executor is opened again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dmod.core.process import start_ticks
from dmod.jobs.executor.port import Executor, Task, TaskState, TaskStatus
from dmod.jobs.executor.probe import PIDS

PATIENCE = 60.0
"""For what is to happen soon [s]; only a test that fails waits so long."""
LONG = 300.0
MEGABYTE = 10**6
UNDER_WAY = frozenset({TaskState.PENDING, TaskState.RUNNING})
SUBMITTERS = 32
SCRIPT = """
import sys, threading, time
from pathlib import Path
import dmod.jobs.executor.local.executor
from dmod.jobs.executor.port import Task
executor = {opening}
task = Task({label!r}, "probe", {inputs!r}, Path({folder!r}), (), 300.0)
print("ready", flush=True)
sys.stdin.readline()
executor.submit(task)
print("submitted", flush=True)
time.sleep(300.0)
"""


@dataclass
class Trial:
    """Attempts of one test.

    Parameters
    ----------
    folder : of the job
    sees_numbers : whether processes have the same numbers from here
    """

    executor: Executor
    folder: Path
    sees_numbers: bool = True
    labels: list[str] = field(default_factory=list)

    def task(self, label: str, inputs: Mapping[str, Any], **other: Any) -> Task:
        """Return a task that does the action ``probe``."""
        values = {"action": "probe", "allocation": (), "seconds": LONG, **other}
        return Task(label=label, inputs=inputs, folder=self.folder, **values)

    def submit(self, label: str = "job:step:1", *, of: Executor | None = None, **inputs: Any) -> str:
        """Submit a probe; what begins with ``_`` is no input of it, but a part of the task."""
        other = {name[1:]: inputs.pop(name) for name in list(inputs) if name.startswith("_")}
        self.labels.append(label)
        return (of or self.executor).submit(self.task(label, inputs, **other))

    def status(self, label: str = "job:step:1", *, of: Executor | None = None) -> TaskStatus:
        """Return what is known of an attempt."""
        return (of or self.executor).poll([label])[0]

    def until(
        self, is_so: Callable[[TaskStatus], bool], label: str = "job:step:1", *, of: Executor | None = None
    ) -> TaskStatus:
        """Return what is known of an attempt as soon as something is so."""
        end = time.monotonic() + PATIENCE
        while not is_so(status := self.status(label, of=of)):
            assert time.monotonic() < end, f"waited in vain for {label}: {status}"
            (of or self.executor).wait(0.05)
        return status

    def ended(self, label: str = "job:step:1", *, of: Executor | None = None) -> TaskStatus:
        """Return how an attempt ended, once it has."""
        return self.until(lambda status: status.state in {TaskState.ENDED, TaskState.LOST}, label, of=of)

    def run(self, label: str = "job:step:1", **inputs: Any) -> TaskStatus:
        """Submit a probe and return how it ended."""
        self.submit(label, **inputs)
        return self.ended(label)

    def pids(self) -> list[int]:
        """Return the processes that probes have noted."""
        path = self.folder / PIDS
        return [int(line) for line in path.read_text(encoding="ascii").split()] if path.exists() else []

    def noted(self, count: int) -> list[int]:
        """Return the processes that probes have noted, once there are so many."""
        end = time.monotonic() + PATIENCE
        while len(self.pids()) < count:
            assert time.monotonic() < end, f"{len(self.pids())} of {count} processes were noted"
            time.sleep(0.01)
        return self.pids()

    def left(self) -> list[int]:
        """Return the processes that probes have noted and that are still there, once they had time to go."""
        end = time.monotonic() + 5.0
        while (left := self._living()) and time.monotonic() < end:
            time.sleep(0.02)
        return left

    def _living(self) -> list[int]:
        """Return processes of probes; those of other numberings are known by the folder they work in."""
        if self.sees_numbers:
            return [pid for pid in self.pids() if start_ticks(pid)]
        return processes_in(self.folder)

    def finish(self) -> None:
        """End what is under way; nothing may be left of it."""
        for label in self.labels:
            self.executor.cancel(label, 0.0)
        for label in self.labels:
            if self.status(label).state in UNDER_WAY:
                self.ended(label)
        assert self.left() == []


def processes_in(folder: Path) -> list[int]:
    """Return the processes of this machine that work in a folder, those in containers too."""
    try:
        wanted = folder.stat()
    except FileNotFoundError:
        return []
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            place = (path / "cwd").stat()
            if (place.st_dev, place.st_ino) == (wanted.st_dev, wanted.st_ino):
                found.append(int(path.name))
    return found


class ExecutorTrials:
    """The fixture and the hooks of tests of an `Executor`, to be overridden.

    Attributes
    ----------
    pins_processors : whether an attempt sees only as many processors as it has; others are only given as much
        time as those have
    rank_nodes : on how many nodes programs of many ranks are tried
    sees_numbers : whether processes of attempts have the same numbers from here; those in containers have not
    """

    pins_processors = True
    sees_numbers = True
    rank_nodes = 3

    @pytest.fixture
    def executor(self, tmp_path: Path) -> Iterator[Executor]:
        """Return an executor that knows of nothing."""
        raise NotImplementedError

    def opening(self, executor: Executor) -> str:
        """Return Python that opens the same executor in another process."""
        raise NotImplementedError

    def opened_again(self, executor: Executor) -> Executor:
        """Return the same executor, opened once more in this process."""
        raise NotImplementedError

    def kill_supervisor(self, status: TaskStatus) -> None:
        """Kill what looks after an attempt that runs; by default its native id is the number of a process."""
        os.kill(int(status.native_id), signal.SIGKILL)

    @pytest.fixture
    def trial(self, executor: Executor, tmp_path: Path) -> Iterator[Trial]:
        """Return attempts of which nothing may be left."""
        trial = Trial(executor, tmp_path / "job", self.sees_numbers)
        yield trial
        trial.finish()

    def controller(self, trial: Trial, label: str, inputs: Mapping[str, Any]) -> subprocess.Popen[str]:
        """Start another process that submits an attempt when it gets a line."""
        trial.labels.append(label)
        script = SCRIPT.format(
            opening=self.opening(trial.executor), label=label, inputs=dict(inputs), folder=str(trial.folder)
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process
