"""Files on their way into an object store: hashed first, then sent part by part, without what is there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dmod.catalog.store.copying import Unreadable, hashed, open_source
from dmod.catalog.store.parallel import batches, in_order
from dmod.catalog.store.parts import SMALLEST_PART, Part, parts
from dmod.catalog.store.port import Content, Ingest, Told
from dmod.catalog.store.stored_parts import StoredParts
from dmod.errors import AlreadyExists, InputError

IN_FLIGHT = 256 << 20  # bytes that are in memory at a time
MOST_WORKERS = 16
_HASHERS = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was taken, and by what it would be seen that it changed since."""

    path: Path
    size: int
    modified: int
    inode: int


@dataclass(frozen=True, slots=True)
class _Sending:
    content: Content
    source: Source | bytes
    part: Part
    is_known_absent: bool


class RemoteIngest(Ingest):
    """An ingest of a `RemoteStore`."""

    def __init__(self, stored: StoredParts) -> None:
        self.stored = stored
        self._taken: dict[Content, Source | bytes] = {}

    def take(self, sources: Iterable[Path], told: Told | None = None) -> list[Content]:
        """Hash files; their bytes are read again when they are published."""

        def take_batch(batch: list[Path]) -> list[tuple[Content, Source]]:
            return [_hashed(path, told) for path in batch]

        found: list[Content] = []
        for pairs in in_order(take_batch, batches(sources), _HASHERS, "take"):
            for content, source in pairs:
                self._taken.setdefault(content, source)
                found.append(content)
        return found

    def take_bytes(self, data: bytes) -> Content:
        """Keep bytes in memory until they are published."""
        content = Content(hashlib.sha256(data).hexdigest(), len(data))
        self._taken.setdefault(content, data)
        return content

    def publish(self, told: Told | None = None) -> None:
        """Send the parts that the store does not have."""
        largest = max((min(content.size, self.stored.part_size) for content in self._taken), default=0)
        workers = max(2, min(MOST_WORKERS, IN_FLIGHT // max(largest, 1)))

        def send(one: _Sending) -> None:
            self._send(one)
            if told is not None:
                told(one.part.size)

        for _ in in_order(send, self._missing(told), workers, "send"):
            pass
        self._taken.clear()

    def _missing(self, told: Told | None) -> Iterator[_Sending]:
        """Yield what is to be sent, and tell of what is not."""
        contents = list(self._taken)
        for content, missing in in_order(self._parts_missing, contents, MOST_WORKERS, "ask"):
            there = content.size - sum(part.size for part in missing)
            if there and told is not None:
                told(there)
            for part in missing:
                yield _Sending(content, self._taken[content], part, content.size > SMALLEST_PART)

    def _parts_missing(self, content: Content) -> tuple[Content, list[Part]]:
        if content.size <= SMALLEST_PART:  # sending it costs no more than asking whether it is there
            return content, parts(content, self.stored.part_size)
        return content, self.stored.missing(content)

    def _send(self, one: _Sending) -> None:
        data = one.source if isinstance(one.source, bytes) else _read(one.source, one.part)
        if isinstance(one.source, bytes):
            data = data[one.part.start : one.part.end]
        if one.is_known_absent:
            self.stored.objects.put(one.part.key, data)
            return
        try:
            self.stored.objects.put(one.part.key, data, if_absent=True)
        except AlreadyExists:
            if self.stored.objects.size(one.part.key) != one.part.size:  # what is damaged is replaced
                self.stored.objects.put(one.part.key, data)


def _hashed(path: Path, told: Told | None) -> tuple[Content, Source]:
    descriptor = open_source(path)
    try:
        source = _seen(path, descriptor)
        content = hashed(descriptor, told)
        if _seen(path, descriptor) != source or content.size != source.size:
            raise _changed(path)
    except Unreadable as error:
        raise InputError(f"{path} cannot be read: {error.__cause__}") from error.__cause__
    finally:
        os.close(descriptor)
    return content, source


def _read(source: Source, part: Part) -> bytes:
    descriptor = open_source(source.path)
    try:
        if _seen(source.path, descriptor) != source:
            raise _changed(source.path)
        data = os.pread(descriptor, part.size, part.start)
        while len(data) < part.size and (more := os.pread(descriptor, part.size, part.start + len(data))):
            data += more[: part.size - len(data)]
        if len(data) < part.size or _seen(source.path, descriptor) != source:
            raise _changed(source.path)
    except OSError as error:
        raise InputError(f"{source.path} cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    return data


def _seen(path: Path, descriptor: int) -> Source:
    status = os.fstat(descriptor)
    return Source(path, status.st_size, status.st_mtime_ns, status.st_ino)


def _changed(path: Path) -> InputError:
    return InputError(f"{path} changed while it was stored", hint="store it again when nobody writes to it")
