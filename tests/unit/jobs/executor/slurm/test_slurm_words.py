"""A worker that was told to end does not know why; the engine may, and is waited for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.engine.account import SUBMITTED, Account
from dmod.jobs.executor.engine.looking import View
from dmod.jobs.executor.engine.port import Sight
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.local.attempt_folder import END, STARTED, AttemptFolder
from dmod.jobs.executor.port import TaskState
from dmod.jobs.executor.slurm.parsing import sight_of
from dmod.testing.process_engine import ProcessEngine

LABEL = "job:step:1"
AT = datetime(2026, 1, 2, tzinfo=UTC).isoformat()
SETTLE = EngineSettings().settle


def told_to_end(folder: Path) -> Account:
    attempt = AttemptFolder.of_label(folder, LABEL)
    attempt.make()
    attempt.write_once(SUBMITTED, {"native_id": "7", "at": AT})
    attempt.write_once(STARTED, {"host": "n1", "pid": 1, "ticks": 1, "at": AT})
    cause = Cause(CauseKind.SIGNAL, "its supervisor was told to end", retryable=True, signal="SIGTERM")
    attempt.write_once(END, {"at": AT, "cause": cause.as_json()})
    return Account(LABEL, attempt, EngineSettings(), ProcessEngine(folder / "engine"))


def view(at: float, sight: Sight | None) -> View:
    return View(at, {LABEL: sight} if sight is not None else {})


@pytest.mark.parametrize(
    ("state", "kind", "retryable"),
    [
        ("PREEMPTED", CauseKind.LOST, True),
        ("TIMEOUT", CauseKind.TIME, False),
        ("CANCELLED", CauseKind.SIGNAL, True),
        ("NODE_FAIL", CauseKind.LOST, True),
    ],
)
def test_why_it_was_told_to_end_is_the_engine_s_to_say(
    tmp_path: Path, state: str, kind: CauseKind, retryable: bool
) -> None:
    account = told_to_end(tmp_path)
    running = view(1.0, sight_of(LABEL, "7", "COMPLETING", "n1"))
    assert account.look(1.0, running, is_stale=False).state is TaskState.RUNNING
    status = account.look(1.2, view(1.2, sight_of(LABEL, "7", state, "n1")), is_stale=False)
    assert status.state is TaskState.ENDED
    assert status.cause is not None
    assert (status.cause.kind, status.cause.retryable) == (kind, retryable)
    assert "told to end" not in status.cause.message


@pytest.mark.parametrize("said", [None, "COMPLETED", "FAILED", "RUNNING"])
def test_engine_that_does_not_say_why_is_waited_for_no_longer_than_it_settles(
    tmp_path: Path, said: str | None
) -> None:
    account = told_to_end(tmp_path)
    seen = view(1.0, sight_of(LABEL, "7", said, "n1") if said else None)
    account.look(1.0, seen, is_stale=False)
    status = account.look(1.1 + SETTLE, seen, is_stale=False)
    assert status.state is TaskState.ENDED
    assert status.cause is not None
    assert (status.cause.kind, status.cause.signal) == (CauseKind.SIGNAL, "SIGTERM")
