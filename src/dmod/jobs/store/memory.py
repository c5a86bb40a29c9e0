"""Jobs in memory: the twin of the store in a database, for tests and for what need not last."""

from __future__ import annotations

import builtins
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dmod.jobs.demand import Node
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Job
from dmod.jobs.state import JobState, StepState
from dmod.jobs.store.copying import copied, copied_document, copied_event, without_large
from dmod.jobs.store.document import text_of
from dmod.jobs.store.port import Applied, Change, Fence, JobQuery, JobStore, Page, Submitted
from dmod.jobs.store.refusal import (
    beginnings,
    foreign_nodes,
    lost_right,
    no_job,
    reused_key,
    stale,
    stripped,
    taken_id,
    twice,
)
from dmod.jobs.store.rows import folded, origin_of, span_of, words_of

_SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class _Right:
    holder: str = ""
    token: int = 0
    until: float = 0.0


class MemoryJobStore(JobStore):
    """Jobs in memory; see the port for what each method does."""

    address = "memory:"

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._events: list[Event] = []
        self._changed: dict[str, int] = {}
        self._last = 0
        self._reports: dict[str, Mapping[str, Any]] = {}
        self._nodes: dict[str, Node] = {}
        self._rights: dict[str, _Right] = {}

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def submit(self, job: Job, events: Sequence[Event]) -> Submitted:
        """Keep a new job, or return the one that has its idempotency key."""
        kept = copied(job)
        with self._lock:
            same = self._keys.get((job.owner, job.idempotency_key)) if job.idempotency_key else None
            if same is not None:
                if self._jobs[same].digest != job.digest:
                    raise reused_key(job, self._jobs[same])
                return Submitted(self._jobs[same], is_new=False)
            if job.id in self._jobs:
                raise taken_id(job)
            self._add(events, [job.id])
            self._jobs[job.id] = kept
            if job.idempotency_key:
                self._keys[job.owner, job.idempotency_key] = job.id
        return Submitted(kept, is_new=True)

    def apply(self, changes: Sequence[Change], fence: Fence | None = None) -> Applied:
        """Change jobs, all or none."""
        stored = [copied(replace(change.job, revision=change.job.revision + 1)) for change in changes]
        ids = [job.id for job in stored]
        with self._lock:
            if fence is not None:
                self._require_right(fence)
            if len(set(ids)) < len(ids):
                raise twice(ids)
            for change in changes:
                self._require_unchanged(change.job)
            events = self._add([event for change in changes for event in change.events], ids)
            self._jobs.update({job.id: job for job in stored})
        return Applied(tuple(stored), events)

    def _require_right(self, fence: Fence) -> None:
        right = self._rights.get(fence.name)
        if right is None or right.token != fence.token:
            raise lost_right(fence)

    def _require_unchanged(self, job: Job) -> None:
        there = self.job(job.id)
        if there.revision != job.revision:
            raise stale(job, there.revision)
        if origin_of(there, text_of(there.request)) != origin_of(job, text_of(job.request)):
            raise stripped(job)

    def note(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Add events that change nothing."""
        with self._lock:
            return self._add(events)

    def _add(self, events: Sequence[Event], changed: Collection[str] = ()) -> tuple[Event, ...]:
        first = self._last + 1
        added = tuple(replace(copied_event(event), sequence=first + n) for n, event in enumerate(events))
        self._events += added
        quiet = set(changed) - {event.job for event in events}
        self._last += len(added) + len(quiet)
        self._changed.update(dict.fromkeys(changed, self._last))
        return added

    def job(self, job_id: str) -> Job:
        """Return a job."""
        with self._lock:
            found = self._jobs.get(job_id)
            if found is not None:
                return found
            for beginning in beginnings(job_id):
                alike = sorted((name for name in self._jobs if name.startswith(beginning)), reverse=True)
                if alike:
                    raise no_job(job_id, alike)
        raise no_job(job_id, ())

    def jobs(self, ids: Collection[str]) -> builtins.list[Job]:
        """Return the jobs of some ids that there are."""
        wanted = set(ids)
        return self._chosen(lambda job: job.id in wanted)

    def active(self) -> builtins.list[Job]:
        """Return all jobs that are not at an end."""
        return self._chosen(lambda job: not job.is_over)

    def _chosen(self, is_wanted: Callable[[Job], bool]) -> builtins.list[Job]:
        """Return jobs in the order of ids."""
        with self._lock:
            return sorted((job for job in self._jobs.values() if is_wanted(job)), key=lambda job: job.id)

    def changed(self, after: int) -> Mapping[str, int]:
        """Return the revisions of jobs that were changed after a sequence."""
        with self._lock:
            touched = {name for name, sequence in self._changed.items() if sequence > after}
            return {job.id: job.revision for job in self.jobs(touched)}

    def list(self, query: JobQuery) -> Page:
        """Return a page of jobs."""
        found = self._chosen(lambda job: _matches(job, query))
        if query.newest_first:
            found.reverse()
        if query.after:
            found = [job for job in found if (job.id < query.after) is query.newest_first]
            found = [job for job in found if job.id != query.after]
        shown = tuple(without_large(job) for job in found[: query.limit])
        return Page(shown, shown[-1].id if len(found) > len(shown) > 0 else "")

    def count(self, query: JobQuery) -> dict[JobState, int]:
        """Return how many jobs of a query are in each state."""
        found: dict[JobState, int] = {}
        for job in self._chosen(lambda job: _matches(job, query)):
            found[job.state] = found.get(job.state, 0) + 1
        return found

    def answered(self, digest: str) -> Job | None:
        """Return the newest completed job with a digest."""
        return _last(
            self._chosen(
                lambda job: job.digest == digest and job.state is JobState.COMPLETED and not job.answered_by
            )
        )

    def done_step(self, key: str) -> tuple[Job, str] | None:
        """Return the newest job with a step done under a key."""
        found = [(job, name) for job in self._chosen(lambda _job: True) if (name := _done(job, key))]
        return found[-1] if found else None

    def events(self, after: int = 0, *, job: str = "", limit: int = 1000) -> tuple[Event, ...]:
        """Return events after a sequence."""
        with self._lock:
            found = [event for event in self._events if event.sequence > after and job in {"", event.job}]
        return tuple(found[:limit])

    def last_sequence(self) -> int:
        """Return the sequence of the last event."""
        return self._last

    def report(self, reports: Mapping[str, Mapping[str, Any]], over: Collection[str] = ()) -> None:
        """Keep what is known of attempts under way."""
        kept = {name: copied_document(item) for name, item in reports.items()}
        with self._lock:
            for name in over:
                self._reports.pop(name, None)
            self._reports.update(kept)

    def reports(self, job: str = "") -> dict[str, Mapping[str, Any]]:
        """Return what was reported last."""
        with self._lock:
            return {
                name: item for name, item in sorted(self._reports.items()) if job in {"", name.split(":")[0]}
            }

    def set_nodes(self, executor: str, nodes: Sequence[Node]) -> None:
        """Note which nodes an executor has."""
        with self._lock:
            others = {name: node for name, node in self._nodes.items() if node.executor != executor}
            foreign = sorted(node.name for node in nodes if node.name in others)
            if foreign:
                raise foreign_nodes(foreign, executor)
            self._nodes = {**others, **{node.name: replace(node, executor=executor) for node in nodes}}

    def nodes(self) -> tuple[Node, ...]:
        """Return all nodes."""
        with self._lock:
            return tuple(node for _, node in sorted(self._nodes.items()))

    def usage(self, since: datetime, at: datetime) -> dict[str, float]:
        """Return the CPU seconds that each owner's attempts have been given."""
        found: dict[str, float] = {}
        for job in self._chosen(lambda _job: True):
            for attempt in (attempt for step in job.steps for attempt in step.attempts):
                begun, ended = span_of(job, attempt)
                if begun < at and (ended is None or ended > since):
                    seconds = (min(ended or at, at) - max(begun, since)) / _SECOND
                    cpus = sum(share.cpus for share in attempt.allocation)
                    found[job.owner] = found.get(job.owner, 0.0) + cpus * seconds
        return found

    def take_right(self, name: str, holder: str, seconds: float) -> Fence | None:
        """Take or renew a right."""
        with self._lock:
            now = time.monotonic()
            right = self._rights.setdefault(name, _Right())
            if right.holder not in {"", holder} and now < right.until:
                return None
            if right.holder != holder:
                right.token += 1
            right.holder, right.until = holder, now + seconds
            return Fence(name, right.token)

    def end_right(self, name: str, holder: str) -> None:
        """Give a right back."""
        with self._lock:
            right = self._rights.get(name)
            if right is not None and right.holder == holder:
                right.holder = ""
                right.token += 1

    def right_holder(self, name: str) -> str:
        """Return who had a right last."""
        with self._lock:
            right = self._rights.get(name)
            return right.holder if right is not None else ""

    def prune(self, before: datetime) -> int:
        """Forget what was only of use while jobs were under way."""
        with self._lock:
            old = {job.id for job in self._chosen(lambda job: job.ended is not None and job.ended < before)}
            events = [event for event in self._events if not _is_passing(event, old)]
            reports = {name: item for name, item in self._reports.items() if name.split(":")[0] not in old}
            removed = len(self._events) - len(events) + len(self._reports) - len(reports)
            self._events, self._reports = events, reports
        return removed


def _is_passing(event: Event, old: Collection[str]) -> bool:
    return event.kind is EventKind.PROGRESS and event.job in old


def _last(jobs: Sequence[Job]) -> Job | None:
    return jobs[-1] if jobs else None


def _done(job: Job, key: str) -> str:
    """Return the name of the first step that is done under a key."""
    found: Iterable[str] = (
        step.name for step in job.steps if step.state is StepState.DONE and key and step.key == key
    )
    return next(iter(found), "")


def _matches(job: Job, query: JobQuery) -> bool:
    """Whether a job is one of those that a query asks for, apart from the page."""
    return all(
        (
            query.owner in {"", job.owner},
            query.visible_to in {"", job.owner, *job.shared_with},
            not query.states or job.state in query.states,
            not query.kinds or job.kind in query.kinds,
            all(job.labels.get(name) == value for name, value in query.labels),
            folded(query.text) in words_of(job),
            query.created_after is None or job.created >= query.created_after,
            query.created_before is None or job.created < query.created_before,
        )
    )
