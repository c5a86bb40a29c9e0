"""How far a job is, in the words of the standard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from dmod.api.ogc.links import Link, link
from dmod.jobs.control.moving import running_step
from dmod.jobs.job import Job, label
from dmod.jobs.state import JobState, StepState

Reports = Mapping[str, Mapping[str, Any]]


class StatusCode(StrEnum):
    """How far a job is."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    DISMISSED = "dismissed"


_ENDED = {
    JobState.COMPLETED: StatusCode.SUCCESSFUL,
    JobState.FAILED: StatusCode.FAILED,
    JobState.TIMED_OUT: StatusCode.FAILED,
    JobState.CANCELLED: StatusCode.DISMISSED,
}
_MOVING = frozenset(JobState) - frozenset(_ENDED)
STATES: Mapping[StatusCode, frozenset[JobState]] = {
    StatusCode.ACCEPTED: frozenset(
        {JobState.CREATED, JobState.AWAITING_DATA, JobState.PARTITIONING, JobState.AWAITING_RESOURCES}
    ),
    StatusCode.RUNNING: _MOVING,
    StatusCode.SUCCESSFUL: frozenset({JobState.COMPLETED}),
    StatusCode.FAILED: frozenset({JobState.FAILED, JobState.TIMED_OUT}),
    StatusCode.DISMISSED: _MOVING | {JobState.CANCELLED},
}
"""States that a job of each status can be in."""


def status_of(job: Job) -> StatusCode:
    """Return how far a job is: accepted until a step begins, dismissed once somebody has asked for it."""
    if job.is_over:
        return _ENDED[job.state]
    if job.wish is not None:
        return StatusCode.DISMISSED
    return StatusCode.ACCEPTED if job.started is None else StatusCode.RUNNING


def status_info(job: Job, base: str, reports: Reports | None = None) -> dict[str, Any]:
    """Return the document that tells how far a job is; ``dmod:state`` tells it more finely.

    Parameters
    ----------
    base : address of the landing page
    reports : what is known of its attempts just now, by label
    """
    status = status_of(job)
    text, done = _progress(job, reports or {})
    found: dict[str, Any] = {
        "processID": job.kind.value,
        "type": "process",
        "jobID": job.id,
        "status": status.value,
        "message": text,
        "created": moment(job.created),
    }
    times = {"started": job.started, "finished": job.ended, "updated": job.updated}
    found |= {name: moment(at) for name, at in times.items() if at is not None}
    if status in {StatusCode.ACCEPTED, StatusCode.RUNNING, StatusCode.SUCCESSFUL}:
        found["progress"] = done
    return {**found, "dmod:state": job.state.value, "links": _links(job, status, base)}


def moment(at: datetime) -> str:
    """Return a time as the standard writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _progress(job: Job, reports: Reports) -> tuple[str, int]:
    """Return what a job does, and how much of it is done [%]."""
    if job.state is JobState.COMPLETED:
        return "completed", 100
    share = sum(step.state is StepState.DONE for step in job.steps)
    text, part = job.state.words, 0.0
    step = running_step(job)
    if job.cause is not None:
        text = job.cause.message
    elif job.wish is not None:
        text = "it is being ended"
    elif step is not None and step.attempt is not None:
        report = reports.get(label(job.id, step.name, step.attempt.number), {})
        told = report.get("progress") or {}
        part = float(told.get("done") or 0.0)
        text = f"{step.name}: {told['text']}" if told.get("text") else f"step {step.name}"
    whole = max(1, len(job.steps))
    return text, min(99, max(0, int(100 * (share + min(1.0, part)) / whole)))


def _links(job: Job, status: StatusCode, base: str) -> list[Link]:
    here = f"{base}/jobs/{job.id}"
    found = [
        link(here, "self", "this document"),
        link(f"{base}/processes/{job.kind.value}", "up", "the process"),
        link(f"{base.rpartition('/')[0]}/v1/jobs/{job.id}", "related", "the job with its steps"),
    ]
    if status is StatusCode.SUCCESSFUL:
        found.append(link(f"{here}/results", "ogc:results", "its results"))
    if status is StatusCode.FAILED:
        found.append(link(f"{here}/results", "ogc:exceptions", "why it failed", "application/problem+json"))
    return found
