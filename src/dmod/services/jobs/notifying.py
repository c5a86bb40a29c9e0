"""Telling an address that a job has ended: at least once, with pauses where it does not answer.

What was told stands in the job's history, so that a server which was killed in between tells it again, and
one that was not does not.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from dmod.errors import DmodError
from dmod.jobs.control.clock import utc_now
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Job
from dmod.jobs.state import JobState
from dmod.jobs.store.port import JobStore

ACTOR = "notifier"
PAUSES = (1.0, 5.0, 30.0, 120.0)
"""Seconds before each further try."""
LOOK_BACK = 2_000
"""Events that are looked through at the start, for what was not told before the server ended."""
LOOK_SECONDS = 2.0

log = logging.getLogger("dmod.notifier")


@dataclass
class Notifier:
    """Tells addresses that jobs have ended, for whoever acts as controller.

    Parameters
    ----------
    deliver : sends a document to an address
    acts : whether this process is the one that tells
    """

    store: JobStore
    deliver: Callable[[str, dict[str, Any]], None]
    acts: Callable[[], bool] = lambda: True
    clock: Callable[[], datetime] = utc_now
    pauses: tuple[float, ...] = PAUSES
    _after: int | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Tell in threads of their own until the end of the block."""
        with ThreadPoolExecutor(4, "notify") as pool:
            thread = threading.Thread(target=self._run, args=(pool,), name="notifier", daemon=True)
            thread.start()
            try:
                yield
            finally:
                self._stop.set()
                thread.join(LOOK_SECONDS + 1.0)

    def due(self) -> list[Job]:
        """Return the jobs that have ended since the last look, and whose end is to be told."""
        if self._after is None:
            self._after = max(0, self.store.last_sequence() - LOOK_BACK)
        found = []
        while events := self.store.events(self._after, limit=1000):
            self._after = events[-1].sequence
            ended = {
                event.job
                for event in events
                if event.kind is EventKind.STATE and JobState(event.data["to"]).is_end
            }
            found += [job for job in self.store.jobs(ended) if job.is_over and self._is_to_be_told(job)]
        return found

    def tell(self, job: Job) -> bool:
        """Tell the end of a job; return whether somebody heard it."""
        address = str(job.request["notify"]["webhook"])
        for pause in (*self.pauses, None):
            try:
                self.deliver(address, notice_of(job))
            except DmodError as error:
                if pause is None or not error.retryable or self._stop.wait(pause):
                    self._note(job, f"{host_of(address)} was not told of the end: {error.message}")
                    return False
            else:
                self._note(job, f"{host_of(address)} was told of the end")
                return True
        return False

    def _run(self, pool: ThreadPoolExecutor) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            if not self.acts():
                self._after = None
                continue
            try:
                for job in self.due():
                    pool.submit(self._tell_safely, job)
            except DmodError as error:
                log.warning("nobody was told of ends of jobs: %s", error.message)

    def _tell_safely(self, job: Job) -> None:
        try:
            self.tell(job)
        except DmodError as error:
            log.warning("the end of job %s was not told: %s", job.id, error.message)

    def _is_to_be_told(self, job: Job) -> bool:
        if not (job.request.get("notify") or {}).get("webhook"):
            return False
        told = [event for event in self.store.events(0, job=job.id) if event.actor == ACTOR]
        return not any(event.data.get("ended") == _moment(job) for event in told)

    def _note(self, job: Job, text: str) -> None:
        data = {"text": text, "ended": _moment(job)}
        self.store.note([Event(job.id, self.clock(), EventKind.NOTE, ACTOR, text, data)])


def notice_of(job: Job) -> dict[str, Any]:
    """Return what is told of a job that has ended."""
    last = next((step.result for step in reversed(job.steps) if step.result is not None), None)
    return {
        "id": job.id,
        "name": job.name,
        "kind": job.kind.value,
        "labels": dict(job.labels),
        "state": job.state.value,
        "ended": _moment(job),
        "cause": job.cause.as_json() if job.cause else None,
        "dataset": (last or {}).get("dataset"),
        "job": f"/v1/jobs/{job.id}",
    }


def host_of(address: str) -> str:
    """Return the host of an address: the rest may hold secrets."""
    return urlsplit(address).hostname or "nobody"


def _moment(job: Job) -> str:
    return job.ended.isoformat() if job.ended else ""
