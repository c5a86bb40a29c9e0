"""Jobs in a database, SQLite or PostgreSQL, by one path of code."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dmod.database.database import Database
from dmod.database.migrating import TableGroup
from dmod.jobs.demand import Node
from dmod.jobs.event import Event
from dmod.jobs.job import Job
from dmod.jobs.state import JobState
from dmod.jobs.store import history, listing, present, reading, rights, writing
from dmod.jobs.store.port import Applied, Change, Fence, JobQuery, JobStore, Page, Submitted
from dmod.jobs.store.tables import REVISION_TABLE, REVISIONS

JOB_TABLES = TableGroup(
    "job store", REVISION_TABLE, REVISIONS, Path(__file__).parent / "migrations", lock=0x646D6F6A
)


class SqlJobStore(JobStore):
    """Jobs in a database; see the port for what each method does."""

    def __init__(self, database: Database) -> None:
        self.address = database.address
        self._database = database

    def close(self) -> None:
        """Let all connections go."""
        self._database.close()

    def submit(self, job: Job, events: Sequence[Event]) -> Submitted:
        """Keep a new job, or return the one that has its idempotency key."""
        return self._database.write(lambda c: writing.submit(c, job, events))

    def apply(self, changes: Sequence[Change], fence: Fence | None = None) -> Applied:
        """Change jobs, all or none."""
        return self._database.write(lambda c: writing.apply(c, changes, fence))

    def note(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Add events that change nothing."""
        if not events:
            return ()
        return self._database.write(lambda c: history.add(c, events))

    def job(self, job_id: str) -> Job:
        """Return a job."""
        return self._database.read(lambda c: reading.job(c, job_id))

    def jobs(self, ids: Collection[str]) -> builtins.list[Job]:
        """Return the jobs of some ids that there are."""
        return self._database.read(lambda c: reading.with_ids(c, ids)) if ids else []

    def active(self) -> builtins.list[Job]:
        """Return all jobs that are not at an end."""
        return self._database.read(reading.active)

    def changed(self, after: int) -> Mapping[str, int]:
        """Return the revisions of jobs that were changed after a sequence."""
        return self._database.read(lambda c: history.changed(c, after))

    def list(self, query: JobQuery) -> Page:
        """Return a page of jobs."""
        return self._database.read(lambda c: listing.page(c, query))

    def count(self, query: JobQuery) -> dict[JobState, int]:
        """Return how many jobs of a query are in each state."""
        return self._database.read(lambda c: listing.count(c, query))

    def answered(self, digest: str) -> Job | None:
        """Return the newest completed job with a digest."""
        return self._database.read(lambda c: reading.answered(c, digest))

    def done_step(self, key: str) -> tuple[Job, str] | None:
        """Return the newest job with a step done under a key."""
        return self._database.read(lambda c: reading.done_step(c, key))

    def events(self, after: int = 0, *, job: str = "", limit: int = 1000) -> tuple[Event, ...]:
        """Return events after a sequence."""
        return self._database.read(lambda c: history.after(c, after, job, limit))

    def last_sequence(self) -> int:
        """Return the sequence of the last event."""
        return self._database.read(history.last_sequence)

    def report(self, reports: Mapping[str, Mapping[str, Any]], over: Collection[str] = ()) -> None:
        """Keep what is known of attempts under way."""
        if reports or over:
            self._database.write(lambda c: present.report(c, reports, over))

    def reports(self, job: str = "") -> dict[str, Mapping[str, Any]]:
        """Return what was reported last."""
        return self._database.read(lambda c: present.reported(c, job))

    def set_nodes(self, executor: str, nodes: Sequence[Node]) -> None:
        """Note which nodes an executor has."""
        self._database.write(lambda c: present.set_nodes(c, executor, nodes))

    def nodes(self) -> tuple[Node, ...]:
        """Return all nodes."""
        return self._database.read(present.all_nodes)

    def usage(self, since: datetime, at: datetime) -> dict[str, float]:
        """Return the CPU seconds that each owner's attempts have been given."""
        return self._database.read(lambda c: present.usage(c, since, at))

    def take_right(self, name: str, holder: str, seconds: float) -> Fence | None:
        """Take or renew a right."""
        return self._database.write(lambda c: rights.take(c, name, holder, seconds))

    def end_right(self, name: str, holder: str) -> None:
        """Give a right back."""
        self._database.write(lambda c: rights.end(c, name, holder))

    def right_holder(self, name: str) -> str:
        """Return who had a right last."""
        return self._database.read(lambda c: rights.holder(c, name))

    def prune(self, before: datetime) -> int:
        """Forget what was only of use while jobs were under way."""
        total, left = 0, 1
        while left:
            removed, left = self._database.write(lambda c: history.prune(c, before))
            total += removed
        return total
