"""A list of what is done that survives the process: one line an entry, each with its checksum."""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dmod.core.atomic import storing

Facts = Mapping[str, Any]


class Journal:
    """Entries by name, appended to a file and on the disk when `add` returns; safe for several threads.

    A line that was cut short by a crash or a full disk is dropped, with what follows it.

    Parameters
    ----------
    path : the file; made with the first entry
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, Facts] = {}
        self._lock = threading.Lock()
        self._length = 0
        with storing(path):
            content = path.read_bytes() if path.exists() else b""
            for name, facts, end in _read(content):
                self.entries[name] = facts
                self._length = end
            if self._length < len(content):
                os.truncate(path, self._length)

    def add(self, name: str, facts: Facts) -> None:
        """Append an entry durably; an earlier one of that name counts no more.

        Raises
        ------
        StoreError
            the disk is full or cannot be written to; the entry is not there.
        """
        text = json.dumps([name, facts], separators=(",", ":"))
        line = f"{zlib.crc32(text.encode()):08x} {text}\n".encode()
        with self._lock, storing(self.path, needed=len(line)):
            self._append(line)
            self.entries[name] = facts
            self._length += len(line)

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        whole = False
        try:
            os.lseek(descriptor, self._length, os.SEEK_SET)
            written = 0
            while written < len(line):
                written += os.write(descriptor, line[written:])
            os.fsync(descriptor)
            whole = True
        finally:
            if not whole:
                with suppress(OSError):
                    os.ftruncate(descriptor, self._length)
            os.close(descriptor)


def _read(content: bytes) -> Iterator[tuple[str, Facts, int]]:
    """Yield name, facts and end of every sound line, up to the first that is not."""
    end = 0
    for line in content.splitlines(keepends=True):
        end += len(line)
        checksum, _, text = line.partition(b" ")
        if not line.endswith(b"\n") or checksum != f"{zlib.crc32(text[:-1]):08x}".encode():
            return
        name, facts = json.loads(text)
        yield name, facts, end
