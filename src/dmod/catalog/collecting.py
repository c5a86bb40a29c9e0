"""The right to collect garbage: one process at a time, taken over from one that has died.

Content that is condemned can be claimed by nobody until it is deleted and forgotten. Only who holds the right
deletes; a collector that died in between is finished by whoever finds it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from dmod.catalog.catalog import Catalog
from dmod.catalog.heartbeat import beating
from dmod.catalog.holder import Holder
from dmod.catalog.index.port import LEASE
from dmod.catalog.store.port import Content
from dmod.errors import ConflictError

RIGHT = "collect-garbage"
BATCH = 1_000
_HERE = threading.Lock()


@contextmanager
def sole_collector(catalog: Catalog) -> Iterator[None]:
    """Hold the right to collect garbage while the block runs.

    Raises
    ------
    ConflictError
        another process collects; retryable.
    """
    index, holder = catalog.index, Holder.this_process()

    def take() -> bool:
        now = catalog.clock()
        return index.take_lease(RIGHT, holder, now + LEASE, now)

    if not _HERE.acquire(blocking=False) or not _taken(take):
        raise ConflictError(
            "another process collects garbage in this catalog", hint="wait for it to end", retryable=True
        )
    try:
        with beating(take, LEASE / 4):
            yield
    finally:
        index.end_lease(RIGHT, holder)
        _HERE.release()


def _taken(take: Callable[[], bool]) -> bool:
    """Take the lease, which tells processes apart but not threads; without it the lock here is free again."""
    taken = False
    try:
        taken = take()
    finally:
        if not taken:
            _HERE.release()
    return taken


def delete_condemned(catalog: Catalog, condemned: Sequence[Content]) -> None:
    """Delete condemned content from the store, and let it be claimed again. Only for the sole collector."""
    for first in range(0, len(condemned), BATCH):
        hashes = [content.sha256 for content in condemned[first : first + BATCH]]
        catalog.store.delete_content(hashes)
        catalog.index.forget(hashes)


def finish_dead_collection(catalog: Catalog) -> bool:
    """Finish what a collector that died has condemned; False if one is at work."""
    try:
        with sole_collector(catalog):
            delete_condemned(catalog, catalog.index.condemned())
    except ConflictError:
        return False
    return True
