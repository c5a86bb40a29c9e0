"""A job that can be asked and told: `Job` blocks, `AsyncJob` is awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from time import monotonic
from typing import Any, Self, TypeVar

from dmod.client.call import Transport
from dmod.client.driving import finish, iterate
from dmod.client.operations import following, jobs, logs
from dmod.client.record import JobRecord
from dmod.client.results import AsyncResults, Results, found_files
from dmod.jobs.event import Event

Found = TypeVar("Found")
SHORTEST, LONGEST = 0.1, 2.0
"""Pauses between looks [s]."""


class Job(JobRecord):
    """A job of a server: as it was when it was last asked, and what can be done with it."""

    def __init__(self, document: Mapping[str, Any], transport: Transport) -> None:
        super().__init__(document)
        self._transport = transport

    def refresh(self) -> Self:
        """Ask the server how it is now."""
        self.document = finish(jobs.job(self._transport, self.id))
        return self

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until it is at an end, or as long as is said [s]; `is_over` tells which."""
        finish(wait(self._transport, self, timeout))
        return self

    def follow(self, after: int = 0) -> Iterator[Event]:
        """Yield what happened to it and what happens, until it is at an end."""
        return iterate(following.follow(self._transport, self.id, after))

    def cancel(self, reason: str = "") -> Self:
        """Let it end."""
        self.document = finish(jobs.cancel(self._transport, self.id, reason))
        return self

    def retry(self) -> Self:
        """Let it go on from the step where it ended."""
        self.document = finish(jobs.retry(self._transport, self.id))
        return self

    def log(self, step: str | None = None, tail: int | None = None) -> str:
        """Return what a step has written; that whose log tells most where none is named."""
        return finish(logs.log(self._transport, self.id, step, tail))

    def why(self) -> list[str]:
        """Return why it is where it is."""
        return finish(jobs.why(self._transport, self.id))

    @property
    def results(self) -> Results:
        """Return what it has found."""
        return finish(results_of(self._transport, self.id, Results))


class AsyncJob(JobRecord):
    """A job of a server; see `Job`. What asks is awaited, ``await job.results`` too."""

    def __init__(self, document: Mapping[str, Any], transport: Transport) -> None:
        super().__init__(document)
        self._transport = transport

    async def refresh(self) -> Self:
        """Ask the server how it is now."""
        self.document = await jobs.job(self._transport, self.id)
        return self

    async def wait(self, timeout: float | None = None) -> Self:
        """Wait until it is at an end, or as long as is said [s]; `is_over` tells which."""
        await wait(self._transport, self, timeout)
        return self

    def follow(self, after: int = 0) -> AsyncIterator[Event]:
        """Yield what happened to it and what happens, until it is at an end."""
        return following.follow(self._transport, self.id, after)

    async def cancel(self, reason: str = "") -> Self:
        """Let it end."""
        self.document = await jobs.cancel(self._transport, self.id, reason)
        return self

    async def retry(self) -> Self:
        """Let it go on from the step where it ended."""
        self.document = await jobs.retry(self._transport, self.id)
        return self

    async def log(self, step: str | None = None, tail: int | None = None) -> str:
        """Return what a step has written; that whose log tells most where none is named."""
        return await logs.log(self._transport, self.id, step, tail)

    async def why(self) -> list[str]:
        """Return why it is where it is."""
        return await jobs.why(self._transport, self.id)

    @property
    async def results(self) -> AsyncResults:
        """Return what it has found."""
        return await results_of(self._transport, self.id, AsyncResults)


async def wait(transport: Transport, record: JobRecord, timeout: float | None) -> None:
    """Look at a job until it is at an end, or the time is over."""
    until = None if timeout is None else monotonic() + timeout
    pause = SHORTEST
    while True:
        record.document = await jobs.job(transport, record.id)
        left = pause if until is None else min(pause, until - monotonic())
        if record.is_over or left <= 0:
            return
        await transport.sleep(left)
        pause = min(pause * 1.5, LONGEST)


async def results_of(
    transport: Transport, job_id: str, kind: Callable[[Any, Any, Transport], Found]
) -> Found:
    """Return what a job has found."""
    document = await jobs.results(transport, job_id)
    return kind(document, await found_files(transport, document), transport)
