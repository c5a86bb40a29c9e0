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
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import SubmitError
from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Share
from dmod.jobs.executor.port import Executor, TaskState, TaskStatus
from dmod.testing.executor_faults_suite import ExecutorFaultsSuite
from dmod.testing.executor_trial import LONG, MEGABYTE, PATIENCE, UNDER_WAY, Trial


class ExecutorSuite(ExecutorFaultsSuite):
    """Tests of an `Executor`; override the fixture, and say how it is opened again."""

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
        assert found["threads"] == "1"
        if self.pins_processors:
            assert found["cpus"] == 1

    def test_ranks_run_on_all_nodes_of_an_attempt_and_reach_one_another(self, trial: Trial) -> None:
        if shutil.which("mpirun") is None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("mpirun is not installed")
        nodes = [node for node in trial.executor.nodes() if node.is_ready][: self.rank_nodes]
        allocation = tuple(Share(node.name, 1, 300 * MEGABYTE) for node in nodes)
        status = trial.run(ranks=3, _allocation=allocation)
        assert status.cause is None
        assert status.result is not None
        said = status.result["ranks"]
        assert [(one["rank"], one["size"]) for one in said] == [(0, 3), (1, 3), (2, 3)]
        # where mpi4py is not there they say nothing
        assert {one["sum"] for one in said} <= {3, None}
        assert len(status.result["hosts"]) == len(nodes)

    def test_ranks_that_fail_are_an_attempt_that_fails(self, trial: Trial) -> None:
        if shutil.which("mpirun") is None:
            pytest.skip("mpirun is not installed")
        node = trial.executor.nodes()[0]
        allocation = (Share(node.name, 1, 300 * MEGABYTE),)
        program = ["/bin/sh", "-c", "test $OMPI_COMM_WORLD_RANK = 0 || exit 5; exec sleep 60"]
        status = trial.run(ranks=2, ranks_program=program, _allocation=allocation)
        assert status.cause is not None
        assert "ended with code 5" in status.cause.message

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
        while trial.status().state in UNDER_WAY:
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
        assert trial.status("b:s:1").state in UNDER_WAY

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
