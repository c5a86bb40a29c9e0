"""The executor over Slurm, on a real cluster of three nodes on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmod.errors import BackendError, SubmitError
from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Share
from dmod.jobs.executor.engine.account import SUBMITTED
from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.local.attempt_folder import STARTED, AttemptFolder
from dmod.jobs.executor.port import Executor, TaskState, TaskStatus
from dmod.jobs.executor.slurm.opening import open_slurm_executor
from dmod.testing.executor_suite import ExecutorSuite
from dmod.testing.executor_trial import LONG, MEGABYTE, Trial
from dmod.testing.slurm import SlurmCluster, missing

QUICK = EngineSettings(every=0.2, settle=1.0, window=6.0, patience=3.0)
TABLE = {"patience": 5.0}
REMEMBERS = 5
"""How long the controller knows what has ended [s]: what is older is in its accounts alone."""
SAVED = 6.0
"""Within which a controller has written what it knows [s]; one that is killed sooner has not."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[SlurmCluster]:
    reason = missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as name,
        SlurmCluster(Path(name), accounting=not missing(accounting=True), remembers=REMEMBERS) as cluster,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SLURM_CONF", str(cluster.configuration))
        yield cluster


class TestSlurmExecutor(ExecutorSuite):
    """Workers are batch jobs."""

    pins_processors = False

    @pytest.fixture
    def executor(self, cluster: SlurmCluster, tmp_path: Path) -> Iterator[Executor]:
        self.cluster = cluster
        self.others: list[Executor] = []
        executor = open_slurm_executor(tmp_path / "home", TABLE, QUICK)
        yield executor
        for other in [*self.others, executor]:
            other.close()

    def opening(self, executor: Executor) -> str:
        assert isinstance(executor, EngineExecutor)
        return (
            "__import__('dmod.jobs.executor.slurm.opening', fromlist=['x']).open_slurm_executor("
            f"Path({str(executor.root.parent)!r}), {TABLE!r})"
        )

    def opened_again(self, executor: Executor) -> Executor:
        assert isinstance(executor, EngineExecutor)
        self.others.append(open_slurm_executor(executor.root.parent, TABLE, QUICK))
        return self.others[-1]

    def kill_supervisor(self, status: TaskStatus) -> None:
        os.kill(self.supervisor(status.label), signal.SIGKILL)

    def supervisor(self, label: str) -> int:
        for folder in self.folders(label):
            started = folder.read(STARTED)
            if started is not None:
                return int(started["pid"])
        raise AssertionError(label)

    def folders(self, label: str) -> list[AttemptFolder]:
        return [AttemptFolder.of_label(self.root / "attempts", label)]

    @pytest.fixture(autouse=True)
    def _root(self, tmp_path: Path) -> None:
        self.root = tmp_path / "home" / "executor-slurm"

    # what is particular of Slurm

    def test_time_that_the_partition_does_not_give_is_told_at_once(
        self, cluster: SlurmCluster, tmp_path: Path
    ) -> None:
        executor = open_slurm_executor(tmp_path / "home", {**TABLE, "partition": "short"}, QUICK)
        status = Trial(executor, tmp_path / "job").run(_seconds=3600.0)
        assert status.cause is not None
        assert status.cause.kind is CauseKind.UNSATISFIABLE
        assert "PartitionTimeLimit" in status.cause.message
        executor.close()

    def test_unknown_partition_is_refused_in_slurm_s_words(
        self, tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        executor = open_slurm_executor(tmp_path / "home", {**TABLE, "partition": "nowhere"}, QUICK)
        with pytest.raises(SubmitError, match="partition") as caught:
            Trial(executor, tmp_path / "job").submit()
        assert not caught.value.retryable
        executor.close()

    def test_attempt_waits_while_the_cluster_is_full_and_says_why(self, trial: Trial) -> None:
        share = (Share("slurm/n1", 2, 100 * MEGABYTE),)
        labels = [f"job:step:{number}" for number in range(1, 5)]
        for label in labels:
            trial.submit(label, seconds=LONG, _allocation=share)
        waiting = trial.until(
            lambda item: item.state is TaskState.PENDING and item.progress is not None, labels[-1]
        )
        assert waiting.progress is not None
        assert "waits: " in waiting.progress.text
        trial.executor.cancel(labels[-1], 1.0)
        status = trial.ended(labels[-1])
        assert status.cause is not None
        assert status.cause.kind is CauseKind.CANCELLED
        assert status.started is None

    def test_controller_that_is_down_gives_no_verdict_and_ends_are_seen(self, trial: Trial) -> None:
        trial.submit("job:a:1", seconds=LONG)
        trial.submit("job:b:1", seconds=9.0)
        for label in ("job:a:1", "job:b:1"):
            trial.until(lambda item: item.state is TaskState.RUNNING, label)
        time.sleep(SAVED)
        self.cluster.kill("slurmctld")
        try:
            assert trial.ended("job:b:1").is_success
            trial.until(lambda item: item.state is TaskState.STALE, "job:a:1")
            with pytest.raises(SubmitError) as caught:
                trial.executor.submit(trial.task("job:c:1", {}))
            assert caught.value.retryable
        finally:
            self.cluster.start_controller()
        trial.until(lambda item: item.state is TaskState.RUNNING, "job:a:1")
        trial.submit("job:c:1")
        assert trial.ended("job:c:1").is_success
        assert len(trial.pids()) == 3

    def test_job_that_an_administrator_cancels_ends_with_that_cause(self, trial: Trial) -> None:
        native = trial.submit(seconds=LONG)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        self.cluster.ask("scancel", native)
        status = trial.ended()
        assert status.cause is not None
        assert (status.cause.kind, status.cause.retryable) == (CauseKind.SIGNAL, True)
        assert "cancelled in Slurm" in status.cause.message
        assert trial.left() == []

    def test_attempt_that_gives_its_place_to_another_is_lost_and_may_be_tried_again(
        self, cluster: SlurmCluster, tmp_path: Path
    ) -> None:
        executor = open_slurm_executor(tmp_path / "home", {**TABLE, "place": True}, QUICK)
        trial = Trial(executor, tmp_path / "job")
        trial.submit(seconds=LONG, _allocation=(Share("slurm/n1", 2, 100 * MEGABYTE),))
        trial.until(lambda item: item.state is TaskState.RUNNING)
        places = ("--mem=10M", "-n1", "-c2", "-o/dev/null")
        urgent = cluster.ask("sbatch", "--parsable", *places, "-purgent", "--wrap=true").strip()
        try:
            status = trial.ended()
            assert status.cause is not None
            assert (status.cause.kind, status.cause.retryable) == (CauseKind.LOST, True)
            assert "gave its place to another" in status.cause.message
            assert trial.left() == []
        finally:
            cluster.ask("scancel", urgent)
            executor.close()

    def test_attempt_that_is_requeued_runs_once_at_most(self, trial: Trial) -> None:
        native = trial.submit(seconds=LONG)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        self.cluster.ask("scontrol", "requeue", native)  # refused: it asks not to be
        assert trial.status().state is TaskState.RUNNING
        self.cluster.ask("scontrol", "update", f"jobid={native}", "requeue=1")
        self.cluster.ask("scontrol", "requeue", native)
        status = trial.ended()
        assert status.cause is not None
        assert status.cause.retryable
        self.cluster.ask("scancel", native)
        assert len(trial.pids()) == 1
        assert trial.left() == []

    def test_worker_that_cannot_begin_is_told_with_its_code(
        self, tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        table = {**TABLE, "python": str(tmp_path / "nowhere" / "python")}
        executor = open_slurm_executor(tmp_path / "home", table, QUICK)
        status = Trial(executor, tmp_path / "job").run()
        assert status.cause is not None
        assert (status.cause.kind, status.cause.exit_code) == (CauseKind.EXIT, 127)
        assert "Python" in status.cause.hint
        executor.close()

    def test_what_the_queue_has_forgotten_is_asked_of_accounts(
        self, tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        reason = missing(accounting=True)
        if reason and os.environ.get("CI") == "true":
            pytest.fail(reason)
        if reason:
            pytest.skip(reason)
        table = {**TABLE, "python": str(tmp_path / "nowhere" / "python")}
        home = tmp_path / "home"
        executor = open_slurm_executor(home, table, QUICK)
        native = Trial(executor, tmp_path / "job").submit()
        executor.close()
        end = time.monotonic() + 60.0
        while "FAILED" not in cluster.ask("sacct", "-X", "-n", "-P", "-j", native, "--format=State"):
            assert time.monotonic() < end
            time.sleep(0.2)
        while cluster.ask("squeue", "-h", "-t", "all", "-j", native, "-o", "%i"):
            assert time.monotonic() < end
            time.sleep(0.2)
        again = open_slurm_executor(home, table, QUICK)
        status = Trial(again, tmp_path / "job").ended()
        assert status.cause is not None
        assert (status.cause.kind, status.cause.exit_code) == (CauseKind.EXIT, 127)
        again.close()

    # many at once

    def test_equal_attempts_are_one_array_and_each_is_its_own(self, trial: Trial) -> None:
        labels = [f"job:part:{number}" for number in range(12)]
        trial.labels += labels
        tasks = [trial.task(label, {}) for label in labels]
        natives = trial.executor.submit_many(tasks)
        assert [str(native).partition("_")[2] for native in natives] == [
            str(sorted(labels).index(label)) for label in labels
        ]
        assert len({str(native).partition("_")[0] for native in natives}) == 1
        assert trial.executor.submit_many(tasks) == natives
        assert trial.executor.submit(tasks[0]) == natives[0]
        for label in labels:
            assert trial.ended(label).is_success
        assert len(trial.pids()) == len(set(trial.pids())) == len(labels)

    def test_array_whose_answer_was_lost_is_found_and_not_started_twice(
        self, trial: Trial, tmp_path: Path
    ) -> None:
        labels = [f"job:lost:{number}" for number in range(4)]
        trial.labels += labels
        tasks = [trial.task(label, {"seconds": 2.0}) for label in labels]
        natives = trial.executor.submit_many(tasks)
        for label in labels:  # as if whoever submitted them had been killed before it noted the answer
            Path(self.folders(label)[0].file(SUBMITTED)).unlink()
        other = self.opened_again(trial.executor)
        assert other.submit(tasks[1]) == natives[1]
        assert other.submit_many(tasks) == natives
        for label in labels:
            assert trial.ended(label, of=other).is_success
        assert len(trial.pids()) == len(labels)

    def test_one_element_is_cancelled_and_the_others_go_on(self, trial: Trial) -> None:
        labels = [f"job:one:{number}" for number in range(8)]
        trial.labels += labels
        tasks = [trial.task(label, {"seconds": 3.0}) for label in labels]
        natives = trial.executor.submit_many(tasks)
        for label in (labels[0], labels[7]):  # one that runs, and one that waits
            trial.executor.cancel(label, 1.0)
            status = trial.ended(label)
            assert status.cause is not None
            assert status.cause.kind is CauseKind.CANCELLED
        for label in labels[1:7]:
            assert trial.ended(label).is_success
        self.cluster.until(lambda: str(natives[7]) not in self.queued())
        assert trial.left() == []

    def queued(self) -> list[str]:
        return self.cluster.ask("squeue", "-h", "-r", "-o", "%i").split()

    def test_array_that_slurm_refuses_is_refused_in_its_words_for_each(
        self, cluster: SlurmCluster, tmp_path: Path
    ) -> None:
        executor = open_slurm_executor(tmp_path / "home", {**TABLE, "partition": "nowhere"}, QUICK)
        trial = Trial(executor, tmp_path / "job")
        told = executor.submit_many([trial.task(f"job:step:{number}", {}) for number in range(3)])
        assert all(isinstance(item, SubmitError) and "partition" in item.message for item in told)
        executor.close()

    def test_dependency_that_is_never_satisfied_is_told(self, cluster: SlurmCluster, tmp_path: Path) -> None:
        failed = cluster.ask("sbatch", "--parsable", "-o/dev/null", "--mem=10M", "--wrap=false").strip()
        cluster.until(lambda: "FAILED" in cluster.ask("squeue", "-h", "-t", "all", "-j", failed, "-o", "%T"))
        table = {**TABLE, "arguments": [f"--dependency=afterok:{failed}"]}
        executor = open_slurm_executor(tmp_path / "home", table, QUICK)
        status = Trial(executor, tmp_path / "job").run()
        assert status.cause is not None
        assert status.cause.kind is CauseKind.UNSATISFIABLE
        assert "DependencyNeverSatisfied" in status.cause.message
        executor.close()

    def test_killed_step_daemon_leaves_a_worker_that_tells_its_end(self, trial: Trial) -> None:
        native = trial.submit(seconds=3.0)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        found = subprocess.run(
            ["pgrep", "-f", rf"slurmstepd: \[{native}\."], capture_output=True, text=True, check=False
        )
        for pid in found.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
        assert found.stdout.split()
        assert trial.ended().is_success

    def test_node_whose_daemon_is_killed_loses_its_attempt(self, trial: Trial) -> None:
        native = trial.submit(seconds=LONG)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        (node,) = self.cluster.ask("squeue", "-h", "-j", native, "-o", "%N").split()
        self.cluster.kill(f"slurmd-{node}")
        os.kill(self.supervisor("job:step:1"), signal.SIGKILL)
        try:
            status = trial.ended()
            assert status.state is TaskState.LOST
            self.cluster.ask("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
            assert trial.run("job:step:2").is_success
        finally:
            self.cluster.start_node(node)
            self.cluster.until(lambda: self.cluster.states().count("idle") == self.cluster.nodes)

    def test_drained_node_is_not_ready(self, executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dmod.jobs.executor.engine.looking.NODES_SECONDS", 0.0)
        assert {node.name: (node.cpus, node.is_ready) for node in executor.nodes()} == {
            f"slurm/n{number}": (2, True) for number in (1, 2, 3)
        }
        self.cluster.ask("scontrol", "update", "nodename=n2", "state=drain", "reason=test")
        try:
            end = time.monotonic() + 30.0
            while [node.name for node in executor.nodes() if not node.is_ready] != ["slurm/n2"]:
                assert time.monotonic() < end
                time.sleep(0.2)
        finally:
            self.cluster.ask("scontrol", "update", "nodename=n2", "state=resume")

    def test_commands_that_are_not_there_are_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        executor = open_slurm_executor(tmp_path / "home", TABLE, QUICK)
        with pytest.raises(BackendError, match="sinfo is not there"):
            executor.nodes()
        executor.close()
