"""Files on their way into a folder: copied beside what is there, synced at once, then given their names."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from dmod.catalog.store.copying import (
    PIECE,
    Unreadable,
    copied,
    hashed,
    open_source,
    shared,
    write_all,
)
from dmod.catalog.store.disk import sync_files, written
from dmod.catalog.store.keys import content_key
from dmod.catalog.store.parallel import MOST_FILES, batches, in_order
from dmod.catalog.store.port import Content, Ingest, Told
from dmod.core.atomic import remove
from dmod.errors import InputError

READ_ONLY = 0o444
_WORKERS = 2
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class FolderIngest(Ingest):
    """An ingest of a `FolderStore`. Paths are plain text here: there are many, and each of them costs.

    Parameters
    ----------
    objects : folder of the store's content
    incoming : folder of this upload; what is taken lies there until it is published
    """

    def __init__(self, objects: Path, incoming: Path) -> None:
        self.objects = objects
        self.folder = incoming / secrets.token_hex(8)  # an earlier process may have left files of this upload
        self._names = count()
        self._taken: dict[Content, str] = {}
        self._named: set[str] = set()
        with written(self.folder):
            for turn in range(_WORKERS):  # threads that make files in one folder wait for each other
                (self.folder / str(turn)).mkdir(parents=True)

    def take(self, sources: Iterable[Path], told: Told | None = None) -> list[Content]:
        """Copy files into the upload's folder and return what they hold."""

        def take_batch(batch: list[Path]) -> list[Content]:
            return [self._take(path, told) for path in batch]

        found: list[Content] = []
        for contents in in_order(take_batch, batches(sources), _WORKERS, "take"):
            found += contents
        return found

    def take_bytes(self, data: bytes) -> Content:
        """Write bytes into the upload's folder."""
        content = Content(hashlib.sha256(data).hexdigest(), len(data))
        with written(self.folder, needed=len(data)):
            self._keep(content, data)
        return content

    def publish(self, told: Told | None = None) -> None:
        """Sync what was taken, give it its names, and sync those."""
        size = sum(content.size for content in self._taken)
        with written(self.objects):
            sync_files(self._taken.values(), self.folder)
            objects = str(self.objects)
            for content, aside in list(self._taken.items()):  # after a failure it goes on with the rest
                _give_name(f"{objects}/{content_key(content.sha256)}", content.size, aside)
                self._named.add(f"{objects}/{content.sha256[:2]}")
                del self._taken[content]
            sync_files(self._named, self.objects)
            self._named.clear()
        if told is not None:
            told(size)

    def close(self) -> None:
        """Remove what was not published."""
        self._taken.clear()
        remove(self.folder)
        try:
            self.folder.parent.rmdir()
        except OSError:
            return  # files of an earlier process of this upload: debris

    def _take(self, path: Path, told: Told | None) -> Content:
        source = open_source(path)
        try:
            size = os.fstat(source).st_size
            content = self._take_small(source, size) if size < PIECE else None
            if content is None:
                with written(self.folder, needed=size):
                    return self._take_large(source, told)
        except Unreadable as error:
            raise InputError(f"{path} cannot be read: {error.__cause__}") from error.__cause__
        finally:
            os.close(source)
        if told is not None:
            told(content.size)
        return content

    def _take_small(self, source: int, size: int) -> Content | None:
        """Take a file in one piece; None if it is longer than it said."""
        try:
            data = os.read(source, size + 1)
        except OSError as error:
            raise Unreadable from error
        if len(data) > size:
            os.lseek(source, 0, os.SEEK_SET)
            return None
        content = Content(hashlib.sha256(data).hexdigest(), len(data))
        with written(self.folder, needed=size):
            self._keep(content, data)
        return content

    def _take_large(self, source: int, told: Told | None) -> Content:
        aside = self._aside()
        target = os.open(aside, _NEW, READ_ONLY)
        try:
            is_shared = shared(source, target)
            content = hashed(target, told) if is_shared else copied(source, target, told, durable=True)
        finally:
            os.close(target)
        if self._is_kept(content):
            Path(aside).unlink()
        else:
            self._taken[content] = aside
        return content

    def _keep(self, content: Content, data: bytes) -> None:
        if self._is_kept(content):
            return
        aside = self._aside()
        target = os.open(aside, _NEW, READ_ONLY)
        try:
            write_all(target, data)
        finally:
            os.close(target)
        self._taken[content] = aside

    def _is_kept(self, content: Content) -> bool:
        """Say whether the bytes are here without this copy; what the store has gets a second name.

        By that name it outlives a collection of garbage until it is published.
        """
        if content in self._taken:
            return True
        aside = self._aside()
        try:
            os.link(f"{self.objects}/{content_key(content.sha256)}", aside)
        except OSError:  # not there, or it has all the names that the file system allows
            return False
        if os.stat(aside).st_size != content.size:  # noqa: PTH116 - as text
            os.unlink(aside)  # noqa: PTH108 - as text
            return False
        self._taken[content] = aside
        return True

    def _aside(self) -> str:
        number = next(self._names)
        return f"{self.folder}/{number // MOST_FILES % _WORKERS}/{number}"


def _give_name(target: str, size: int, aside: str) -> None:
    """Give content its name in the store if it is not there."""
    try:
        there = os.stat(target).st_size == size  # noqa: PTH116 - as text
    except FileNotFoundError:
        there = False
    if not there:
        os.replace(aside, target)  # noqa: PTH105 - as text
