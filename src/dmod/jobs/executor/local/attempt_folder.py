"""The folder in which everything about an attempt stands: what it is to do, whether it runs, how it ended.

    task.json      what it is to do; written once
    started.json   which process looks after it, or why it is never to be started; written once
    cancel.json    that it is to end
    status.json    heartbeat, progress and use of resources, about once a second
    outcome.json   what the action itself says became of it
    end.json       how it ended; written once, and the first who writes it is right
    log            what it wrote

A file that is written once is linked to its name when it is complete, which fails if that name is taken. So
of several processes that want to start an attempt, or to say how it ended, one does, and all others see it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

TASK = "task.json"
STARTED = "started.json"
CANCEL = "cancel.json"
STATUS = "status.json"
OUTCOME = "outcome.json"
END = "end.json"
LOG = "log"
LONGEST_NAME = 180

_numbers = count()


class AttemptFolder:
    """The folder of an attempt; it need not exist."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    @classmethod
    def of_label(cls, attempts: Path, label: str) -> AttemptFolder:
        """Return the folder of a label; no two labels have the same, and none leads out of ``attempts``."""
        name = "".join(_as_name(letter) for letter in label)
        if len(name) > LONGEST_NAME:
            from hashlib import sha256

            name = f"{name[:100]},,{sha256(label.encode('utf-8', 'surrogatepass')).hexdigest()}"
        return cls(f"{attempts}/={name}")

    def file(self, name: str) -> str:
        """Return where a file of it is."""
        return f"{self.path}/{name}"

    def make(self) -> None:
        """Make it, if it is not there."""
        os.makedirs(self.path, mode=0o700, exist_ok=True)  # noqa: PTH103 - quick

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a document; None if it is not there, or is no document because the machine was cut off."""
        try:
            descriptor = os.open(self.file(name), os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
            data = file.read()
        try:
            document = json.loads(data)
        except ValueError:
            return None
        return document if isinstance(document, dict) else None

    def write_once(self, name: str, document: Mapping[str, Any]) -> bool:
        """Write a document unless there is one; return whether it was written."""
        hidden = self._write_hidden(name, document)
        try:
            os.link(hidden, self.file(name))
        except FileExistsError:
            return False
        finally:
            os.unlink(hidden)  # noqa: PTH108 - quick
        return True

    def write(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a document in the place of the one that is there."""
        os.replace(self._write_hidden(name, document), self.file(name))  # noqa: PTH105 - quick

    def _write_hidden(self, name: str, document: Mapping[str, Any]) -> str:
        hidden = self.file(f".{name}.{os.getpid()}.{next(_numbers)}")
        data = json.dumps(document, separators=(",", ":")).encode()
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - a descriptor
            file.write(data)
            if os.geteuid() == 0:
                # who owns the folder has to read what a server that is root writes into it
                owner = os.stat(self.path)  # noqa: PTH116 - quick
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return hidden


def _as_name(letter: str) -> str:
    """Return a letter as it stands in a name; what separates parts of a label is no separator of paths."""
    if letter.isascii() and (letter.isalnum() or letter in "-._"):
        return letter
    return (
        "," if letter == ":" else "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))
    )
