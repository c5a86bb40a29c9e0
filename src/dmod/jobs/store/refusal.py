"""What a job store says when it does not do what it was told; every store says the same."""

from __future__ import annotations

from collections.abc import Sequence

from dmod.errors import AlreadyExists, ConflictError, InputError, JobNotFound, StaleChange
from dmod.jobs.job import Job
from dmod.jobs.store.port import Fence

ALIKE = 5
"""How many ids that start alike are named."""
SHORTEST = 6


def beginnings(job_id: str) -> list[str]:
    """Return what ids that start alike may begin with, the longest first."""
    lengths = [len(job_id), *(n for n in (12, 9, SHORTEST) if n < len(job_id))]
    return [job_id[:length] for length in lengths if length]


def no_job(job_id: str, alike: Sequence[str]) -> JobNotFound:
    """Return the error for an id that no job has."""
    named = ", ".join(alike[:ALIKE]) + (", …" if len(alike) > ALIKE else "")
    return JobNotFound(
        f"there is no job {job_id!r}",
        hint=f"these start alike: {named}" if alike else "list those that there are: dmod jobs list",
    )


def reused_key(job: Job, found: Job) -> ConflictError:
    """Return the error for an idempotency key that another request has."""
    return ConflictError(
        f"the idempotency key {job.idempotency_key!r} was used for another request, that of job {found.id}",
        hint="use a key of its own for each request",
    )


def taken_id(job: Job) -> AlreadyExists:
    """Return the error for an id that another job has."""
    return AlreadyExists(f"there is a job {job.id} already", hint="submit it under another id")


def lost_right(fence: Fence) -> StaleChange:
    """Return the error for a change by who may act no more."""
    return StaleChange(
        f"the right {fence.name!r} has gone to another since number {fence.token}", hint="take it again first"
    )


def stale(job: Job, revision: int) -> StaleChange:
    """Return the error for a change that was made from what is no longer so."""
    return StaleChange(
        f"job {job.id} has been changed meanwhile: it is at revision {revision}, the change is of revision "
        f"{job.revision}",
        hint="read it again and decide anew",
        retryable=True,
    )


def stripped(job: Job) -> ConflictError:
    """Return the error for a change of what never changes, or of a job from a list."""
    return ConflictError(
        f"the change of job {job.id} has another request, owner, kind, digest, key or time of creation than "
        "the job",
        hint="none of these changes; jobs in lists lack their requests, so read it whole before changing it",
    )


def twice(ids: Sequence[str]) -> InputError:
    """Return the error for several changes of one job at once."""
    several = sorted({item for item in ids if ids.count(item) > 1})
    return InputError(f"several changes of {', '.join(several)} at once", hint="put them together into one")


def foreign_nodes(names: Sequence[str], executor: str) -> ConflictError:
    """Return the error for nodes of two executors."""
    return ConflictError(
        f"{', '.join(names)} cannot be of the executor {executor}: another executor has nodes of these names",
        hint="give every node a name of its own",
    )
