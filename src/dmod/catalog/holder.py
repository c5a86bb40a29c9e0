"""Which process holds something, and whether it is still there."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    """A process: its machine, its number, and when it started, so that a number used again is no match.

    Parameters
    ----------
    host : name of the machine, with the id of its boot where there is one
    pid : number of the process
    started : of the process, in ticks since the boot; "" where the system does not say
    """

    host: str
    pid: int
    started: str

    @classmethod
    def this_process(cls) -> Holder:
        """Return the process that calls."""
        return cls(_host(), os.getpid(), _started(os.getpid()))

    def is_gone(self) -> bool:
        """Whether the process has surely ended; False where that cannot be known from here."""
        if self.host != _host():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return bool(self.started) and _started(self.pid) != self.started


def _host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()}/{boot}/{_namespace()}"


def _namespace() -> str:
    """Return what tells containers apart that share host name and boot but not their processes' numbers."""
    try:
        return Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return ""


def _started(pid: int) -> str:
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return ""
    # a zombie has ended; its entry stays until its parent looks
    return "" if fields[0] == "Z" else fields[19]
