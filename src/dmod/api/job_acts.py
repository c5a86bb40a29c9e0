"""Routes that do something with a job: cancel it, take it up again, share it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from dmod.accounts.permission import Permission
from dmod.accounts.user import EVERYBODY, require_name
from dmod.api.asking import Asking, Needs
from dmod.api.bodies import Body, example
from dmod.api.guarding import GuardedRoute
from dmod.api.parameters import PRINTABLE, JobId
from dmod.api.seeing import job_to_change
from dmod.api.shown_jobs import JobShown, job_of

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=GuardedRoute)

Changing = Annotated[Asking, Depends(Needs(Permission.JOB_CHANGE))]
Sharing = Annotated[Asking, Depends(Needs(Permission.JOB_SHARE))]


class CancelBody(Body):
    """Why a job is to end."""

    model_config = example(reason="wrong period")

    reason: str = Field(default="", max_length=500, pattern=PRINTABLE)


class SharingBody(Body):
    """Who may see a job beside its owner."""

    model_config = example(shared_with=["grace"])

    shared_with: list[str] = Field(max_length=200, description="names of users; * stands for everybody")


@router.post("/{job_id}/cancel", response_model=JobShown, summary="Cancel a job")
def cancel_job(asking: Changing, job_id: JobId, body: CancelBody | None = None) -> JobShown:
    """Let a job end: what waits is cancelled at once, what runs is asked to end and then made to.

    Cancelling twice is cancelling once.
    """
    job = job_to_change(asking, job_id, Permission.JOB_CHANGE)
    reason = body.reason if body is not None else ""
    return job_of(asking.services.jobs.cancel(job.id, asking.user, reason))


@router.post("/{job_id}/retry", response_model=JobShown, summary="Take a job up again")
def retry_job(asking: Changing, job_id: JobId) -> JobShown:
    """Let a job that failed, was cancelled or ran out of time go on from the step where it ended."""
    job = job_to_change(asking, job_id, Permission.JOB_CHANGE)
    return job_of(asking.services.jobs.retry(job.id, asking.user))


@router.put("/{job_id}/sharing", response_model=JobShown, summary="Share a job")
def share_job(asking: Sharing, job_id: JobId, body: SharingBody) -> JobShown:
    """Say who may see a job beside its owner, in place of who might before."""
    job = job_to_change(asking, job_id, Permission.JOB_SHARE)
    for name in body.shared_with:
        if name != EVERYBODY:
            require_name(name)
    return job_of(asking.services.jobs.share(job.id, body.shared_with))
