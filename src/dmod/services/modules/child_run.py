"""Running a task in a process of its own, and telling how that ended."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dmod.services.modules.child_task import EVENTS, OUTPUT, TRAIL, ChildTask, events
from dmod.services.modules.surroundings import OWN, Surroundings
from dmod.services.modules.trail import last_call

TIME_LIMIT = 60.0
"""Seconds for a check, a benchmark or a description, unless somebody says otherwise."""
_TAIL_LINES = 8
_TAIL_LETTERS = 160
_LOOK = 0.02

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChildEnd:
    """How a process ended, and what it told.

    Parameters
    ----------
    told : events, in their order
    fault : why it ended before it was done, "" where it was done
    call : the last function of the module that was called
    tail : the end of what it printed
    is_late : whether it was ended because it did not come back
    """

    told: tuple[Event, ...]
    fault: str
    call: str
    tail: str
    is_late: bool = False


def run_child(
    task: ChildTask,
    limit: float = TIME_LIMIT,
    hear: Callable[[Event], None] | None = None,
    surroundings: Surroundings = OWN,
) -> ChildEnd:
    """Run a task in a process of its own; whatever becomes of that, this returns.

    Parameters
    ----------
    limit : seconds that may pass from one event to the next
    hear : is given every event as it is told
    surroundings : in which it runs
    """
    path = surroundings.path
    with tempfile.TemporaryDirectory(prefix="dmod-module-") as name:
        folder = Path(name)
        lifetime = int(limit * max(1, len(task.names))) + 60
        replace(task, path=path, lifetime=lifetime, lent=surroundings.lent).write(folder)
        with (folder / OUTPUT).open("wb") as output:
            process = subprocess.Popen(
                surroundings.command(name),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            told, is_late = _listen(process, folder, limit, hear)
        finally:
            _end(process)
        done = bool(told) and told[-1]["event"] == "done"
        fault = "" if done else _fault(process.returncode, limit if is_late else None)
        return ChildEnd(tuple(told), fault, last_call(folder / TRAIL), _tail(folder / OUTPUT), is_late)


def _listen(
    process: subprocess.Popen[bytes], folder: Path, limit: float, hear: Callable[[Event], None] | None
) -> tuple[list[Event], bool]:
    """Return what a process tells until it ends, and whether it fell silent for too long."""
    told: list[Event] = []
    since, size = time.monotonic(), 0
    while True:
        ended = process.poll() is not None
        path = folder / EVENTS
        now = path.stat().st_size if path.is_file() else 0
        if now != size or ended:
            size, since = now, time.monotonic()
            for event in events(folder, len(told)):
                told.append(event)
                if hear is not None:
                    hear(event)
        if ended:
            return told, False
        if time.monotonic() - since > limit:
            return told, True
        time.sleep(_LOOK)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _fault(status: int, limit: float | None) -> str:
    if limit is not None:
        return f"did not come back within {limit:g} s"
    if status < 0:
        try:
            return f"was ended by signal {signal.Signals(-status).name}"
        except ValueError:
            return f"was ended by signal {-status}"
    return f"ended the process with status {status}"


def _tail(path: Path) -> str:
    lines = path.read_bytes()[-8192:].decode("utf-8", "replace").splitlines()
    shown = [line.rstrip()[:_TAIL_LETTERS] for line in lines if line.strip()]
    return "\n".join(shown[-_TAIL_LINES:])
