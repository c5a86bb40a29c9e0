"""Removing what ended jobs have left: folders of work, logs, reports."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from dmod.core.atomic import remove
from dmod.errors import DmodError, JobNotFound
from dmod.jobs.control.clock import utc_now
from dmod.jobs.executor.port import Executor
from dmod.jobs.job import Job, label
from dmod.jobs.state import JobState
from dmod.jobs.store.port import JobStore

log = logging.getLogger("dmod.sweeper")


@dataclass
class Sweeper:
    """Removes what is not needed any more, now and then.

    Parameters
    ----------
    folder : with a folder for each job
    resumable : how long the work of a job is kept that did not complete: it can be taken up again
    history : how long logs are kept
    every : pause between two looks
    others : called with each look, to remove what else is not needed any more
    """

    store: JobStore
    executors: Mapping[str, Executor]
    folder: Path
    resumable: timedelta = timedelta(days=7)
    history: timedelta = timedelta(days=30)
    every: timedelta = timedelta(seconds=60)
    others: tuple[Callable[[], object], ...] = ()
    clock: Callable[[], datetime] = utc_now
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sweep in a thread of its own until the end of the block."""
        thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(10.0)

    def sweep(self) -> int:
        """Remove what is not needed any more; return of how many jobs."""
        swept = 0
        now = self.clock()
        for place in self.folder.iterdir():
            job = self._job(place.name)
            if job is None or self._is_needed(job, now):
                continue
            remove(place)
            swept += 1
        self.store.prune(now - self.history)
        for other in self.others:
            other()
        return swept

    def forget(self, job: Job) -> None:
        """Remove the logs of a job that has ended."""
        for step in job.steps:
            for attempt in step.attempts:
                executor = self.executors.get(attempt.executor)
                if executor is not None:
                    executor.forget(label(job.id, step.name, attempt.number))

    def _run(self) -> None:
        while not self._stop.wait(self.every.total_seconds()):
            try:
                self.sweep()
            except (DmodError, OSError) as error:
                log.warning("what ended jobs left was not removed: %s", error)

    def _job(self, name: str) -> Job | None:
        try:
            return self.store.job(name)
        except JobNotFound:
            return None

    def _is_needed(self, job: Job, now: datetime) -> bool:
        if not job.is_over or job.ended is None:
            return True
        if job.state is JobState.COMPLETED:
            return False
        return now - job.ended < self.resumable
