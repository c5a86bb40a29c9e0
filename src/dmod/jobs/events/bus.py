"""The bus: followers of events in this process, woken when something was stored.

The store has all events in order. The bus only says *look*: within a process by a call, between processes by
a messenger where there is one, and else by looking now and then. Whatever is missed on the way is found with
the next look, so nothing depends on a message coming through.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from dmod.jobs.event import Event
from dmod.jobs.store.port import JobStore

LOOK_SECONDS = 0.25
"""How often followers look where no messenger tells them."""
LOOK_SECONDS_TOLD = 5.0
"""How often they look where one does."""
BATCH = 500


class Messenger(Protocol):
    """Tells other processes that something has changed, and is told by them."""

    def send(self) -> None:
        """Say that something has changed; never waits, and loses it where it cannot be sent."""

    def listen(self, heard: Callable[[], None]) -> None:
        """Call when another process says so, from a thread of its own, until closed."""

    def close(self) -> None:
        """Stop."""


@dataclass
class EventBus:
    """Followers of this process.

    Parameters
    ----------
    store : has the events
    messenger : between processes; None where there is one process, or none can be had
    alone : whether all that changes events is in this process
    """

    store: JobStore
    messenger: Messenger | None = None
    alone: bool = False
    _waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, *others: Callable[[], None]) -> None:
        """Listen to other processes.

        Parameters
        ----------
        others : called as well whenever another process says that something has changed
        """

        def heard() -> None:
            self.heard()
            for other in others:
                other()

        if self.messenger is not None:
            self.messenger.listen(heard)

    def poke(self) -> None:
        """Say that something has changed; from any thread."""
        self.heard()
        if self.messenger is not None:
            self.messenger.send()

    def heard(self) -> None:
        """Let all followers look."""
        with self._lock:
            waiting = list(self._waiting)
        for loop, flag in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(flag.set)

    async def follow(self, after: int, job: str = "") -> AsyncIterator[tuple[Event, ...]]:
        """Yield events after a sequence as they come, in order, none left out; for ever.

        An empty tuple is yielded now and then, so that who follows can see whether anybody is still there.
        """
        loop = asyncio.get_running_loop()
        flag = asyncio.Event()
        entry = (loop, flag)
        with self._lock:
            self._waiting.add(entry)
        pause = LOOK_SECONDS_TOLD if self.alone or self.messenger is not None else LOOK_SECONDS
        try:
            while True:
                flag.clear()
                found = await asyncio.to_thread(self.store.events, after, job=job, limit=BATCH)
                if found:
                    after = found[-1].sequence
                    yield found
                    continue
                try:
                    async with asyncio.timeout(pause):
                        await flag.wait()
                except TimeoutError:
                    yield ()
        finally:
            with self._lock:
                self._waiting.discard(entry)
