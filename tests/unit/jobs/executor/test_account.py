"""What is known of one attempt on an engine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dmod.jobs.executor.engine.account import SUBMITTED, Account
from dmod.jobs.executor.engine.looking import View
from dmod.jobs.executor.engine.port import Sight, SightState
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.local.attempt_folder import END, STARTED, AttemptFolder
from dmod.jobs.executor.port import Progress, TaskState
from dmod.testing.process_engine import ProcessEngine

LABEL = "job:step:1"
AT = datetime(2026, 1, 2, tzinfo=UTC).isoformat()


def test_what_an_attempt_waited_for_is_not_told_of_its_end(tmp_path: Path) -> None:
    engine = ProcessEngine(tmp_path / "engine")
    folder = AttemptFolder.of_label(tmp_path, LABEL)
    folder.make()
    folder.write_once(SUBMITTED, {"native_id": "7", "at": AT})
    account = Account(LABEL, folder, EngineSettings(), engine)
    waiting = View(begun=1.0, sights={LABEL: Sight(LABEL, SightState.WAITING, "7", reason="no node is free")})
    status = account.look(1.0, waiting, is_stale=False)
    assert (status.state, status.progress) == (TaskState.PENDING, Progress("waits: no node is free"))

    # its worker begins and ends between two looks
    folder.write_once(STARTED, {"host": "here", "pid": 1, "ticks": 1, "at": AT})
    folder.write_once(END, {"at": AT, "result": {"found": 1}})
    status = account.look(2.0, waiting, is_stale=False)
    assert status.progress is None
    assert status == Account(LABEL, folder, EngineSettings(), engine).look(3.0, View(), is_stale=False)
