"""Download content to a file: pieces at once, resumed where it stopped, verified before it has its name."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dmod.catalog.store.content import damaged
from dmod.catalog.store.disk import written
from dmod.catalog.store.objects import Objects
from dmod.catalog.store.parallel import in_order
from dmod.catalog.store.parts import Part, object_key, pieces
from dmod.catalog.store.placing import require_absent, settle
from dmod.catalog.store.port import Content, Told
from dmod.core.atomic import HIDDEN_SUFFIX, hidden_path, remove
from dmod.errors import NotFoundError

PIECE = 8 << 20  # bytes of one request
_WORKERS = min(8, 2 * (os.cpu_count() or 1))  # more than hides the way there takes time from the hash
_DONE = b"\x01"

Lying = Callable[[], Sequence[Part]]
"""Finds the parts of the content, or raises that it is not there."""


def fetch(objects: Objects, content: Content, lying: Lying, target: Path, told: Told | None) -> None:
    """Download content to a file that is not there yet.

    Raises
    ------
    AlreadyExists
        the target is there.
    IntegrityError
        the bytes are not those of the hash; nothing is left.
    StoreError
        the store cannot be reached: what came is kept beside the target, and is not asked for again.
    """
    require_absent(target)
    with written(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    if content.size <= PIECE:
        _fetch_small(objects, content, lying, target)
        if told is not None:
            told(content.size)
    else:
        _fetch_large(objects, content, lying, target, told)


def partial_path(content: Content, target: Path) -> Path:
    """Return where a download lies until it is complete: the same for every process that fetches it there."""
    return target.with_name(f".{target.name}.{content.sha256[:16]}.fetch{HIDDEN_SUFFIX}")


def _fetch_small(objects: Objects, content: Content, lying: Lying, target: Path) -> None:
    data = _small(objects, content, lying)
    found = hashlib.sha256(data).hexdigest()
    if found != content.sha256:
        raise damaged(content, objects.address, target, f"has the hash {found}")
    hidden = hidden_path(target)
    hidden = hidden.with_name(f".{os.urandom(4).hex()}{hidden.name}")  # several threads, one target
    try:
        with written(target, needed=content.size):
            hidden.write_bytes(data)
        settle(hidden, target)
    finally:
        remove(hidden)


def _small(objects: Objects, content: Content, lying: Lying) -> bytes:
    """Return small content; most lies in one object, which is asked for at once."""
    try:
        data = objects.get(object_key(content.sha256))
    except NotFoundError:
        data = b""
    if len(data) == content.size > 0:
        return data
    return b"".join(
        bytes(objects.get_range(piece.key, piece.start, piece.end))
        for piece in pieces(lying(), 0, content.size, PIECE)
    )


def _fetch_large(objects: Objects, content: Content, lying: Lying, target: Path, told: Told | None) -> None:
    parts = lying()
    with _locked(content, target) as (partial, descriptor):
        download = _Download(objects, content, parts, descriptor)
        with written(target, needed=content.size):
            resumed = download.resume()
        found = download.complete(target, told)
        if found != content.sha256 and resumed:  # the fault may be this disk's: nothing of it is believed
            with written(target):
                download.restart()
            found = download.complete(target, None)
        if found != content.sha256:
            remove(partial)
            raise damaged(content, objects.address, target, f"has the hash {found}")
        with written(target):
            os.ftruncate(descriptor, content.size)
        settle(partial, target)
        remove(partial)


class _Download:
    """A file that is filled piece by piece; a byte for each, behind the content, says which are there."""

    def __init__(self, objects: Objects, content: Content, parts: Sequence[Part], descriptor: int) -> None:
        self.objects = objects
        self.content = content
        self.parts = parts
        self.descriptor = descriptor
        self.starts = range(0, content.size, PIECE)
        self.there: set[int] = set()

    def resume(self) -> bool:
        """Find the pieces that are there; say whether there are any."""
        length = self.content.size + len(self.starts)
        if os.fstat(self.descriptor).st_size != length:
            self.restart()
        marks = os.pread(self.descriptor, len(self.starts), self.content.size)
        self.there = {start for start, mark in zip(self.starts, marks, strict=True) if mark == _DONE[0]}
        return bool(self.there)

    def restart(self) -> None:
        """Forget all pieces."""
        os.ftruncate(self.descriptor, 0)
        os.ftruncate(self.descriptor, self.content.size + len(self.starts))
        self.there = set()

    def complete(self, target: Path, told: Told | None) -> str:
        """Get the pieces that are not there; return the hash of all."""
        digest = hashlib.sha256()
        missing = [start for start in self.starts if start not in self.there]
        workers = min(_WORKERS, max(1, len(missing)))
        arriving = in_order(lambda start: self._get(start, target), missing, workers, "fetch")
        for start in self.starts:
            for piece in self._read(start, target) if start in self.there else next(arriving):
                digest.update(piece)
                if told is not None:
                    told(len(piece))
        return digest.hexdigest()

    def _get(self, start: int, target: Path) -> list[Any]:
        end = min(start + PIECE, self.content.size)
        found = []
        for piece in pieces(self.parts, start, end, PIECE):
            data = self.objects.get_range(piece.key, piece.start, piece.end)
            with written(target, needed=self.content.size):
                _write_at(self.descriptor, data, piece.offset)
            found.append(data)
        with written(target):
            number = start // PIECE
            os.pwrite(self.descriptor, _DONE, self.content.size + number)
        return found

    def _read(self, start: int, target: Path) -> Iterator[bytes]:
        end = min(start + PIECE, self.content.size)
        with written(target):
            yield os.pread(self.descriptor, end - start, start)


def _write_at(descriptor: int, data: Any, offset: int) -> None:
    view = memoryview(data)
    done = 0
    while done < len(view):
        done += os.pwrite(descriptor, view[done:], offset + done)


@contextmanager
def _locked(content: Content, target: Path) -> Iterator[tuple[Path, int]]:
    """Hold the partial file; who comes later waits, and then finds the target there."""
    partial = partial_path(content, target)
    while True:
        with written(target):
            descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            with written(target):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            require_absent(target)
            if partial.exists() and os.path.samestat(os.fstat(descriptor), partial.stat()):
                yield partial, descriptor
                return
        finally:
            os.close(descriptor)
