"""An object store in memory: the twin of those behind a network, for tests and for trying things."""

from __future__ import annotations

from dmod.catalog.store.parts import PART_SIZE
from dmod.catalog.store.remote import RemoteStore


def memory_store(*, part_size: int = PART_SIZE) -> RemoteStore:
    """Return a store in this process's memory, empty, gone with the last reference to it."""
    from obstore.store import MemoryStore

    return RemoteStore(MemoryStore(), "memory://", part_size=part_size)
