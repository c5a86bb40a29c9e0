"""What this machine has for attempts."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from dmod.jobs.demand import Node
from dmod.jobs.executor.local.control_group import Hierarchy, hierarchy
from dmod.jobs.executor.local.settings import LocalSettings

SMALLEST = 64 << 20


def this_node(settings: LocalSettings, executor: str) -> Node:
    """Return this machine as a node: what is there for this process, unless settings say otherwise."""
    name = settings.node or socket.gethostname()
    cpus = settings.cpus or allowed_cpus()
    memory = settings.memory or max(SMALLEST, allowed_memory() - settings.reserve)
    return Node(name, cpus, memory, executor)


def allowed_cpus() -> int:
    """Return how many processors this process may use, a quota of time counted as such."""
    count = len(os.sched_getaffinity(0))
    kind = hierarchy("cpu")
    for group in _upwards(kind) if kind is not None else ():
        quota = _quota(group)
        if quota is not None:
            count = min(count, max(1, int(quota)))
    return count


def allowed_memory() -> int:
    """Return how much memory there is for this process [bytes]."""
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    kind = hierarchy("memory")
    for group in _upwards(kind) if kind is not None else ():
        for name in ("memory.max", "memory.limit_in_bytes"):
            text = _read(group / name)
            if text.isdigit():
                size = min(size, int(text))
    return size


def _quota(group: Path) -> float | None:
    """Return how many processors' time a group gets; None where there is no limit."""
    fields = _read(group / "cpu.max").split()
    if not fields:
        fields = [_read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")]
    if len(fields) == 2 and all(field.isdigit() for field in fields) and int(fields[1]):
        return int(fields[0]) / int(fields[1])
    return None


def _upwards(kind: Hierarchy) -> list[Path]:
    """Return the group of this process and all around it, as far as they can be seen."""
    return [path for path in (kind.group, *kind.group.parents) if (path / "cgroup.procs").exists()]


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="ascii").strip()
    return ""
