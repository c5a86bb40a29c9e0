"""Statements that read whole jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from dmod.errors import JobNotFound
from dmod.jobs.job import Job
from dmod.jobs.state import JobState
from dmod.jobs.store.refusal import ALIKE, beginnings, no_job
from dmod.jobs.store.rows import Large, job_of
from dmod.jobs.store.tables import jobs, requests, steps, summaries

BATCH = 5_000
_AFTER_ALL = "\x7f"
"""After every character that an id may have."""
# statements are made once: that takes longer than to execute them
_JOBS = (
    select(jobs, summaries.c.document.label("summary"), requests.c.document.label("request"))
    .join(summaries, summaries.c.job_id == jobs.c.id)
    .join(requests, requests.c.job_id == jobs.c.id)
    .where(jobs.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(jobs.c.id)
)
_STEPS = select(steps.c.job_id, steps.c.number, steps.c.inputs, steps.c.result).where(
    steps.c.job_id.in_(bindparam("ids", expanding=True))
)


def job(connection: Connection, job_id: str) -> Job:
    """Return a job."""
    found = with_ids(connection, [job_id]) if "\x00" not in job_id else []
    if not found:
        raise not_found(connection, job_id)
    return found[0]


def not_found(connection: Connection, job_id: str) -> JobNotFound:
    """Return the error for an id that no job has."""
    for beginning in beginnings(job_id.replace("\x00", "")):
        chosen = select(jobs.c.id).where(jobs.c.id >= beginning, jobs.c.id < beginning + _AFTER_ALL)
        alike = connection.execute(chosen.order_by(jobs.c.id.desc()).limit(ALIKE + 1)).scalars().all()
        if alike:
            return no_job(job_id, alike)
    return no_job(job_id, ())


def with_ids(connection: Connection, ids: Collection[str]) -> list[Job]:
    """Return the jobs of some ids that there are, in the order of ids."""
    wanted, found = sorted(set(ids)), []
    for first in range(0, len(wanted), BATCH):
        found += _whole(connection, wanted[first : first + BATCH])
    return found


def active(connection: Connection) -> list[Job]:
    """Return all jobs that are not at an end."""
    return with_ids(connection, connection.execute(select(jobs.c.id).where(~jobs.c.is_over)).scalars().all())


def with_key(connection: Connection, owner: str, key: str) -> Job | None:
    """Return the job that an owner submitted with an idempotency key."""
    return _first(connection, select(jobs.c.id).where(jobs.c.owner == owner, jobs.c.idempotency_key == key))


def answered(connection: Connection, digest: str) -> Job | None:
    """Return the newest completed job with a digest that was not itself answered by another."""
    chosen = select(jobs.c.id).where(
        jobs.c.digest == digest, jobs.c.state == JobState.COMPLETED.value, jobs.c.answered_by == ""
    )
    return _first(connection, chosen.order_by(jobs.c.id.desc()))


def done_step(connection: Connection, key: str) -> tuple[Job, str] | None:
    """Return the newest job with a step done under a key, and the step's name."""
    chosen = select(steps.c.job_id, steps.c.name).where(steps.c.done_key == key)
    row = connection.execute(chosen.order_by(steps.c.job_id.desc(), steps.c.number).limit(1)).first()
    return None if row is None else (job(connection, row.job_id), row.name)


def _first(connection: Connection, chosen: Select[Any]) -> Job | None:
    found = connection.execute(chosen.limit(1)).scalar()
    return None if found is None else job(connection, found)


def _whole(connection: Connection, ids: Sequence[str]) -> list[Job]:
    """Return jobs with their requests, and inputs and results of their steps, in the order of ids."""
    rows = connection.execute(_JOBS, {"ids": ids}).all()
    large: dict[str, dict[int, tuple[str, str | None]]] = {row.id: {} for row in rows}
    for step in connection.execute(_STEPS, {"ids": ids}) if rows else ():
        large[step.job_id][step.number] = (step.inputs, step.result)
    return [job_of(row, row.summary, Large(row.request, large[row.id])) for row in rows]
