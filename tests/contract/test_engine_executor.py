"""The executor over an engine, with workers that are processes of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.local.attempt_folder import STARTED, AttemptFolder
from dmod.jobs.executor.port import Executor, TaskState, TaskStatus
from dmod.testing.executor_suite import ExecutorSuite
from dmod.testing.executor_trial import LONG, PATIENCE, Trial
from dmod.testing.process_engine import ProcessEngine

QUICK = EngineSettings(every=0.1, settle=0.3, window=10.0, patience=1.0)


class TestEngineExecutor(ExecutorSuite):
    """An engine whose workers are processes of this machine."""

    pins_processors = False

    @pytest.fixture
    def executor(self, tmp_path: Path) -> Iterator[Executor]:
        executor = EngineExecutor(tmp_path / "executor", ProcessEngine(tmp_path / "engine"), QUICK)
        self.others: list[Executor] = []
        yield executor
        for other in [*self.others, executor]:
            other.close()
        for path in (tmp_path / "engine").glob("*.json"):
            pid = json.loads(path.read_text(encoding="utf-8"))["pid"]
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                continue

    def opening(self, executor: Executor) -> str:
        assert isinstance(executor, EngineExecutor)
        folder = executor.root.parent
        return (
            "__import__('dmod.jobs.executor.engine.executor').jobs.executor.engine.executor.EngineExecutor("
            f"Path({str(folder / 'executor')!r}), "
            "__import__('dmod.testing.process_engine').testing.process_engine.ProcessEngine("
            f"Path({str(folder / 'engine')!r})))"
        )

    def opened_again(self, executor: Executor) -> Executor:
        assert isinstance(executor, EngineExecutor)
        other = EngineExecutor(executor.root, ProcessEngine(executor.root.parent / "engine"), QUICK)
        self.others.append(other)
        return other

    def kill_supervisor(self, status: TaskStatus) -> None:
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", status.native_id], capture_output=True, text=True, check=True
        )
        for pid in children.stdout.split():
            os.kill(int(pid), signal.SIGKILL)

    def test_engine_that_gives_no_answer_makes_attempts_stale_and_nothing_else(self, trial: Trial) -> None:
        trial.submit(seconds=LONG)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        engine = self._engine(trial)
        engine.is_down = True
        trial.until(lambda item: item.state is TaskState.STALE)
        engine.is_down = False
        trial.until(lambda item: item.state is TaskState.RUNNING)

    def test_nodes_of_an_engine_that_gives_no_answer_are_not_ready(
        self, executor: Executor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dmod.jobs.executor.engine.looking.NODES_SECONDS", 0.0)
        assert isinstance(executor, EngineExecutor)
        assert isinstance(executor.engine, ProcessEngine)
        assert [(node.name, node.is_ready) for node in executor.nodes()] == [("process/here", True)]
        for is_down in (True, False):
            executor.engine.is_down = is_down
            end = time.monotonic() + PATIENCE
            while executor.nodes()[0].is_ready == is_down:
                assert time.monotonic() < end
                time.sleep(0.05)

    def test_end_of_an_attempt_is_seen_while_the_engine_gives_no_answer(self, trial: Trial) -> None:
        trial.submit(seconds=2.0)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        engine = self._engine(trial)
        engine.is_down = True
        assert trial.ended().is_success
        engine.is_down = False

    def test_engine_that_has_forgotten_an_attempt_makes_it_lost(self, trial: Trial) -> None:
        native = trial.submit(seconds=LONG)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        self._engine(trial).remove("job:step:1")
        status = trial.ended()
        assert status.state is TaskState.LOST
        assert status.cause is not None
        assert "knows nothing of it" in status.cause.message
        os.killpg(int(native), signal.SIGKILL)

    def test_worker_that_is_started_a_second_time_does_nothing(self, trial: Trial) -> None:
        trial.submit(seconds=0.5)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        folder = AttemptFolder.of_label(self._executor(trial).root / "attempts", "job:step:1")
        before = folder.read(STARTED)
        again = subprocess.run(
            [sys.executable, "-m", "dmod.jobs.executor.worker", folder.path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert again.returncode == 0
        assert "looked after by another process" in again.stderr
        assert folder.read(STARTED) == before
        assert trial.ended().is_success
        assert len(trial.pids()) == 1

    def _executor(self, trial: Trial) -> EngineExecutor:
        assert isinstance(trial.executor, EngineExecutor)
        return trial.executor

    def _engine(self, trial: Trial) -> ProcessEngine:
        engine = self._executor(trial).engine
        assert isinstance(engine, ProcessEngine)
        return engine
