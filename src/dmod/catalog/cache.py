"""A cache on this machine of content that lies in a store elsewhere.

It keeps content by hash under a limit of bytes; the least recently used goes first, and never what a job
holds. Several processes share it. Content has a name only when it is whole and proven, so what is there is
placed without asking anybody, and its last use is its file's time of access. An SQLite file notes sizes and
holds; it is asked when content comes, goes or is held.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from dmod.catalog.cache_notes import (
    CacheNotes,
    busy_until,
    held_size,
    note,
    oldest,
    size_of,
    strike,
    total,
)
from dmod.catalog.store.keys import content_key
from dmod.catalog.store.placing import place, require_absent
from dmod.catalog.store.port import Content, ObjectStore, Placing, Told
from dmod.core.atomic import remove, storing
from dmod.errors import AlreadyExists, IntegrityError, StoreError

TRIES = 3
FETCHING = timedelta(hours=6)
"""How long a fetch may take before its room is given to others."""


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
            (self.folder / "objects").mkdir(parents=True, exist_ok=True)
        self._notes = CacheNotes(self.folder)
        if self._notes.are_new:
            self._find()

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
        kept = self._place(content.sha256)
        require_absent(target)
        for _ in range(TRIES):
            if _is_whole(kept, content):
                moved = told
            elif self._bring(store, content, kept, told):
                moved = None  # told already
            else:
                break
            try:
                placing = place(kept, content, target, link=link, told=moved)
            except FileNotFoundError:
                continue  # another process needed the room
            except IntegrityError:
                self._forget(content.sha256)  # damaged here: the store has it yet
                continue
            self._use(kept)
            return placing
        return store.fetch(content, target, told=told)

    def hold(self, job: str, hashes: Collection[str], lease: timedelta) -> None:
        """Keep content, there or yet to come, until a job releases it or the lease is over."""
        until = time.time() + lease.total_seconds()
        with self._notes.writing() as notes:
            notes.executemany(
                "INSERT INTO hold VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until",
                [(job, sha256, until) for sha256 in sorted(set(hashes))],
            )

    def release(self, job: str) -> None:
        """Let go of all that a job holds."""
        with self._notes.writing() as notes:
            notes.execute("DELETE FROM hold WHERE job = ?", (job,))

    def size(self) -> int:
        """Return the bytes of all content that is kept, or has its room."""
        with self._notes.writing() as notes:
            return total(notes)

    def holds(self, sha256: str) -> bool:
        """Whether content is kept here."""
        return self._place(sha256).is_file()

    def _bring(self, store: ObjectStore, content: Content, kept: Path, told: Told | None) -> bool:
        """Fetch content from the store; False where there is no room for it.

        Where the fetch fails its room is given up; but if a part came that can be gone on with, it counts.
        """
        if content.size > self.limit or not self._make_room(content):
            return False
        came = False
        try:
            with storing(kept):
                kept.parent.mkdir(exist_ok=True)
                if not _is_whole(kept, content):
                    remove(kept)
            try:
                store.fetch(content, kept, told=told)
            except AlreadyExists:
                pass  # only another thread or process can have put it there, whole
            except StoreError as error:
                if not isinstance(error.__cause__, FileNotFoundError):
                    raise
                # another process has needed the room, and taken what had come with it
            with suppress(FileNotFoundError):
                kept.chmod(0o444)
            came = True
        finally:
            if came:
                self._note_came(content, kept)
            elif not self._beside(content.sha256):
                self._forget(content.sha256)
        return True

    def _note_came(self, content: Content, kept: Path) -> None:
        """Note content that has come, unless another process has needed its room since.

        It is noted even if its room was given up, for another's fetch of the same may have failed; then
        others must go for it.
        """
        with self._notes.writing() as notes:
            if not kept.is_file():
                return
            now = time.time()
            note(notes, content, now, busy=0.0)
            if total(notes) > self.limit:
                self._evict(notes, total(notes) - self.limit, {content.sha256, *self._coming(notes, now)})

    def _make_room(self, content: Content) -> bool:
        """Remove the least recently used until content fits, and reserve its room; False if it cannot fit."""
        now = time.time()
        with self._notes.writing() as notes:
            own = size_of(notes, content.sha256)
            free = self.limit - total(notes) + own
            if free < content.size:
                stays = self._coming(notes, now) | {content.sha256}
                if self.limit - held_size(notes, stays, now) + own < content.size:
                    return False
                self._evict(notes, content.size - free, stays)
            note(notes, content, now, busy=now + FETCHING.total_seconds())
        return True

    def _coming(self, notes: sqlite3.Connection, now: float) -> set[str]:
        """Return what is on its way, and not there yet."""
        return {sha256 for sha256 in busy_until(notes, now) if not self._place(sha256).is_file()}

    def _evict(self, notes: sqlite3.Connection, size: int, stays: set[str]) -> None:
        """Remove the least recently used that nobody holds, until this many bytes are free."""
        for sha256, freed in oldest(notes, stays, self._last_use):
            self._clear(sha256)
            size -= freed
            if size <= 0:
                break

    def _last_use(self, sha256: str) -> float | None:
        try:
            return self._place(sha256).stat().st_atime
        except FileNotFoundError:
            return None

    def _use(self, kept: Path) -> None:
        """Note the use of content; the time at which it was written is other links' too, and stays."""
        with suppress(FileNotFoundError, PermissionError):
            os.utime(kept, ns=(time.time_ns(), kept.stat().st_mtime_ns))

    def _forget(self, sha256: str) -> None:
        with self._notes.writing() as notes:
            self._clear(sha256)
            strike(notes, sha256)

    def _clear(self, sha256: str) -> None:
        for path in (self._place(sha256), *self._beside(sha256)):
            remove(path)

    def _beside(self, sha256: str) -> list[Path]:
        """Return what fetches that were cut off have left of content."""
        kept = self._place(sha256)
        return [*kept.parent.glob(f".*{kept.name}*")]

    def _find(self) -> None:
        """Note what is there, when the notes were lost."""
        with self._notes.writing() as notes:
            for path in (self.folder / "objects").glob("??/*"):
                if not path.name.startswith("."):
                    status = path.stat()
                    found = Content(path.parent.name + path.name, status.st_size)
                    note(notes, found, status.st_atime, busy=0.0)

    def _place(self, sha256: str) -> Path:
        return self.folder / "objects" / content_key(sha256)


def _is_whole(kept: Path, content: Content) -> bool:
    try:
        return kept.stat().st_size == content.size
    except FileNotFoundError:
        return False
