"""What is known of one attempt on an engine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.action import TEXT_LIMIT
from dmod.jobs.executor.engine.account import SUBMITTED, Account
from dmod.jobs.executor.engine.distrust import SPARE
from dmod.jobs.executor.engine.looking import View
from dmod.jobs.executor.engine.port import Sight, SightState, companion_of
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.local.attempt_folder import END, STARTED, STATUS, TASK, AttemptFolder
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


def test_what_is_said_of_another_node_counts_once_it_has_stayed_so(tmp_path: Path) -> None:
    folder = AttemptFolder.of_label(tmp_path, LABEL)
    folder.make()
    folder.write_once(TASK, {"hosts": [["here", 1], ["there", 1]]})
    folder.write_once(SUBMITTED, {"native_id": "7", "at": AT})
    folder.write_once(STARTED, {"host": "here", "pid": 1, "ticks": 1, "at": AT})
    engine = ProcessEngine(tmp_path / "engine")
    account = Account(LABEL, folder, EngineSettings(settle=2.0, window=60.0), engine)
    running = {LABEL: Sight(LABEL, SightState.RUNNING, "7")}
    other = companion_of(LABEL, 1)
    gone = Sight(other, SightState.ENDED, "8", cause=Cause(CauseKind.LOST, "its node is down"), is_lost=True)
    whole, part = View(begun=1.0, sights=running), View(begun=1.0, sights={**running, other: gone})

    assert account.look(1.0, part, is_stale=False).state is TaskState.RUNNING
    assert account.look(2.0, whole, is_stale=False).state is TaskState.RUNNING
    assert account.look(4.0, part, is_stale=False).state is TaskState.RUNNING
    status = account.look(7.0, part, is_stale=False)
    assert status.state is TaskState.LOST
    assert status.cause is not None
    assert "what went with it on there ended: its node is down" in status.cause.message


def test_end_that_an_image_wrote_counts_once_nothing_of_it_goes_on(tmp_path: Path) -> None:
    folder = AttemptFolder.of_label(tmp_path, LABEL)
    folder.make()
    folder.write_once(TASK, {"image": f"snow@sha256:{'1' * 64}"})
    folder.write_once(SUBMITTED, {"native_id": "7", "at": AT})
    folder.write_once(STARTED, {"host": "here", "pid": 1, "ticks": 1, "at": AT})
    folder.write_once(END, {"at": AT, "result": {"found": 1}})
    account = Account(LABEL, folder, EngineSettings(settle=2.0), ProcessEngine(tmp_path / "engine"))
    running = {LABEL: Sight(LABEL, SightState.RUNNING, "7")}

    assert account.look(1.0, View(), is_stale=False).state is TaskState.RUNNING
    assert account.look(2.0, View(1.5, running), is_stale=False).state is TaskState.RUNNING
    assert not account.lingers
    assert account.look(4.0, View(3.5, running), is_stale=False).state is TaskState.RUNNING
    assert account.lingers
    ended = View(4.5, {LABEL: Sight(LABEL, SightState.ENDED, "7")})
    assert account.look(5.0, ended, is_stale=False).is_success


def test_end_that_an_image_wrote_counts_where_the_engine_has_removed_it(tmp_path: Path) -> None:
    folder = AttemptFolder.of_label(tmp_path, LABEL)
    folder.make()
    folder.write_once(TASK, {"image": f"snow@sha256:{'1' * 64}"})
    folder.write_once(SUBMITTED, {"native_id": "7", "at": AT})
    folder.write_once(END, {"at": AT, "result": {}})
    account = Account(LABEL, folder, EngineSettings(), ProcessEngine(tmp_path / "engine"))
    assert account.look(1.0, View(), is_stale=False).state is TaskState.PENDING
    assert account.look(2.0, View(1.5), is_stale=False).is_success


@pytest.mark.parametrize(
    ("name", "document"),
    [
        (END, {"result": {}}),
        (END, {"at": AT, "result": 5}),
        (END, {"at": AT, "cause": {"kind": "none"}}),
        (END, {"at": AT, "cause": {"kind": "input", "message": "x", "other": 1}}),
        (END, {"at": AT, "result": {}, "usage": 3}),
        (STATUS, {"at": "now"}),
        (STATUS, {"at": AT, "progress": ["x"]}),
        (STATUS, {"at": AT, "usage": {"cpu": "much"}}),
        (STARTED, {"host": "here"}),
    ],
)
def test_document_that_dmod_does_not_write_ends_its_attempt_and_nothing_else(
    tmp_path: Path, name: str, document: dict[str, object]
) -> None:
    folder = AttemptFolder.of_label(tmp_path, LABEL)
    folder.make()
    folder.write_once(SUBMITTED, {"native_id": "7", "at": AT})
    folder.write_once(name, document)
    folder.write_once(STARTED, {"host": "here", "pid": 1, "ticks": 1, "at": AT})
    account = Account(LABEL, folder, EngineSettings(), ProcessEngine(tmp_path / "engine"))
    status = account.look(1.0, View(), is_stale=False)
    assert status.state is TaskState.ENDED
    assert status.cause is not None
    assert status.cause.kind is CauseKind.BACKEND
    assert account.was_judged


def test_progress_is_told_in_few_words_and_from_nothing_to_all(tmp_path: Path) -> None:
    folder = AttemptFolder.of_label(tmp_path, LABEL)
    folder.make()
    folder.write_once(SUBMITTED, {"native_id": "7", "at": AT})
    folder.write_once(STARTED, {"host": "here", "pid": 1, "ticks": 1, "at": AT})
    folder.write_once(STATUS, {"at": AT, "progress": {"text": "x" * 10_000, "done": 7}})
    account = Account(LABEL, folder, EngineSettings(), ProcessEngine(tmp_path / "engine"))
    assert account.look(1.0, View(), is_stale=False).progress == Progress("x" * TEXT_LIMIT, 1.0)


def test_image_that_runs_beyond_its_time_is_ended_whatever_it_says_of_itself(tmp_path: Path) -> None:
    folder = AttemptFolder.of_label(tmp_path, LABEL)
    folder.make()
    folder.write_once(TASK, {"image": f"snow@sha256:{'1' * 64}", "seconds": 100.0})
    folder.write_once(SUBMITTED, {"native_id": "7", "at": AT})
    folder.write_once(STARTED, {"host": "here", "pid": 1, "ticks": 1, "at": AT})
    settings = EngineSettings(grace=10.0, window=1e9)
    account = Account(LABEL, folder, settings, ProcessEngine(tmp_path / "engine"))
    running = {LABEL: Sight(LABEL, SightState.RUNNING, "7")}
    assert account.look(1.0, View(0.5, running), is_stale=False).state is TaskState.RUNNING
    assert account.look(101.0 + 10.0 + SPARE, View(1.5, running), is_stale=False).state is TaskState.RUNNING
    status = account.look(102.0 + 10.0 + SPARE, View(1.5, running), is_stale=False)
    assert status.cause is not None
    assert (status.state, status.cause.kind) == (TaskState.ENDED, CauseKind.TIME)
    assert account.was_judged
