"""The log of an attempt: bounded, its beginning and its end kept."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path


class LogFile:
    """A file that takes everything and keeps a part.

    The first half of the limit is written as it comes. What follows goes to two files in turn, a quarter of
    the limit each, of which the later ones are joined to it at the end.

    Parameters
    ----------
    limit : bytes to keep
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._file = path.open("ab", buffering=0)
        self._size = os.fstat(self._file.fileno()).st_size
        self._tail = path.with_name(f".{path.name}.later")
        self._before = path.with_name(f".{path.name}.earlier")
        self._in_tail = 0
        self._skipped = 0
        self._is_full = False

    def write(self, data: bytes) -> None:
        """Add to it; what cannot be written because a disk is full is counted as left out."""
        room = self._limit // 2 - self._size
        head, rest = (data, b"") if room >= len(data) else (data[: max(0, room)], data[max(0, room) :])
        if head:
            self._put(head)
        if rest:
            self._begin_tail()
            quarter = max(1, self._limit // 4)
            for start in range(0, len(rest), quarter):
                self._put_in_tail(rest[start : start + quarter])

    def close(self) -> None:
        """Join what was kept of the end."""
        if self._is_full:
            self._file.close()
            kept = [path for path in (self._before, self._tail) if path.exists()]
            with self._path.open("ab") as whole:
                if self._skipped:
                    whole.write(f"\n[{self._skipped:,} bytes left out]\n".encode())
                for path in kept:
                    with path.open("rb") as part:
                        shutil.copyfileobj(part, whole)
            for path in kept:
                path.unlink()
        self._file.close()

    def _put(self, data: bytes) -> None:
        try:
            written = self._file.write(data)
        except OSError:
            self._skipped += len(data)
            return
        self._size += written
        self._skipped += len(data) - written

    def _begin_tail(self) -> None:
        if self._is_full:
            return
        self._is_full = True
        with suppress(OSError):
            self._file.write(
                f"\n[more than {self._limit // 2:,} bytes: the end of the rest is added when it is over]\n"
                .encode()
            )  # fmt: skip
        self._file.close()
        self._file = self._tail.open("wb", buffering=0)

    def _put_in_tail(self, data: bytes) -> None:
        if self._in_tail + len(data) > self._limit // 4:
            self._file.close()
            if self._before.exists():
                self._skipped += self._before.stat().st_size
            self._tail.replace(self._before)
            self._file = self._tail.open("wb", buffering=0)
            self._in_tail = 0
        self._put(data)
        self._in_tail += len(data)
