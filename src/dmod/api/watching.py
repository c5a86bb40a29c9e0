"""What followers of events get: those of the jobs that they may see, in order, none left out.

How far a follower may see is looked at anew for every batch of events, and whether its token still holds
every now and then.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import cast

from dmod.api.asking import Asking
from dmod.api.seeing import sees_job
from dmod.errors import JobNotFound, QuotaExceeded
from dmod.jobs.event import Event, EventKind
from dmod.jobs.state import ENDS

Batches = AsyncGenerator[tuple[Event, ...], None]


@dataclass
class Streams:
    """How many streams each user follows just now; used from the event loop alone."""

    most: int
    _open: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def one_more(self, user: str) -> Iterator[None]:
        """Count a stream as long as it lasts.

        Raises
        ------
        QuotaExceeded
            the user follows as many as they may.
        """
        self.require_room(user)
        self._open[user] += 1
        try:
            yield
        finally:
            self._open[user] -= 1
            if not self._open[user]:
                del self._open[user]

    def require_room(self, user: str) -> None:
        """Refuse one more stream than a user may follow."""
        if self._open[user] >= self.most:
            raise QuotaExceeded(f"{user} follows {self.most} streams already", hint="close some of them")


@dataclass
class Watch:
    """What one follower looks at.

    Parameters
    ----------
    after : sequence of the last event that it has
    jobs : of these jobs; of all that it may see where None
    until_end : whether it is over with the one job
    """

    asking: Asking
    after: int
    jobs: Collection[str] | None = None
    until_end: bool = False

    @property
    def job(self) -> str:
        """Return the one job that is followed, "" where it is not one."""
        return next(iter(self.jobs)) if self.jobs is not None and len(self.jobs) == 1 else ""

    async def events(self) -> AsyncIterator[tuple[Event, ...]]:
        """Yield events as they come; an empty tuple now and then. It ends with the token, or with the job."""
        settings = self.asking.services.settings
        checked = time.monotonic()
        ended = False
        following = cast(Batches, self.asking.services.bus.follow(self.after, self.job))
        async with aclosing(following) as batches:
            async for batch in batches:
                yield await asyncio.to_thread(self.visible, batch) if batch else ()
                if batch:
                    self.after = batch[-1].sequence
                ended = self.until_end and (ended or any(map(_is_end, batch)))
                if ended and await asyncio.to_thread(self.is_over):
                    return
                if time.monotonic() - checked > settings.recheck:
                    checked = time.monotonic()
                    if not await asyncio.to_thread(self.asking.still_holds):
                        return

    def visible(self, batch: tuple[Event, ...]) -> tuple[Event, ...]:
        """Return those events that they may see."""
        wanted = {event.job for event in batch}
        if self.jobs is not None:
            wanted &= set(self.jobs)
        found = self.asking.services.jobs.store.jobs(wanted) if wanted else []
        seen = {job.id for job in found if sees_job(self.asking, job)}
        return tuple(event for event in batch if event.job in seen)

    def is_over(self) -> bool:
        """Whether the one job is at an end, and nothing more is to be told of it."""
        store = self.asking.services.jobs.store
        try:
            is_over = store.job(self.job).is_over
        except JobNotFound:
            return True
        return is_over and not store.events(self.after, job=self.job, limit=1)


def _is_end(event: Event) -> bool:
    return event.kind is EventKind.STATE and event.data.get("to") in ENDS
