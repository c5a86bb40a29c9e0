"""What a cache of content notes of itself, in an SQLite file that processes share.

Nothing here waits for the disk: a process that is killed spoils nothing, and after a loss of power the notes
can be made anew from the files.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from dmod.catalog.store.port import Content
from dmod.core.atomic import storing
from dmod.errors import StoreError

_TABLES = """
CREATE TABLE IF NOT EXISTS content (
    sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, used REAL NOT NULL, busy REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS content_used ON content (used, sha256);
CREATE INDEX IF NOT EXISTS content_busy ON content (busy) WHERE busy > 0;
CREATE TABLE IF NOT EXISTS hold (
    job TEXT NOT NULL, sha256 TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (job, sha256)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hold_content ON hold (sha256);
CREATE TABLE IF NOT EXISTS total (bytes INTEGER NOT NULL);
INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM total);
CREATE TRIGGER IF NOT EXISTS came AFTER INSERT ON content
    BEGIN UPDATE total SET bytes = bytes + new.size; END;
CREATE TRIGGER IF NOT EXISTS went AFTER DELETE ON content
    BEGIN UPDATE total SET bytes = bytes - old.size; END;
CREATE TRIGGER IF NOT EXISTS changed AFTER UPDATE OF size ON content
    BEGIN UPDATE total SET bytes = bytes - old.size + new.size; END;
"""
"""``used`` the last use as far as known, ``busy`` until when a fetch may be under way [s since 1970]."""
_AT_ONCE = 500  # rows that are looked at together


class CacheNotes:
    """The notes of a cache.

    Parameters
    ----------
    folder : of the cache

    Attributes
    ----------
    are_new : whether they were not there
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "notes.sqlite"
        self.are_new = not self.path.exists()
        with self._alone(), self._connected() as notes:
            notes.executescript(f"BEGIN; {_TABLES} COMMIT;")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the notes in one transaction, which no other process or thread is in.

        Raises
        ------
        StoreError
            they cannot be used.
        """
        with self._alone(), self._connected() as notes:
            notes.execute("BEGIN IMMEDIATE")
            yield notes
            notes.execute("COMMIT")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            notes = sqlite3.connect(self.path, isolation_level=None)
            try:
                notes.execute("PRAGMA synchronous = OFF")
                yield notes
            finally:
                notes.close()
        except sqlite3.Error as error:
            raise StoreError(
                f"the cache {self.folder} cannot be used: {error}", hint="remove the folder: it is made anew"
            ) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait for one's turn; SQLite's own way of waiting is to look again after a while."""
        with storing(self.folder):
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def note(notes: sqlite3.Connection, content: Content, used: float, *, busy: float) -> None:
    """Note content, its last use, and until when it may be on its way."""
    notes.execute(
        "INSERT INTO content VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET used = excluded.used, size = excluded.size, busy = excluded.busy",
        (content.sha256, content.size, used, busy),
    )


def strike(notes: sqlite3.Connection, sha256: str) -> None:
    """Note that content is gone."""
    notes.execute("DELETE FROM content WHERE sha256 = ?", (sha256,))


def total(notes: sqlite3.Connection) -> int:
    """Return the bytes of all content."""
    return int(notes.execute("SELECT bytes FROM total").fetchone()[0])


def size_of(notes: sqlite3.Connection, sha256: str) -> int:
    """Return the bytes that some content is noted with, 0 if it is not."""
    row = notes.execute("SELECT size FROM content WHERE sha256 = ?", (sha256,)).fetchone()
    return int(row[0]) if row else 0


def busy_until(notes: sqlite3.Connection, now: float) -> list[str]:
    """Return what may be on its way."""
    return [row[0] for row in notes.execute("SELECT sha256 FROM content WHERE busy > ? AND busy > 0", (now,))]


def held_size(notes: sqlite3.Connection, stays: Collection[str], now: float) -> int:
    """Return the bytes of what jobs hold, and of some more; holds that are over are struck."""
    notes.execute("DELETE FROM hold WHERE until <= ?", (now,))
    held = notes.execute(
        "SELECT coalesce(sum(size), 0) FROM content WHERE sha256 IN (SELECT sha256 FROM hold)"
    )
    more = [
        size_of(notes, sha256)
        for sha256 in stays
        if notes.execute("SELECT 1 FROM hold WHERE sha256 = ?", (sha256,)).fetchone() is None
    ]
    return int(held.fetchone()[0]) + sum(more)


def oldest(
    notes: sqlite3.Connection, stays: Collection[str], last_use: Callable[[str], float | None]
) -> Iterator[tuple[str, int]]:
    """Yield hash and size of what nobody holds, least recently used first, and strike each.

    Parameters
    ----------
    stays : passed over as well
    last_use : tells the last use of content, which may be later than what is noted
    """
    after = (-1.0, "")
    while rows := notes.execute(
        "SELECT used, sha256, size FROM content WHERE (used, sha256) > (?, ?) "
        "AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.sha256 = content.sha256) "
        "ORDER BY used, sha256 LIMIT ?",
        (*after, _AT_ONCE),
    ).fetchall():
        after = last = rows[-1][:2]
        waiting = [row for row in rows if row[1] not in stays]
        heapq.heapify(waiting)
        while waiting:
            used, sha256, size = heapq.heappop(waiting)
            real = last_use(sha256)
            if real is None or real <= used:
                strike(notes, sha256)
                yield sha256, size
                continue
            notes.execute("UPDATE content SET used = ? WHERE sha256 = ?", (real, sha256))
            if (real, sha256) <= last:  # still before the rows that are to come
                heapq.heappush(waiting, (real, sha256, size))
