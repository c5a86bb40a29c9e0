"""A cache on this machine of content that lies in a store elsewhere.

It keeps content by hash under a limit of bytes; the least recently used goes first, and never what a job
holds. Several processes share it: an SQLite file notes sizes, last uses and holds, and content has a name
only when it is whole and proven.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from dmod.catalog.store.keys import content_key
from dmod.catalog.store.placing import place
from dmod.catalog.store.port import Content, ObjectStore, Placing, Told
from dmod.core.atomic import remove, storing
from dmod.errors import AlreadyExists, IntegrityError, StoreError

BUSY_SECONDS = 30.0
TRIES = 3
FETCHING = timedelta(hours=6)
"""How long a fetch may take before its room is given to others."""
_TABLES = """
CREATE TABLE IF NOT EXISTS content (sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS hold (
    job TEXT NOT NULL, sha256 TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (job, sha256)
);
"""


class ContentCache:
    """A cache in a folder.

    Parameters
    ----------
    folder : made if it is not there; holds nothing else
    limit : bytes of all content together
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder.absolute()
        self.limit = limit
        with storing(self.folder):
            for part in ("objects", "locks"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
        with self._notes() as notes:
            notes.executescript(_TABLES)

    def fetch(
        self,
        store: ObjectStore,
        content: Content,
        target: Path,
        *,
        link: bool = False,
        told: Told | None = None,
    ) -> Placing:
        """Place content in a file; it is taken from the cache, and put there first if there is room.

        Errors are those of `ObjectStore.fetch`.
        """
        for _ in range(TRIES):
            kept = self._kept(store, content, told)
            if kept is None:
                return store.fetch(content, target, told=told)
            try:
                return place(kept, content, target, link=link)
            except FileNotFoundError:
                continue  # another process needed the room
            except IntegrityError:
                self._forget(content.sha256)  # damaged here: the store has it yet
        return store.fetch(content, target, told=told)

    def hold(self, job: str, hashes: Collection[str], lease: timedelta) -> None:
        """Keep content, there or yet to come, until a job releases it or the lease is over."""
        until = time.time() + lease.total_seconds()
        with self._notes() as notes:
            notes.executemany(
                "INSERT INTO hold VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until",
                [(job, sha256, until) for sha256 in sorted(set(hashes))],
            )

    def release(self, job: str) -> None:
        """Let go of all that a job holds."""
        with self._notes() as notes:
            notes.execute("DELETE FROM hold WHERE job = ?", (job,))

    def size(self) -> int:
        """Return the bytes of all content that is kept."""
        with self._notes() as notes:
            return int(notes.execute("SELECT coalesce(sum(size), 0) FROM content").fetchone()[0])

    def holds(self, sha256: str) -> bool:
        """Whether content is kept here."""
        return self._place(sha256).is_file()

    def _kept(self, store: ObjectStore, content: Content, told: Told | None) -> Path | None:
        """Return where content is kept, fetched if need be; None where there is no room for it."""
        if content.size > self.limit:
            return None
        kept = self._place(content.sha256)
        with self._alone(content.sha256), self._busy_with(content.sha256):
            if not (kept.is_file() and kept.stat().st_size == content.size):
                if not self._make_room(content):
                    return None
                with storing(kept):
                    kept.parent.mkdir(exist_ok=True)
                    remove(kept)
                self._bring(store, content, kept, told)
            elif told is not None:
                told(content.size)
            with self._notes() as notes:
                self._note(notes, content)
        return kept

    @contextmanager
    def _busy_with(self, sha256: str) -> Iterator[None]:
        """Hold content while it is fetched: its room is taken although it is not there yet."""
        name = f"fetching {uuid4()}"
        self.hold(name, [sha256], FETCHING)
        try:
            yield
        finally:
            self.release(name)

    def _bring(self, store: ObjectStore, content: Content, kept: Path, told: Told | None) -> None:
        """Fetch content from the store; where that fails, its room is given up."""
        came = False
        try:
            with suppress(AlreadyExists):  # only another process can have put it there, whole
                store.fetch(content, kept, told=told)
            kept.chmod(0o444)
            came = True
        finally:
            if not came:
                self._forget(content.sha256)

    def _make_room(self, content: Content) -> bool:
        """Remove the least recently used until content fits, and reserve its room; False if it cannot fit."""
        now = time.time()
        with self._notes() as notes:
            notes.execute("DELETE FROM hold WHERE until <= ?", (now,))
            total = notes.execute(
                "SELECT coalesce(sum(size), 0) FROM content WHERE sha256 <> ?", (content.sha256,)
            ).fetchone()[0]
            going = []
            free = self.limit - int(total)
            if free < content.size:
                for sha256, size in notes.execute(
                    "SELECT sha256, size FROM content WHERE sha256 <> ? "
                    "AND sha256 NOT IN (SELECT sha256 FROM hold) ORDER BY used, sha256",
                    (content.sha256,),
                ):
                    going.append(sha256)
                    free += size
                    if free >= content.size:
                        break
            if free < content.size:
                return False
            for sha256 in going:
                remove(self._place(sha256))
            notes.executemany("DELETE FROM content WHERE sha256 = ?", [(sha256,) for sha256 in going])
            self._note(notes, content)
        return True

    def _note(self, notes: sqlite3.Connection, content: Content) -> None:
        notes.execute(
            "INSERT INTO content VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET used = excluded.used, size = excluded.size",
            (content.sha256, content.size, time.time()),
        )

    def _forget(self, sha256: str) -> None:
        remove(self._place(sha256))
        with self._notes() as notes:
            notes.execute("DELETE FROM content WHERE sha256 = ?", (sha256,))

    def _place(self, sha256: str) -> Path:
        return self.folder / "objects" / content_key(sha256)

    @contextmanager
    def _alone(self, sha256: str) -> Iterator[None]:
        """Wait until no other process or thread fetches the same content."""
        # few locks for all content: who waits for another's content waits a moment, and no file is left over
        with storing(self.folder):
            lock = os.open(self.folder / "locks" / sha256[:2], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    @contextmanager
    def _notes(self) -> Iterator[sqlite3.Connection]:
        """Yield the notes in one transaction that writes."""
        path = self.folder / "notes.sqlite"
        try:
            notes = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                notes.execute("BEGIN IMMEDIATE")
                yield notes
                if notes.in_transaction:
                    notes.execute("COMMIT")
            finally:
                notes.close()
        except sqlite3.Error as error:
            raise StoreError(
                f"the cache {self.folder} cannot be used: {error}", hint="remove the folder: it is made anew"
            ) from error
