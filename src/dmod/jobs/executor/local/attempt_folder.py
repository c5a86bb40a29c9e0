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

import errno
import json
import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

TASK = "task.json"
STARTED = "started.json"
CANCEL = "cancel.json"
STATUS = "status.json"
OUTCOME = "outcome.json"
END = "end.json"
LOG = "log"
LONGEST_NAME = 180
LARGEST = 16 << 20
"""Of a document [bytes]: a result may have half of it."""
_NO_FILE = frozenset({errno.ELOOP, errno.ENXIO, errno.ENODEV})
"""What opening says of a link, and of a socket or device that nobody serves."""

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
        """Return a document; None if it is not there, or is no document because the machine was cut off.

        Where a user's image runs it may be anything: a link, a pipe, or larger than any document is.
        """
        try:
            descriptor = self.open_file(name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
            data = file.read(LARGEST + 1)
        try:
            # what was submitted is as it was; what is told goes on to databases
            kept = None if name == TASK else _refuse
            document = json.loads(data, parse_constant=kept) if len(data) <= LARGEST else None
        except (ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None

    def open_file(self, name: str) -> int:
        """Return a descriptor of a file of it, to read; what is no file is as if it were not there.

        Raises
        ------
        FileNotFoundError, NotADirectoryError
            it is not there.
        """
        path = self.file(name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            if error.errno in _NO_FILE:
                raise FileNotFoundError(error.errno, "no file", path) from error
            raise
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileNotFoundError(errno.ENOENT, "no file", path)
        return descriptor

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

    def remove(self) -> None:
        """Remove it with all that it holds, if it is there; for others it is gone at once, not in pieces."""
        gone = f"{os.path.dirname(self.path)}/.{os.getpid()}.{next(_numbers)}"  # noqa: PTH120 - quick
        with suppress(FileNotFoundError):
            os.rename(self.path, gone)  # noqa: PTH104 - quick
            shutil.rmtree(gone, ignore_errors=True)

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


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number that databases take")


def _as_name(letter: str) -> str:
    """Return a letter as it stands in a name; what separates parts of a label is no separator of paths."""
    if letter.isascii() and (letter.isalnum() or letter in "-._"):
        return letter
    return (
        "," if letter == ":" else "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))
    )
