"""Jobs for the conformance suite of job stores, and what happens to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.demand import Demand, Share
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Attempt, Job, JobKind, Step, StepPlan, Wish
from dmod.jobs.state import ENDS, AttemptState, JobState, StepState
from dmod.jobs.store.port import Change, JobQuery, JobStore

AT = datetime(2030, 1, 1, 12, 0, 0, 250_001, tzinfo=UTC)
REQUEST = {"kind": "run", "domain": {"catchments": ["cat-27", "cat-52"]}, "ratio": 0.1, "none": None}


def a_job(job_id: str, **changes: Any) -> Job:
    """Return a new job with two steps of one group."""
    plain = Job(
        job_id,
        JobKind.RUN,
        "ada",
        REQUEST,
        f"digest-of-{job_id}",
        AT,
        demand={"run": Demand(2, 10**9, 60.0)},
        steps=(
            Step(StepPlan("stage", "stage", JobState.STAGING, {"files": ["a", "b"]}, group="run"), 0),
            Step(StepPlan("run", "run", JobState.RUNNING, {"n": 1}, ("stage",), "run", is_reusable=True), 1),
        ),
    )
    return replace(plain, **changes)


def a_full_job(job_id: str) -> Job:
    """Return a job in which nothing is left out."""
    cause = Cause(CauseKind.SIGNAL, "it was ended", "try again", True, 137, "SIGKILL", "run")
    shares = (Share("node-1", 2, 10**12), Share("node-2", 1, 0))
    attempts = (
        Attempt(1, AttemptState.ENDED, "local", AT, "pid 7", shares, AT, later(3), cause),
        Attempt(2, AttemptState.ENDED, "slurm", later(4), "j1", shares, later(5), later(6)),
    )
    plan = StepPlan("run", "run", JobState.RUNNING, {"a": {"b": [1, None]}}, ("x",), "g", True, True)
    done = Step(plan, 0, StepState.DONE, "key", {"score": 0.5, "text": "ä \x00 ☃"}, "", attempts, later(9))
    taken = Step(replace(plan, name="next"), 1, StepState.DONE, "other", {}, "j0:run:1")
    return Job(
        job_id,
        JobKind.CALIBRATION,
        "ada",
        {"deep": [{"er": True}]},
        "digest",
        AT,
        "a Näme\nof two lines",
        {"basin": "logan", "empty": ""},
        0,
        f"key of {job_id}",
        JobState.CANCELLED,
        0,
        later(10),
        later(1),
        later(20),
        {"g": Demand(), "": Demand(4, 5, 6.5)},
        shares,
        (done, taken),
        cause,
        "j0",
        Wish("grace", "too long", later(8)),
        ("grace", "alan"),
        is_confined=True,
    )


def later(seconds: float) -> datetime:
    """Return a time some seconds after `AT`."""
    return AT + timedelta(seconds=seconds)


def an_event(job_id: str, kind: EventKind = EventKind.STATE, **data: Any) -> Event:
    """Return an event of a job."""
    return Event(job_id, AT, kind, "controller", "it is so", data)


def keep(store: JobStore, *job_ids: str, **changes: Any) -> list[Job]:
    """Submit jobs and return them."""
    return [store.submit(a_job(name, **changes), [an_event(name)]).job for name in job_ids]


def change(store: JobStore, job: Job, **changes: Any) -> Job:
    """Change one job and return it as it is then."""
    return store.apply([Change(replace(job, **changes), (an_event(job.id),))]).jobs[0]


def end(store: JobStore, job: Job, state: JobState = JobState.COMPLETED, seconds: float = 60) -> Job:
    """Bring a job to an end."""
    assert state in ENDS
    return change(store, job, state=state, ended=later(seconds))


def with_done(job: Job, number: int, key: str, result: Mapping[str, Any]) -> Job:
    """Return a job with one of its steps done."""
    return job.with_step(replace(job.steps[number], state=StepState.DONE, key=key, result=result))


def with_attempt(
    job: Job, step: int, number: int, cpus: int, begun: float, ended: float | None = None
) -> Job:
    """Return a job with an attempt at a step, from and to some seconds after `AT`."""
    attempt = Attempt(
        number,
        AttemptState.STARTED if ended is None else AttemptState.ENDED,
        "local",
        later(begun),
        allocation=(Share("node-1", cpus, 1),),
        ended=None if ended is None else later(ended),
    )
    return job.with_step(job.steps[step].with_attempt(attempt))


def listed(store: JobStore, **query: Any) -> list[str]:
    """Return the ids of a list's first page."""
    return [job.id for job in store.list(JobQuery(**query)).jobs]
