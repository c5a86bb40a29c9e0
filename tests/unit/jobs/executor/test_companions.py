"""What is started on the further nodes of an attempt, beside its worker."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest

from dmod.errors import SubmitError
from dmod.jobs.demand import Share
from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.port import Order, SightState, companion_of
from dmod.jobs.executor.port import Task
from dmod.testing.process_engine import ProcessEngine

LABEL = "job:step:1"
PATIENCE = 30.0


class FullEngine(ProcessEngine):
    """Has room for companions, and none for workers."""

    def start(self, order: Order) -> str:
        """Start a companion, or refuse."""
        if order.companion is None:
            raise SubmitError("no room")
        return super().start(order)


def test_companions_of_a_worker_that_is_refused_are_ended(tmp_path: Path) -> None:
    engine = FullEngine(tmp_path / "engine")
    shares = (Share("process/here", 1, 10**8), Share("process/there", 1, 10**8))
    task = Task(LABEL, "probe", {}, tmp_path / "job", shares, 600.0)
    with closing(EngineExecutor(tmp_path / "executor", engine)) as executor:
        with pytest.raises(SubmitError, match="no room"):
            executor.submit(task)
        assert set(engine.look()) == {companion_of(LABEL, 1)}
        end = time.monotonic() + PATIENCE
        while (sight := engine.look()[companion_of(LABEL, 1)]).state is not SightState.ENDED:
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        engine.stop(companion_of(LABEL, 1))
        assert sight.state is SightState.ENDED
