"""Statements about events.

The number of an event is taken from a row that the transaction holds until it has committed, while others
wait for it: so numbers are given in the order in which transactions are seen, and one that is not used,
because its transaction was undone, is used by the next. The row is taken last, to be held shortly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from dmod.database.moment import moment
from dmod.jobs.event import Event, EventKind
from dmod.jobs.store.document import event_of, event_text
from dmod.jobs.store.tables import counters, events, jobs, reports

COUNTER = "event"
QUIET = "quiet"
"""Kind of the note that a job was changed without an event; nobody is shown it."""
AT_ONCE = 5_000
BATCH = 2_000
"""How many events are removed in one transaction: others wait meanwhile."""
# statements are made once: that takes longer than to execute them
_LAST = select(counters.c.last).where(counters.c.name == COUNTER)
_TAKE = (
    update(counters)
    .where(counters.c.name == COUNTER)
    .values(last=counters.c.last + bindparam("number"))
    .returning(counters.c.last)
)
_ADD = insert(events)


def add(
    connection: Connection, happened: Sequence[Event], changed: Collection[str] = ()
) -> tuple[Event, ...]:
    """Add events as the last act of a transaction; return them with their sequences.

    Parameters
    ----------
    changed : ids of jobs that the transaction has changed; that one was is noted even where it has no event
    """
    rows = [
        {
            "job_id": event.job,
            "at": moment(event.at),
            "kind": event.kind.value,
            "is_change": event.job in changed,
            "document": event_text(event),
        }
        for event in happened
    ]
    for job_id in sorted(set(changed) - {event.job for event in happened}):
        rows.append({"job_id": job_id, "at": 0, "kind": QUIET, "is_change": True, "document": ""})
    if not rows:
        return ()
    first = int(connection.execute(_TAKE, {"number": len(rows)}).scalar_one()) - len(rows) + 1
    connection.execute(_ADD, [{"sequence": first + n, **row} for n, row in enumerate(rows)])
    return tuple(replace(event, sequence=first + n) for n, event in enumerate(happened))


def last_sequence(connection: Connection) -> int:
    """Return the last sequence that was given."""
    return int(connection.execute(_LAST).scalar_one())


def after(connection: Connection, sequence: int, job_id: str, limit: int) -> tuple[Event, ...]:
    """Return events after a sequence, in order."""
    chosen = select(events).where(events.c.sequence > sequence, events.c.kind != QUIET)
    if job_id:
        chosen = chosen.where(events.c.job_id == job_id)
    rows = connection.execute(chosen.order_by(events.c.sequence).limit(limit))
    return tuple(event_of(row.sequence, row.job_id, row.at, row.kind, row.document) for row in rows)


def changed(connection: Connection, sequence: int) -> Mapping[str, int]:
    """Return the revisions of the jobs that were changed after a sequence."""
    # not DISTINCT, for which SQLite would look through all events by job
    touched = select(events.c.job_id).where(events.c.sequence > sequence, events.c.is_change)
    ids = sorted(set(connection.execute(touched).scalars()))
    found: dict[str, int] = {}
    for first in range(0, len(ids), AT_ONCE):
        chosen = select(jobs.c.id, jobs.c.revision).where(jobs.c.id.in_(ids[first : first + AT_ONCE]))
        found |= {row.id: row.revision for row in connection.execute(chosen)}
    return found


def prune(connection: Connection, before: datetime) -> tuple[int, int]:
    """Remove some of what is only of use while a job runs, of jobs that ended before; return how much.

    Returns
    -------
    removed, left : 0 is left where there is nothing more to remove
    """
    chosen = (
        select(events.c.sequence)
        .where(events.c.kind == EventKind.PROGRESS.value, _has_ended(events.c.job_id, before))
        .order_by(events.c.job_id)
        .limit(BATCH + 1)
    )
    found = connection.execute(chosen).scalars().all()
    _remove(connection, found[:BATCH])
    reported = connection.execute(delete(reports).where(_has_ended(reports.c.job_id, before))).rowcount
    return len(found[:BATCH]) + reported, len(found[BATCH:])


def _has_ended(job_id: ColumnElement[str], before: datetime) -> ColumnElement[bool]:
    # one by one along the few events, not along the many jobs
    return select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.ended < moment(before)).exists()


def _remove(connection: Connection, sequences: Collection[int]) -> None:
    if sequences:
        connection.execute(delete(events).where(events.c.sequence.in_(sequences)))
