"""An engine whose workers are processes of this machine: the smallest that is real, to try executors with."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from dmod.core.process import Process, start_ticks
from dmod.errors import BackendError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.demand import Node
from dmod.jobs.executor.engine.port import Engine, Order, Sight, SightState, name_of
from dmod.jobs.executor.local.orphans import MARK, end_orphans

SCRIPT = '"$@" >"$OUT" 2>&1; echo $? >"$EXIT.new"; mv "$EXIT.new" "$EXIT"'
"""Runs a worker and keeps its exit code, whoever started it."""


class ProcessEngine(Engine):
    """Starts workers as processes, and remembers them in a folder.

    Parameters
    ----------
    folder : what it keeps; its own, not that of an executor
    """

    name = "process"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_down = False
        folder.mkdir(parents=True, exist_ok=True)

    def nodes(self) -> Sequence[Node]:
        """Return this machine."""
        self._require_up()
        return (Node("here", len(os.sched_getaffinity(0)), 8 << 30, self.name),)

    def start(self, order: Order) -> str:
        """Start a worker in a session of its own."""
        self._require_up()
        known = self.folder / f"{order.name}.json"
        if known.exists():
            return str(json.loads(known.read_text(encoding="utf-8"))["pid"])
        places = {
            "OUT": str(self.folder / f"{order.name}.out"),
            "EXIT": str(self.folder / f"{order.name}.exit"),
        }
        # it is nobody's to wait for but whoever looks
        command = ["/bin/sh", "-c", SCRIPT, "sh", sys.executable, *order.arguments]
        nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
        variables = {**os.environ, **places, MARK: str(self.folder / order.name)}
        pid = os.posix_spawn(command[0], command, variables, file_actions=nothing, setsid=True)
        found = {"label": order.label, "pid": pid, "ticks": start_ticks(pid)}
        hidden = known.with_suffix(".new")
        hidden.write_text(json.dumps(found), encoding="utf-8")
        hidden.rename(known)
        return str(pid)

    def look(self) -> Mapping[str, Sight]:
        """Return all that was started."""
        self._require_up()
        return {sight.label: sight for path in self.folder.glob("*.json") if (sight := self._sight(path))}

    def stop(self, label: str) -> None:
        """Kill a worker and all that came from it."""
        self._require_up()
        for path in self.folder.glob("*.json"):
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["label"] == label and start_ticks(found["pid"]) == found["ticks"]:
                with suppress(ProcessLookupError):
                    os.killpg(found["pid"], signal.SIGKILL)
        end_orphans(self.folder / name_of(label))

    def remove(self, label: str) -> None:
        """Forget a worker."""
        self._require_up()
        for path in self.folder.glob("*.json"):
            if json.loads(path.read_text(encoding="utf-8"))["label"] == label:
                for name in (path, path.with_suffix(".out"), path.with_suffix(".exit")):
                    name.unlink(missing_ok=True)

    def _sight(self, path: Path) -> Sight | None:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        label, native_id = found["label"], str(found["pid"])
        end = path.with_suffix(".exit")
        if end.exists():
            code = int(end.read_text(encoding="ascii") or 0)
            cause = Cause(CauseKind.EXIT, f"its worker ended with code {code}", exit_code=code)
            return Sight(label, SightState.ENDED, native_id, cause=cause if code else None)
        with suppress(ChildProcessError):
            os.waitpid(found["pid"], os.WNOHANG)
        process = Process(Process.this_process().host, found["pid"], found["ticks"])
        if process.is_gone():
            cause = Cause(CauseKind.LOST, "its process is gone", retryable=True)
            return Sight(label, SightState.ENDED, native_id, cause=cause, is_lost=True)
        return Sight(label, SightState.RUNNING, native_id)

    def _require_up(self) -> None:
        if self.is_down:
            raise BackendError("the engine is down, as it was told", retryable=True)
