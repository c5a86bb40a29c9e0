"""Files that a client sends in pieces, kept until they are committed, however often the client is cut off.

An upload is a folder. Each file in it grows from its beginning: a piece says where it starts, and one that
does not start where the file ends is refused with the place where it should.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from dmod.catalog.manifest import require_path
from dmod.core.atomic import remove, storing
from dmod.errors import ConflictError, InputError, NotFoundError
from dmod.services.data.scaffolding import UPLOADS

RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class Uploads:
    """The uploads under way in a folder of work."""

    folder: Path
    _locks: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def begin(self) -> str:
        """Begin an upload; return its id."""
        upload = str(uuid4())
        with storing(self.folder):
            (self.folder / UPLOADS / upload).mkdir(parents=True)
        return upload

    def place(self, upload: str) -> Path:
        """Return the folder of an upload.

        Raises
        ------
        NotFoundError
            there is none of this id.
        """
        try:
            found = self.folder / UPLOADS / str(UUID(upload))
        except ValueError as error:
            raise NotFoundError(f"{upload!r} is no upload", hint="begin one: POST /data/uploads") from error
        if not found.is_dir():
            raise NotFoundError(f"there is no upload {upload}", hint="begin one: POST /data/uploads")
        return found

    def received(self, upload: str, path: str) -> int:
        """Return how many bytes of a file have come; 0 where none have."""
        file = self.place(upload) / require_path(path)
        return file.stat().st_size if file.is_file() else 0

    async def append(self, upload: str, path: str, start: int, pieces: AsyncIterator[bytes]) -> int:
        """Append bytes to a file; return how many it has then. What came before a cut stays.

        Raises
        ------
        ConflictError
            they do not start where the file ends, or another request sends the same file.
        """
        file = self.place(upload) / require_path(path)
        lock = self._locks[f"{upload}/{path}"]
        if not lock.acquire(blocking=False):
            raise ConflictError(f"{path} is being sent by another request", retryable=True)
        try:
            with storing(file):
                file.parent.mkdir(parents=True, exist_ok=True)
                there = file.stat().st_size if file.is_file() else 0
            if start != there:
                raise ConflictError(
                    f"{path} has {there} bytes here, and what is sent starts at {start}",
                    hint=f"send it from byte {there} on",
                )
            with storing(file), file.open("ab") as target:
                async for piece in pieces:
                    target.write(piece)
            return file.stat().st_size
        finally:
            lock.release()

    def end(self, upload: str) -> None:
        """Forget an upload and what was sent."""
        remove(self.place(upload))


def range_start(header: str | None) -> int:
    """Return where the bytes of a request start, by its ``Content-Range``; 0 without one.

    Raises
    ------
    InputError
        it cannot be read.
    """
    if header is None:
        return 0
    match = RANGE.fullmatch(header.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise InputError(f"Content-Range {header!r} cannot be read", hint="write bytes 0-99/1000")
    return int(match[1])


def files_below(folder: Path) -> list[str]:
    """Return the paths of all files of an upload."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
