"""What ended jobs leave is removed, and nothing that is still of use."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dmod.jobs.identity import new_job_id
from dmod.jobs.job import Job, JobKind
from dmod.jobs.state import JobState
from dmod.jobs.store.memory import MemoryJobStore
from dmod.services.jobs.sweeping import Sweeper

NOW = datetime(2030, 1, 10, tzinfo=UTC)


def job_with_folder(store: MemoryJobStore, folder: Path, state: JobState, age: timedelta) -> Path:
    at = NOW - age
    job = Job(new_job_id(at), JobKind.PROBE, "anna", {}, "d", at)
    job = store.submit(replace(job, state=state, ended=at if state.is_end else None), []).job
    place = folder / job.id
    place.mkdir()
    (place / "file").write_text("x")
    return place


@pytest.mark.parametrize(
    ("state", "age", "stays"),
    [
        (JobState.COMPLETED, timedelta(0), False),
        (JobState.FAILED, timedelta(days=6), True),
        (JobState.FAILED, timedelta(days=8), False),
        (JobState.CANCELLED, timedelta(days=8), False),
        (JobState.RUNNING, timedelta(days=80), True),
        (JobState.CREATED, timedelta(days=80), True),
    ],
)
def test_work_is_kept_as_long_as_it_can_be_gone_on_with(
    tmp_path: Path, state: JobState, age: timedelta, stays: bool
) -> None:
    store = MemoryJobStore()
    place = job_with_folder(store, tmp_path, state, age)
    Sweeper(store, {}, tmp_path, clock=lambda: NOW).sweep()
    assert place.exists() is stays


def test_folder_of_no_job_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert Sweeper(MemoryJobStore(), {}, tmp_path, clock=lambda: NOW).sweep() == 0
    assert (tmp_path / "mine").exists()


def test_what_else_is_to_be_removed_is_asked_for(tmp_path: Path) -> None:
    called: list[int] = []
    Sweeper(MemoryJobStore(), {}, tmp_path, others=(lambda: called.append(1),)).sweep()
    assert called == [1]
