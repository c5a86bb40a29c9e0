"""Files that a client sends in pieces, kept until they are committed, however often the client is cut off.

An upload is a folder, whose name follows from its id and from who began it: for others there is none.
Each file in it grows from its beginning: a piece says where it starts, and one that does not start where the
file ends is refused with the place where it should.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from anyio import open_file
from anyio.to_thread import run_sync

from dmod.catalog.manifest import require_path
from dmod.core.atomic import remove, storing
from dmod.errors import ConflictError, InputError, NotFoundError
from dmod.services.data.scaffolding import UPLOADS

RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_BEGIN = "begin one: POST /v1/data/uploads"


@dataclass(frozen=True, slots=True)
class Uploads:
    """The uploads under way in a folder of work."""

    folder: Path
    _locks: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def begin(self, owner: str) -> str:
        """Begin an upload; return its id."""
        upload = uuid4()
        with storing(self.folder):
            (self.folder / UPLOADS / str(uuid5(upload, owner))).mkdir(parents=True)
        return str(upload)

    def place(self, upload: str, owner: str) -> Path:
        """Return the folder of an upload.

        Raises
        ------
        NotFoundError
            there is none of this id that they have begun.
        """
        try:
            found = self.folder / UPLOADS / str(uuid5(UUID(upload), owner))
        except ValueError as error:
            raise NotFoundError(f"{upload[:80]!r} is no upload", hint=_BEGIN) from error
        if not found.is_dir():
            raise NotFoundError(f"there is no upload {upload}", hint=_BEGIN)
        return found

    async def append(self, place: Path, path: str, start: int, pieces: AsyncIterator[bytes]) -> int:
        """Append bytes to a file; return how many it has then. What came before a cut stays.

        Parameters
        ----------
        place : of the upload

        Raises
        ------
        ConflictError
            they do not start where the file ends, or another request sends the same file.
        """
        file = place / require_path(path)
        lock = self._locks[str(file)]
        if not lock.acquire(blocking=False):
            raise ConflictError(f"{path} is being sent by another request", retryable=True)
        try:
            there = await run_sync(_opened, file)
            if start != there:
                raise ConflictError(
                    f"{path} has {there} bytes here, and what is sent starts at {start}",
                    hint=f"send it from byte {there} on",
                )
            with storing(file):
                async with await open_file(file, "ab") as target:
                    async for piece in pieces:
                        there += len(piece)
                        await target.write(piece)
            return there
        finally:
            lock.release()
            self._locks.pop(str(file), None)

    def end(self, place: Path) -> None:
        """Forget an upload and what was sent."""
        remove(place)


def _opened(file: Path) -> int:
    """Make the folder of a file; return how many bytes the file has."""
    with storing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.stat().st_size if file.is_file() else 0


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
