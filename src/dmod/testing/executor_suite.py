# ruff: noqa: D102 - the names of tests say what they test
"""What every executor must do: tests to subclass, shipped for authors of other executors.

Give a fixture that returns an executor, and say how another process opens the same one::

    class TestMyExecutor(ExecutorSuite):
        @pytest.fixture
        def executor(self, tmp_path):
            executor = MyExecutor(...)
            yield executor
            executor.close()

        def opening(self, executor):
            return f"my_package.MyExecutor({executor.address!r})"

Attempts do the action ``probe``, which has to reach the job's folder, and whose processes have to be seen
from here. No process that a test lets start may be left when the test has ended; that is part of each.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dmod.core.process import start_ticks
from dmod.errors import SubmitError
from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Share
from dmod.jobs.executor.port import Executor, Task, TaskState, TaskStatus
from dmod.jobs.executor.probe import PIDS

PATIENCE = 60.0
"""For what is to happen soon [s]; only a test that fails waits so long."""
LONG = 300.0
MEGABYTE = 10**6
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
    """

    executor: Executor
    folder: Path
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
        while (left := [pid for pid in self.pids() if start_ticks(pid)]) and time.monotonic() < end:
            time.sleep(0.02)
        return left

    def finish(self) -> None:
        """End what is under way; nothing may be left of it."""
        for label in self.labels:
            self.executor.cancel(label, 0.0)
        for label in self.labels:
            if self.status(label).state in {TaskState.RUNNING, TaskState.PENDING}:
                self.ended(label)
        assert self.left() == []


class ExecutorSuite:
    """Tests of an `Executor`; override the fixture and the hooks."""

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
        trial = Trial(executor, tmp_path / "job")
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

    # Running

    def test_nodes_have_processors_and_memory(self, executor: Executor) -> None:
        nodes = executor.nodes()
        assert nodes
        assert all(node.cpus >= 1 and node.memory > 0 for node in nodes)
        assert {node.executor for node in nodes} == {executor.name}

    def test_attempt_that_succeeds_ends_with_its_result(self, trial: Trial) -> None:
        native = trial.submit(result={"found": [1, None, "é"]})
        status = trial.ended()
        assert status.is_success
        assert status.result is not None
        assert status.result["found"] == [1, None, "é"]
        assert status.native_id == native != ""
        assert status.started is not None
        assert status.ended is not None
        assert status.started <= status.ended

    def test_statuses_come_in_the_order_of_labels(self, trial: Trial) -> None:
        trial.run("a:s:1", result={"name": "a"})
        trial.run("b:s:1", exit=3)
        found = trial.executor.poll(["b:s:1", "nobody:s:1", "a:s:1", "b:s:1"])
        assert [status.label for status in found] == ["b:s:1", "nobody:s:1", "a:s:1", "b:s:1"]
        assert [status.state for status in found] == [
            TaskState.ENDED, TaskState.UNKNOWN, TaskState.ENDED, TaskState.ENDED,
        ]  # fmt: skip
        assert trial.executor.poll([]) == []

    @pytest.mark.parametrize(
        "label", ["nobody:s:1", "../../etc:s:1", "", ".", "é ü/:s:1", "x" * 500 + ":s:1"]
    )
    def test_label_that_nobody_submitted_is_unknown(self, trial: Trial, label: str) -> None:
        trial.executor.cancel(label, 0.0)
        trial.executor.forget(label)
        assert trial.executor.log(label) == b""
        assert trial.status(label) == TaskStatus(label, TaskState.UNKNOWN)

    def test_labels_of_any_text_are_kept_apart(self, trial: Trial) -> None:
        labels = [
            "a b:s:1",
            "a,b:s:1",
            "a/b:s:1",
            "../b:s:1",
            "é:s:1",
            "x" * 400 + "1:s:1",
            "x" * 400 + "2:s:1",
        ]
        for number, label in enumerate(labels):
            trial.submit(label, result={"number": number})
        numbers = [(trial.ended(label).result or {})["number"] for label in labels]
        assert numbers == list(range(len(labels)))

    def test_action_works_in_the_folder_and_has_only_what_it_is_given(
        self, trial: Trial, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PASSWORD_OF_THE_SERVER", "secret")
        found = trial.run(_environment={"DMOD_GIVEN": "1"}).result
        assert found is not None
        assert Path(found["folder"]) == trial.folder.resolve()
        assert "DMOD_GIVEN" in found["variables"]
        assert "PASSWORD_OF_THE_SERVER" not in found["variables"]
        assert found["umask"] == 0o077
        assert Path(found["temporary"]).is_relative_to(trial.folder)

    def test_action_is_told_how_many_processors_it_has(self, trial: Trial) -> None:
        node = trial.executor.nodes()[0]
        found = trial.run(_allocation=(Share(node.name, 1, 500 * MEGABYTE),)).result
        assert found is not None
        assert (found["threads"], found["cpus"]) == ("1", 1)

    def test_inputs_that_are_no_json_are_refused_and_nothing_is_accepted(self, trial: Trial) -> None:
        with pytest.raises(SubmitError, match="JSON") as caught:
            trial.submit(result={"path": Path()})
        assert not caught.value.retryable
        assert trial.status().state is TaskState.UNKNOWN

    def test_attempt_tells_how_far_it_is_and_what_it_uses(self, trial: Trial) -> None:
        trial.submit(seconds=LONG)
        status = trial.until(lambda item: item.progress is not None and item.usage is not None)
        first = trial.until(lambda item: item.heartbeat is not None).heartbeat
        assert status.state is TaskState.RUNNING
        assert status.progress is not None
        assert status.progress.text.startswith("slept")
        assert status.usage is not None
        used = trial.until(lambda item: item.usage is not None and item.usage.memory > 0).usage
        assert used is not None
        assert used.peak >= used.memory > 0
        assert first is not None
        trial.until(lambda item: item.heartbeat is not None and item.heartbeat > first)

    def test_log_has_what_was_written_from_an_offset(self, trial: Trial) -> None:
        trial.submit(lines=3, line="höhe", error="internal")
        trial.ended()
        whole = trial.executor.log("job:step:1")
        assert whole.decode().startswith("höhe 0\nhöhe 1\nhöhe 2\n")
        assert b"Traceback" in whole
        assert trial.executor.log("job:step:1", offset=10, limit=7) == whole[10:17]
        assert trial.executor.log("job:step:1", offset=len(whole) + 5) == b""

    def test_log_is_there_while_the_attempt_runs(self, trial: Trial) -> None:
        trial.submit(lines=1, seconds=LONG)
        trial.until(lambda _: trial.executor.log("job:step:1") == b"line 0\n")
        assert trial.status().state is TaskState.RUNNING

    def test_waiting_ends_when_an_attempt_does_and_when_somebody_wakes(self, trial: Trial) -> None:
        trial.submit(seconds=0.2)
        start = time.monotonic()
        while trial.status().state is TaskState.RUNNING:
            trial.executor.wait(PATIENCE)
        assert time.monotonic() - start < PATIENCE
        waking = threading.Timer(0.05, trial.executor.wake)
        waking.start()
        trial.executor.wait(PATIENCE)
        waking.join()
        assert time.monotonic() - start < PATIENCE

    def test_what_is_forgotten_is_unknown_and_what_runs_is_not_forgotten(self, trial: Trial) -> None:
        trial.run("a:s:1", lines=1)
        trial.executor.forget("a:s:1")
        assert trial.status("a:s:1").state is TaskState.UNKNOWN
        assert trial.executor.log("a:s:1") == b""
        trial.submit("b:s:1", seconds=LONG)
        trial.executor.forget("b:s:1")
        assert trial.status("b:s:1").state is TaskState.RUNNING

    # Causes

    @pytest.mark.parametrize(
        ("inputs", "kind", "words", "retryable"),
        [
            ({"exit": 7}, CauseKind.EXIT, "code 7", False),
            ({"exit": 0}, CauseKind.INTERNAL, "without an answer", False),
            ({"signal": "SIGKILL"}, CauseKind.SIGNAL, "SIGKILL", True),
            ({"signal": "SIGSEGV"}, CauseKind.SIGNAL, "SIGSEGV", False),
            ({"signal": "SIGTERM"}, CauseKind.SIGNAL, "SIGTERM", True),
            ({"error": "input"}, CauseKind.INPUT, "told to be wrong", False),
            ({"error": "backend"}, CauseKind.BACKEND, "told to fail", True),
            ({"error": "internal"}, CauseKind.INTERNAL, "RuntimeError: a fault", False),
            ({"error": "memory"}, CauseKind.OUT_OF_MEMORY, "memory", False),
            ({"unserialisable": True}, CauseKind.INTERNAL, "cannot be written as JSON", False),
            ({"unheard_of": 1}, CauseKind.INPUT, "unheard_of", False),
        ],
        ids=lambda value: str(value) if isinstance(value, dict) else "",
    )
    def test_each_ending_has_its_own_cause(
        self, trial: Trial, inputs: dict[str, Any], kind: CauseKind, words: str, retryable: bool
    ) -> None:
        status = trial.run(**inputs)
        assert status.state is TaskState.ENDED
        assert not status.is_success
        assert status.cause is not None
        assert (status.cause.kind, status.cause.retryable) == (kind, retryable)
        assert words in status.cause.message
        assert status.cause.exit_code == inputs.get("exit")
        assert status.cause.signal == inputs.get("signal", "")

    def test_action_that_is_not_known_is_refused_with_those_that_are(self, trial: Trial) -> None:
        status = trial.run(_action="prob")
        assert status.cause is not None
        assert status.cause.kind is CauseKind.INPUT
        assert "'prob'" in status.cause.message
        assert "did you mean probe?" in status.cause.hint

    def test_attempt_after_a_failure_may_succeed(self, trial: Trial) -> None:
        for number, succeeds in ((1, False), (2, False), (3, True)):
            status = trial.run(f"job:step:{number}", fail=2)
            assert status.is_success == succeeds
            assert succeeds or (status.cause is not None and status.cause.retryable)

    @pytest.mark.parametrize("ignores", [False, True])
    def test_attempt_that_takes_too_long_is_ended(self, trial: Trial, ignores: bool) -> None:
        status = trial.run(seconds=LONG, ignore_term=ignores, _seconds=0.5)
        assert status.cause is not None
        assert status.cause.kind is CauseKind.TIME
        assert "0.5 s" in status.cause.message
        assert ("killed" in status.cause.message) == ignores

    def test_attempt_that_takes_too_much_memory_is_ended(self, trial: Trial) -> None:
        node = trial.executor.nodes()[0]
        allocation = (Share(node.name, 1, 100 * MEGABYTE),)
        status = trial.run(memory=250 * MEGABYTE, hold=LONG, _allocation=allocation)
        assert status.cause is not None
        assert status.cause.kind is CauseKind.OUT_OF_MEMORY
        assert "allowed 100.0 MB" in status.cause.message

    def test_attempt_within_its_memory_succeeds(self, trial: Trial) -> None:
        node = trial.executor.nodes()[0]
        status = trial.run(memory=100 * MEGABYTE, _allocation=(Share(node.name, 1, 300 * MEGABYTE),))
        assert status.is_success
        assert status.usage is not None
        assert 100 * MEGABYTE < status.usage.peak < 300 * MEGABYTE

    # Cancelling

    @pytest.mark.parametrize("ignores", [False, True])
    def test_attempt_that_is_cancelled_ends_with_all_of_its_processes(
        self, trial: Trial, ignores: bool
    ) -> None:
        trial.submit(seconds=LONG, ignore_term=ignores, fork=2, spawn=2, children=2)
        trial.noted(7)
        trial.executor.cancel("job:step:1", 0.3)
        status = trial.ended()
        assert status.cause is not None
        assert status.cause.kind is CauseKind.CANCELLED
        assert ("killed" in status.cause.message) == ignores
        assert len(trial.pids()) == 7
        assert trial.left() == []

    def test_processes_that_an_attempt_leaves_end_with_it(self, trial: Trial) -> None:
        status = trial.run(fork=2, spawn=2, children=2)
        assert status.is_success
        assert len(trial.pids()) == 7
        assert trial.left() == []

    def test_cancelling_twice_takes_the_shorter_time(self, trial: Trial) -> None:
        trial.submit(seconds=LONG, ignore_term=True)
        trial.noted(1)
        trial.executor.cancel("job:step:1", LONG)
        trial.executor.cancel("job:step:1", 0.1)
        status = trial.ended()
        assert status.cause is not None
        assert status.cause.kind is CauseKind.CANCELLED

    def test_cancelling_what_has_ended_changes_nothing(self, trial: Trial) -> None:
        status = trial.run(result={"found": 1})
        trial.executor.cancel("job:step:1", 0.0)
        assert trial.status() == status
        assert self.opened_again(trial.executor).poll(["job:step:1"]) == [status]

    def test_cancelling_while_it_ends_leaves_one_verdict(self, trial: Trial) -> None:
        labels = [f"job:step:{number}" for number in range(1, 13)]
        for number, label in enumerate(labels):
            trial.submit(label)
            time.sleep(0.006 * number)
            trial.executor.cancel(label, 1.0)
        again = self.opened_again(trial.executor)
        for label in labels:
            status = trial.ended(label)
            cancelled = status.cause is not None and status.cause.kind is CauseKind.CANCELLED
            assert status.is_success != cancelled
            assert again.poll([label]) == [status]

    # Once and only once

    def test_label_that_is_submitted_again_is_the_same_attempt(self, trial: Trial) -> None:
        first = trial.submit(seconds=0.3)
        assert trial.submit(seconds=0.3, result={"second": True}) == first
        status = trial.ended()
        assert "second" not in (status.result or {})
        assert trial.submit() == first
        assert trial.status() == status
        assert len(trial.pids()) == 1

    def test_label_that_many_submit_at_once_runs_once(self, trial: Trial) -> None:
        executors = [trial.executor, self.opened_again(trial.executor)]
        barrier = threading.Barrier(SUBMITTERS)

        def submit(number: int) -> str:
            barrier.wait()
            return trial.submit(of=executors[number % 2], seconds=0.5)

        with ThreadPoolExecutor(SUBMITTERS) as pool:
            natives = set(pool.map(submit, range(SUBMITTERS)))
        assert len(natives) == 1
        assert trial.ended().is_success
        assert len(trial.pids()) == 1

    def test_label_that_several_processes_submit_runs_once(self, trial: Trial) -> None:
        processes = [self.controller(trial, "job:step:1", {"seconds": 1.0}) for _ in range(3)]
        try:
            for process in processes:
                process.stdin.write("\n")  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]
            answers = [process.stdout.readline() for process in processes]  # type: ignore[union-attr]
            assert answers == ["submitted\n"] * 3
        finally:
            for process in processes:
                process.kill()
                process.communicate()
        assert trial.ended().is_success
        assert len(trial.pids()) == 1

    # Being killed

    def test_attempts_of_a_controller_that_was_killed_are_found(self, trial: Trial) -> None:
        process = self.controller(trial, "job:step:1", {"seconds": LONG, "lines": 1})
        process.stdin.write("\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        assert process.stdout.readline() == "submitted\n"  # type: ignore[union-attr]
        process.kill()
        process.communicate()
        trial.noted(1)
        assert trial.status().state is TaskState.RUNNING
        assert trial.submit(seconds=LONG) == trial.status().native_id
        trial.until(lambda _: trial.executor.log("job:step:1") == b"line 0\n")
        trial.executor.cancel("job:step:1", 5.0)
        status = trial.ended()
        assert status.cause is not None
        assert status.cause.kind is CauseKind.CANCELLED
        assert len(trial.pids()) == 1

    @pytest.mark.parametrize("delay", [0.0, 0.1, 0.2, 0.3, 0.5])
    def test_controller_killed_while_it_submits_leaves_one_attempt(self, trial: Trial, delay: float) -> None:
        process = self.controller(trial, "job:step:1", {"seconds": 0.2})
        process.stdin.write("\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        time.sleep(delay)
        process.kill()
        process.communicate()
        trial.submit(seconds=0.2)
        assert trial.ended().is_success
        assert len(trial.pids()) == 1

    def test_attempt_whose_supervisor_is_killed_is_lost_with_all_of_its_processes(self, trial: Trial) -> None:
        trial.submit(seconds=LONG, fork=1, spawn=1, children=1)
        trial.noted(4)
        self.kill_supervisor(trial.status())
        status = trial.ended()
        assert status.state is TaskState.LOST
        assert not status.is_success
        assert status.cause is not None
        assert (status.cause.kind, status.cause.retryable) == (CauseKind.LOST, True)
        assert trial.left() == []
        assert self.opened_again(trial.executor).poll(["job:step:1"]) == [status]

    def test_attempt_goes_on_when_its_executor_is_closed(self, trial: Trial) -> None:
        other = self.opened_again(trial.executor)
        native = trial.submit(of=other, seconds=1.0)
        other.close()
        status = trial.ended()
        assert status.is_success
        assert status.native_id == native
