# ruff: noqa: D102 - the names of tests say what they test
"""What every executor must do when attempts are cancelled, submitted again, or processes are killed."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dmod.jobs.cause import CauseKind
from dmod.jobs.executor.port import TaskState
from dmod.testing.executor_trial import LONG, SUBMITTERS, ExecutorTrials, Trial


class ExecutorFaultsSuite(ExecutorTrials):
    """Tests of an `Executor`; see `dmod.testing.executor_suite`."""

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
