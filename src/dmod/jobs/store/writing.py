"""Statements that keep new jobs and change them.

Rows are always taken in the same order (the right, jobs by id, the counter of events), so that transactions
wait for each other and never in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, tuple_, update

from dmod.database.upsert import insert_absent, insert_or_replace
from dmod.jobs.event import Event
from dmod.jobs.job import Job
from dmod.jobs.store import history, reading
from dmod.jobs.store.document import text_of
from dmod.jobs.store.port import Applied, Change, Fence, Submitted
from dmod.jobs.store.refusal import lost_right, reused_key, stale, stripped, taken_id, twice
from dmod.jobs.store.rows import (
    CHANGING,
    Row,
    attempt_rows,
    changing_row,
    face_of,
    job_row,
    label_rows,
    origin_of,
    step_row,
    summary_text,
    viewer_rows,
)
from dmod.jobs.store.tables import attempts, jobs, labels, requests, rights, steps, summaries, viewers

# statements are made once: that takes longer than to execute them
_LOCKED = (
    select(jobs.c.id, jobs.c.revision, jobs.c.state, jobs.c.origin, jobs.c.face)
    .where(jobs.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(jobs.c.id)
    .with_for_update()
)
_TOKEN = select(rights.c.token).where(rights.c.name == bindparam("name")).with_for_update(read=True)
_MARKS = select(steps.c.job_id, steps.c.number, steps.c.mark).where(
    steps.c.job_id.in_(bindparam("ids", expanding=True))
)
_INSERT = {table: insert(table) for table in (requests, summaries, labels, viewers, steps, attempts)}
_CHANGE = (
    update(jobs).where(jobs.c.id == bindparam("_id")).values({name: bindparam(name) for name in CHANGING})
)
_SUMMARIZE = (
    update(summaries).where(summaries.c.job_id == bindparam("_id")).values(document=bindparam("document"))
)


def submit(connection: Connection, job: Job, events: Sequence[Event]) -> Submitted:
    """Keep a new job, or return the one that has its idempotency key."""
    request = text_of(job.request)
    inserted = insert_absent(connection, jobs).returning(jobs.c.id)
    if connection.execute(inserted, job_row(job, request)).first() is None:
        return Submitted(_same(connection, job), is_new=False)
    _insert(connection, requests, [{"job_id": job.id, "document": request}])
    _insert(connection, summaries, [{"job_id": job.id, "document": summary_text(job)}])
    _insert(connection, viewers, viewer_rows(job))
    _insert(connection, labels, label_rows(job))
    _insert(connection, steps, [step_row(job, step) for step in job.steps])
    _insert(connection, attempts, [row for step in job.steps for row in attempt_rows(job, step)])
    history.add(connection, events, [job.id])
    return Submitted(job, is_new=True)


def _same(connection: Connection, job: Job) -> Job:
    """Return the job that was submitted with the same key before."""
    found = reading.with_key(connection, job.owner, job.idempotency_key) if job.idempotency_key else None
    if found is None:
        raise taken_id(job)
    if found.digest != job.digest:
        raise reused_key(job, found)
    return found


def apply(connection: Connection, changes: Sequence[Change], fence: Fence | None) -> Applied:
    """Change jobs, all or none."""
    if fence is not None:
        _require_right(connection, fence)
    there = _locked(connection, [change.job.id for change in changes])
    stored: list[Job] = []
    for change in changes:
        job = change.job
        _require_unchanged(connection, there.get(job.id), job)
        stored.append(replace(job, revision=job.revision + 1))
    _update(connection, stored)
    _look_different(connection, [job for job in stored if there[job.id].face != face_of(job)])
    moved = [job for job in stored if there[job.id].state != job.state.value]
    _put(connection, viewers, [row for job in moved for row in viewer_rows(job)])
    _write_steps(connection, stored)
    events = [event for change in changes for event in change.events]
    return Applied(tuple(stored), history.add(connection, events, list(there)))


def _require_right(connection: Connection, fence: Fence) -> None:
    """Refuse who may act no more; until the transaction ends nobody else gets the right."""
    if connection.execute(_TOKEN, {"name": fence.name}).scalar() != fence.token:
        raise lost_right(fence)


def _locked(connection: Connection, ids: Sequence[str]) -> dict[str, Any]:
    """Return rows of jobs; until the transaction ends nobody else changes them."""
    if len(set(ids)) < len(ids):
        raise twice(ids)
    return {row.id: row for row in connection.execute(_LOCKED, {"ids": ids})}


def _require_unchanged(connection: Connection, row: Any, job: Job) -> None:
    if row is None:
        raise reading.not_found(connection, job.id)
    if row.revision != job.revision:
        raise stale(job, row.revision)
    if row.origin != origin_of(job, text_of(job.request)):
        raise stripped(job)


def _update(connection: Connection, changed: Sequence[Job]) -> None:
    if not changed:
        return
    connection.execute(_CHANGE, [{"_id": job.id, **changing_row(job)} for job in changed])
    connection.execute(_SUMMARIZE, [{"_id": job.id, "document": summary_text(job)} for job in changed])


def _look_different(connection: Connection, changed: Sequence[Job]) -> None:
    """Write labels and viewers anew."""
    ids = [job.id for job in changed]
    if ids:
        for table in (labels, viewers):
            connection.execute(delete(table).where(table.c.job_id.in_(ids)))
    _insert(connection, labels, [row for job in changed for row in label_rows(job)])
    _insert(connection, viewers, [row for job in changed for row in viewer_rows(job)])


def _write_steps(connection: Connection, changed: Sequence[Job]) -> None:
    """Write the steps that are not as they were."""
    ids = [job.id for job in changed]
    before = {(row.job_id, row.number): row.mark for row in connection.execute(_MARKS, {"ids": ids})}
    rows: list[Row] = []
    used: list[Row] = []
    for job in changed:
        for step in job.steps:
            row = step_row(job, step)
            if row["mark"] != before.pop((job.id, step.number), None):
                rows.append(row)
                used += attempt_rows(job, step)
    _put(connection, steps, rows)
    _put(connection, attempts, used)
    _forget_steps(connection, before)


def _forget_steps(connection: Connection, gone: Collection[tuple[str, int]]) -> None:
    if gone:
        connection.execute(delete(steps).where(tuple_(steps.c.job_id, steps.c.number).in_(list(gone))))


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(_INSERT[table], rows)


def _put(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows in the place of those with the same key."""
    rows = list(rows)
    if rows:
        connection.execute(insert_or_replace(connection, table), rows)
