"""Jobs that are made of other jobs: their members are submitted, watched, and cancelled with them.

Such a job holds nothing itself meanwhile. Its members are jobs of their own with a label that names it; each
is submitted under a key made of both, so that doing it again after a crash makes none twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.control.moving import CONTROLLER, cancelled, go_on
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Job, Step
from dmod.jobs.state import JobState, StepState
from dmod.jobs.store.port import Change

MEMBERS = "members"
"""Action of the step at which a job waits for its members; no executor has it."""
LABEL = "dmod/part-of"
"""Label of a member, with the id of the job that it belongs to."""


class Members(Protocol):
    """What the controller asks about members."""

    def submit(self, job: Job) -> None:
        """Submit all members of a job that were not submitted yet."""

    def cancel(self, job: Job) -> None:
        """Let all members of a job end."""

    def count(self, job: Job) -> Mapping[JobState, int]:
        """Return how many members are in each state."""


def is_gathered(job: Job) -> bool:
    """Whether a job is made of others, or is at a step that is."""
    step = job.current
    return step is not None and step.plan.action == MEMBERS


def advance(job: Job, members: Members, at: datetime) -> Change | None:
    """Return what follows for a job from how its members are; None if nothing."""
    step = job.current
    assert step is not None
    if job.wish is not None and step.state is not StepState.WAITING:
        members.cancel(job)
    if step.state is StepState.WAITING:
        if job.wish is not None:
            return _over(job, step, JobState.CANCELLED, at, cancelled(job.wish))
        members.submit(job)
        running = replace(step, state=StepState.RUNNING)
        moved = job.with_step(running).to(JobState.RUNNING, at, started=job.started or at)
        return Change(moved, (_event(job, moved, at, "its members are submitted"),))
    counted = members.count(job)
    if any(not state.is_end for state in counted):
        return None
    done, total = counted.get(JobState.COMPLETED, 0), sum(counted.values())
    result = {"members": total, **{state.value: number for state, number in counted.items()}}
    step = replace(step, result=result)
    if done == total:
        finished = replace(step, state=StepState.DONE)
        if step.number < len(job.steps) - 1:
            return go_on(job, finished, at, "all members are completed")
        return _over(job, finished, JobState.COMPLETED, at)
    if job.wish is not None:
        return _over(job, step, JobState.CANCELLED, at, cancelled(job.wish))
    cause = Cause(
        CauseKind.EXIT,
        f"{total - done} of {total} members did not complete",
        hint=f"list them: dmod jobs --label {LABEL}={job.id}; retry takes up those that failed",
        step=step.name,
    )
    return _over(job, step, JobState.FAILED, at, cause)


def _over(job: Job, step: Step, state: JobState, at: datetime, cause: Cause | None = None) -> Change:
    ends = {JobState.CANCELLED: StepState.CANCELLED, JobState.FAILED: StepState.FAILED}
    moved = job.with_step(replace(step, state=ends.get(state, step.state))).to(
        state, at, ended=at, cause=cause, wish=None if cause is None else job.wish
    )
    reason = cause.message if cause is not None else "all members are completed"
    return Change(moved, (_event(job, moved, at, reason, cause),))


def _event(before: Job, after: Job, at: datetime, reason: str, cause: Cause | None = None) -> Event:
    data = {"from": before.state.value, "to": after.state.value}
    more = {"cause": cause.as_json()} if cause is not None else {}
    return Event(after.id, at, EventKind.STATE, CONTROLLER, reason, {**data, **more})
