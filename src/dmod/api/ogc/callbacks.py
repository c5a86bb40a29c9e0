"""Telling subscribers what becomes of jobs: at least once, with pauses where they do not answer.

A job that has a subscriber carries a label until its end was told, or could not be: so a server that starts
again knows whom it has to tell, and of several processes over one database the one with the right does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from dmod.api.ogc.asked import Asked, found
from dmod.api.ogc.links import PREFIX
from dmod.api.ogc.results import document_of
from dmod.api.ogc.status import StatusCode, status_info, status_of
from dmod.core.process import Process
from dmod.errors import DmodError, StaleChange
from dmod.jobs.control.clock import utc_now
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Job
from dmod.jobs.state import JobState
from dmod.jobs.store.port import Change, JobQuery, JobStore

LABEL, WANTED, TOLD = "dmod/callback", "wanted", "told"
ACTOR = "callbacks"
RIGHT, RIGHT_SECONDS = "ogc-callbacks", 10.0
PAUSES = (1.0, 4.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 3600.0, 3600.0)
"""Seconds before each further try to tell an end; what is under way is tried three times."""
PROGRESS_TRIES = 3
LOOK_SECONDS = 1.0
AT_ONCE = 4
FORGOTTEN = timedelta(minutes=10)
"""After so long a label without a subscriber is what a server left that was killed in between."""

_QUERY = JobQuery(labels=((LABEL, WANTED),), limit=500)

log = logging.getLogger("dmod.callbacks")


@dataclass
class _Subscription:
    """How far the subscriber of a job has been told; used by one thread at a time."""

    asked: Asked | None = None
    told: JobState | None = None
    tries: int = 0
    not_before: float = 0.0
    is_busy: bool = False


@dataclass
class Callbacks:
    """Tells subscribers, in threads that there are while somebody is to be told.

    Parameters
    ----------
    send : sends a document to an address; raises `InputError` where it may not, `BackendError` where it
        cannot
    """

    store: JobStore
    send: Callable[[str, Any], None]
    pauses: tuple[float, ...] = PAUSES
    look_seconds: float = LOOK_SECONDS
    _known: dict[str, _Subscription] = field(default_factory=dict)
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _flag: threading.Event = field(default_factory=threading.Event)
    _is_closed: bool = False
    _seen: int = -1

    def wake(self) -> None:
        """Look whether somebody is to be told; returns at once."""
        with self._lock:
            self._flag.set()
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._run, name="ogc-callbacks", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Tell nobody any more; what was not told is told by the next server."""
        with self._lock:
            self._is_closed = True
            self._flag.set()
            thread = self._thread
        if thread is not None:
            thread.join()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Tell what an earlier server did not, and what comes, until the end of the block."""
        self.wake()
        try:
            yield
        finally:
            self.close()

    def _run(self) -> None:
        holder = Process.this_process().text
        with ThreadPoolExecutor(AT_ONCE, "ogc-callback") as pool:
            while not self._is_closed:
                self._flag.clear()
                is_wanted = True
                try:
                    is_wanted = bool(self._known) or bool(self.store.list(replace(_QUERY, limit=1)).jobs)
                    if is_wanted and self.store.take_right(RIGHT, holder, RIGHT_SECONDS) is not None:
                        is_wanted = self._look(pool)
                except DmodError as error:
                    log.warning("nobody was told of jobs: %s", error.message)
                if not is_wanted and self._ends():
                    break
                self._flag.wait(self.look_seconds)
        try:
            self.store.end_right(RIGHT, holder)
        except DmodError as error:
            log.warning("the right to tell of jobs was not given back: %s", error.message)

    def _ends(self) -> bool:
        """Whether the thread may end: nobody is to be told, and nobody has come meanwhile."""
        with self._lock:
            if self._flag.is_set():
                return False
            self._thread = None
            return True

    def _look(self, pool: ThreadPoolExecutor) -> bool:
        """Tell what is due; return whether anybody is to be told now or later."""
        sequence = self.store.last_sequence()
        is_quiet = not any(item.is_busy or item.not_before for item in self._known.values())
        if sequence == self._seen and is_quiet:
            return bool(self._known)
        jobs = list(self._wanted())
        self._seen = sequence
        for gone in set(self._known) - {job.id for job in jobs}:
            del self._known[gone]
        for job in jobs:
            item = self._known.setdefault(job.id, _Subscription())
            if not item.is_busy and item.not_before <= time.monotonic() and self._is_due(job, item):
                item.is_busy = True
                pool.submit(self._tell, job.id, item)
        return bool(jobs)

    def _wanted(self) -> Iterator[Job]:
        query = _QUERY
        while True:
            page = self.store.list(query)
            yield from page.jobs
            if not page.next:
                return
            query = replace(query, after=page.next)

    def _is_due(self, job: Job, item: _Subscription) -> bool:
        if item.asked is None:
            item.asked = found(self.store, job.id)
        if item.asked is None:
            if utc_now() - job.created > FORGOTTEN:
                self._done(job.id)
            return False
        if job.is_over:
            return True
        is_wanted = "inProgressUri" in item.asked.subscriber
        return is_wanted and status_of(job) is StatusCode.RUNNING and job.state is not item.told

    def _tell(self, job_id: str, item: _Subscription) -> None:
        try:
            self._tell_state(self.store.job(job_id), item)
        except DmodError as error:  # of the store; it is tried again
            log.warning("the subscriber of job %s was not told: %s", job_id, error.message)
            item.not_before = time.monotonic() + self.pauses[0]
        finally:
            item.is_busy = False
            self._flag.set()

    def _tell_state(self, job: Job, item: _Subscription) -> None:
        assert item.asked is not None
        name, document = notice_of(job, item.asked)
        address = item.asked.subscriber.get(name)
        if address is not None:
            try:
                self.send(address, document)
            except DmodError as error:
                tries = len(self.pauses) if job.is_over else PROGRESS_TRIES - 1
                if error.retryable and item.tries < tries:
                    item.not_before = time.monotonic() + self.pauses[min(item.tries, len(self.pauses) - 1)]
                    item.tries += 1
                    return
                self._note(job, f"{name} was not told that the job is {job.state.words}: {error.message}")
            else:
                self._note(job, f"{name} was told that the job is {job.state.words}")
        item.told, item.tries, item.not_before = job.state, 0, 0.0
        if job.is_over:
            self._done(job.id)

    def _note(self, job: Job, text: str) -> None:
        log.info("job %s: %s", job.id, text)
        if job.is_over:
            self.store.note([Event(job.id, utc_now(), EventKind.NOTE, ACTOR, text, {"text": text})])

    def _done(self, job_id: str) -> None:
        """Take note that nobody is to be told any more."""
        while True:
            job = self.store.job(job_id)
            if job.labels.get(LABEL) != WANTED:
                return
            try:
                self.store.apply([Change(replace(job, labels={**job.labels, LABEL: TOLD}))])
            except StaleChange:
                continue
            return


def notice_of(job: Job, asked: Asked) -> tuple[str, dict[str, Any]]:
    """Return which address is to be told of a job as it is, and what: results, or how far it is."""
    if job.state is JobState.COMPLETED:
        return "successUri", document_of(job, asked, asked.origin)
    name = "failedUri" if job.is_over else "inProgressUri"
    return name, status_info(job, asked.origin + PREFIX)
