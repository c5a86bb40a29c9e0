"""Which process something is, so that a number which was given to another one is no match."""

from __future__ import annotations

import os
import signal
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Process:
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
    def this_process(cls) -> Self:
        """Return the process that calls."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> Self:
        """Return the process of this machine that has a number now."""
        return cls(this_host(), pid, start_ticks(pid))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the process that a text names, as `text` wrote it; None where it names none."""
        parts = text.rsplit(" ", 2)
        return cls(parts[0], int(parts[1]), parts[2]) if len(parts) == 3 and parts[1].isdigit() else None

    @property
    def text(self) -> str:
        """Return it as text: host, number, start."""
        return f"{self.host} {self.pid} {self.started}"

    @property
    def is_here(self) -> bool:
        """Whether it can be seen from here: same machine, since the same boot, same numbering."""
        return self.host == this_host()

    @property
    def is_of_earlier_boot(self) -> bool:
        """Whether it ran on this machine before it was started anew."""
        (name, boot), (my_name, my_boot) = _name_and_boot(self.host), _name_and_boot(this_host())
        return name == my_name and bool(boot) and bool(my_boot) and boot != my_boot

    def is_gone(self) -> bool:
        """Whether the process has surely ended; False where that cannot be known from here."""
        if not self.is_here:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return bool(self.started) and start_ticks(self.pid) != self.started

    def send(self, number: int) -> bool:
        """Send it a signal; return whether there was such a process. A stranger of its number gets none."""
        if not self.is_here:
            return False
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:  # nobody has the number, or a thread of somebody
            return False
        try:
            # the handle stays with the process that has the number now: it is looked at after it was taken
            if start_ticks(self.pid) != self.started:
                return False
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True


@cache
def this_host() -> str:
    """Return what tells this machine since its boot, and this numbering of processes, from others."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()}/{boot}/{_namespace()}"


def start_ticks(pid: int) -> str:
    """Return when a process started, in ticks since the boot; "" where there is none, or it has ended."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return ""
    # a zombie has ended; its entry stays until its parent looks
    return "" if fields[0] == "Z" else fields[19]


def _name_and_boot(host: str) -> tuple[str, str]:
    name, _, rest = host.partition("/")
    return name, rest.partition("/")[0]


def _namespace() -> str:
    """Return what tells containers apart that share host name and boot but not their processes' numbers."""
    try:
        return Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return ""
