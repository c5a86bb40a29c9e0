"""The processes of this machine as the system lists them, and who descends from whom."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = 1.0 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Entry:
    """A process.

    Parameters
    ----------
    name : of what it runs
    state : ``Z`` where it has ended and its parent has not looked
    cpu : processor time of it and of children of it that have ended [s]
    memory : resident [bytes]
    """

    pid: int
    parent: int
    name: str
    state: str
    cpu: float
    memory: int


def entry(pid: int) -> Entry | None:
    """Return what the system says of a process; None if it is gone."""
    text = read_file(f"/proc/{pid}/stat")
    if not text:
        return None
    head, _, tail = text.decode("utf-8", "replace").rpartition(")")
    fields = tail.split()
    return Entry(
        pid,
        int(fields[1]),
        head.partition("(")[2],
        fields[0],
        sum(map(int, fields[11:15])) * TICK,
        int(fields[21]) * PAGE,
    )


def table() -> dict[int, Entry]:
    """Return all processes that can be seen."""
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - quick
        if name.isdigit() and (item := entry(int(name))) is not None:
            found[item.pid] = item
    return found


def descendants(pid: int, processes: Iterable[Entry]) -> list[Entry]:
    """Return the processes below one, those that have ended left out."""
    children: dict[int, list[Entry]] = defaultdict(list)
    for item in processes:
        children[item.parent].append(item)
    found: list[Entry] = []
    waiting = [pid]
    while waiting:
        below = children.pop(waiting.pop(), [])
        found += (item for item in below if item.state != "Z")
        waiting += (item.pid for item in below)
    return found


def read_file(path: str) -> bytes:
    """Return a small file of the system; nothing where it is gone or not for us."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
