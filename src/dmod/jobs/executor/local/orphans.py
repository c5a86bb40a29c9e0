"""Processes of attempts whose supervisor was killed, found and ended.

All that an executor starts carries a mark in its environment. A process that has it, but above which there is
no supervisor and no launcher, belongs to an attempt that nobody looks after. (What clears its environment and
leaves its parent, after its supervisor was killed, is not found; in a control group it stays limited.)
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from dmod.jobs.executor.local.process_table import Entry, read_file, table

MARK = "DMOD_EXECUTOR"
LAUNCHER = "dmod-launcher"
SUPERVISOR = "dmod-supervisor"
PAYLOAD = "dmod-action"
ROUNDS = 20


def end_orphans(root: Path) -> list[int]:
    """End all processes of attempts that nobody looks after; return their numbers."""
    ended: list[int] = []
    for _ in range(ROUNDS):
        found = find_orphans(root)
        if not found:
            break
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        ended += found
        time.sleep(0.005)
    return ended


def find_orphans(root: Path) -> list[int]:
    """Return the numbers of processes of attempts that nobody looks after."""
    mark = f"{MARK}={root}".encode()
    living = {pid: item for pid, item in table().items() if item.state != "Z"}
    marked = {
        pid: item
        for pid, item in living.items()
        if mark in read_file(f"/proc/{pid}/environ").split(b"\0") and pid != os.getpid()
    }
    return [pid for pid, item in marked.items() if _top(item, marked).name not in {LAUNCHER, SUPERVISOR}]


def _top(item: Entry, marked: dict[int, Entry]) -> Entry:
    """Return the uppermost marked process above one; what supervises is one however it came there."""
    while item.name not in {LAUNCHER, SUPERVISOR} and item.parent in marked:
        item = marked[item.parent]
    return item
