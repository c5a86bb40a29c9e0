"""What an attempt uses: the sum over all of its processes, those that have ended included."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dmod.jobs.executor.local.process_table import Entry, descendants, entry, read_file, table

SHARE = 0.02
"""Of a processor that looking may take: on a machine with many processes it is done less often."""
SHORTEST, LONGEST = 0.5, 10.0


@dataclass
class Sampler:
    """Looks at the descendants of the process that calls.

    Parameters
    ----------
    memory, peak : resident now and at most [bytes]; what processes share counts for each, until that matters
    cpu : processor time [s]
    read, written : from and to disks [bytes]
    """

    memory: int = 0
    peak: int = 0
    cpu: float = 0.0
    read: int = 0
    written: int = 0
    due: float = field(default_factory=lambda: time.monotonic() + SHORTEST)

    def sample(self) -> None:
        """Look at all processes."""
        start = time.monotonic()
        below = descendants(os.getpid(), table().values())
        self._add_up(below)
        took = time.monotonic() - start
        self.due = start + min(LONGEST, max(SHORTEST, took / SHARE))

    def end(self) -> None:
        """Take the exact sums now that all processes have ended."""
        self._add_up([])
        # the largest of them; a sum that was seen is larger
        self.peak = max(self.peak, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)

    def exceeds(self, allowed: int) -> bool:
        """Whether more memory is used than allowed, what processes share counted once."""
        if self.memory <= allowed:
            return False
        below = descendants(os.getpid(), table().values())
        self.memory = sum(item.memory for item in below)
        if self.memory > allowed and len(below) > 1:
            self.memory = sum(_own_part(item.pid) for item in below)
        return self.memory > allowed

    def as_json(self, at: str) -> dict[str, Any]:
        """Return it for a document."""
        return {
            "cpu": round(self.cpu, 3), "memory": self.memory, "peak": self.peak, "read": self.read,
            "written": self.written, "at": at,
        }  # fmt: skip

    def _add_up(self, below: list[Entry]) -> None:
        self.memory = sum(item.memory for item in below)
        self.peak = max(self.peak, self.memory)
        own = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = max(self.cpu, own.ru_utime + own.ru_stime + sum(item.cpu for item in below))
        read = written = 0
        for pid in (os.getpid(), *(item.pid for item in below)):
            for name, value in _transfers(pid):
                if name == b"read_bytes":
                    read += value
                elif name == b"write_bytes":
                    written += value
        self.read, self.written = max(self.read, read), max(self.written, written)


def _transfers(pid: int) -> Iterator[tuple[bytes, int]]:
    """Yield what a process and children of it that have ended moved from and to disks."""
    for line in read_file(f"/proc/{pid}/io").splitlines():
        name, _, value = line.partition(b":")
        yield name, int(value)


def _own_part(pid: int) -> int:
    """Return the memory of a process, what it shares divided among all that share it."""
    for line in read_file(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    found = entry(pid)
    return found.memory if found is not None else 0
