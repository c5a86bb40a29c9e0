"""An attempt that an engine took without saying so is withdrawn, so that nothing runs beside the next one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from dmod.errors import SubmitError
from dmod.jobs.cause import CauseKind
from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.port import Order
from dmod.jobs.executor.port import Task, TaskState
from dmod.testing.executor_trial import Trial
from dmod.testing.process_engine import ProcessEngine


class SilentEngine(ProcessEngine):
    """Starts a worker only once nobody waits for its answer any more."""

    taken: Order | None = None

    def start(self, order: Order) -> str:
        self.taken = order
        raise SubmitError("no answer", retryable=True)

    def go_on(self) -> None:
        assert self.taken is not None
        super().start(self.taken)


def test_worker_that_begins_after_its_attempt_was_withdrawn_does_nothing(tmp_path: Path) -> None:
    engine = SilentEngine(tmp_path / "engine")
    with closing(EngineExecutor(tmp_path / "home", engine)) as executor:
        trial = Trial(executor, tmp_path / "job")
        told = executor.submit_many([Task("job:step:1", "probe", {}, tmp_path / "job", (), 60.0)])
        assert isinstance(told[0], SubmitError)
        executor.cancel("job:step:1", 0.0)
        engine.go_on()
        status = trial.ended()
        assert status.state is TaskState.ENDED
        assert status.cause is not None
        assert status.cause.kind is CauseKind.CANCELLED
        while engine.look() and not all(sight.state == "ended" for sight in engine.look().values()):
            executor.wait(0.1)
        assert trial.pids() == []


def test_one_that_is_refused_does_not_keep_the_others_from_being_submitted(tmp_path: Path) -> None:
    with closing(EngineExecutor(tmp_path / "home", ProcessEngine(tmp_path / "engine"))) as executor:
        trial = Trial(executor, tmp_path / "job")
        trial.labels.append("job:b:1")
        tasks = [trial.task("job:a:1", {"x": object()}), trial.task("job:b:1", {})]
        refused, native = executor.submit_many(tasks)
        assert isinstance(refused, SubmitError)
        assert isinstance(native, str)
        assert trial.ended("job:b:1").is_success
        with pytest.raises(SubmitError, match="JSON"):
            executor.submit(tasks[0])
