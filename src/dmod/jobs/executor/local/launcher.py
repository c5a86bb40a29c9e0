"""The launcher: a process that has imported what attempts need, and forks a supervisor for each.

    python -m dmod.jobs.executor.local.launcher ROOT DESCRIPTOR [MODULE ...]

It ends when the executor that started it is gone; supervisors go on. It starts no thread, for a process that
has several cannot be forked safely.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dmod.core.process import Process, this_host
from dmod.errors import PluginError
from dmod.jobs.executor.local.attempt_folder import STARTED, TASK, AttemptFolder
from dmod.jobs.executor.local.linux import adopt_orphans, set_name
from dmod.jobs.executor.local.orphans import LAUNCHER, SUPERVISOR
from dmod.jobs.executor.local.supervisor import Supervisor
from dmod.jobs.executor.local.work import Work

LIGHT = ("dmod.jobs.executor.probe",)
"""Imported beside what the supervisor imports; the less there is, the quicker is a fork."""
PATIENCE = 5.0
"""Between looking whether the executor is still there [s], where its end of the line says nothing."""
SPARE = 2
"""Supervisors that wait for something to do."""
MESSAGE = 1 << 16


def main(root: Path, line: socket.socket, modules: tuple[str, ...]) -> None:
    """Start a supervisor for each attempt that is named on the line, until nobody is at its other end."""
    set_name(LAUNCHER)
    executor = os.getppid()
    # supervisors are not waited for; they say themselves how they ended
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for name in (*LIGHT, *modules):
        importlib.import_module(name)
    _require_one_thread(modules)
    this_host()
    gc.collect()
    gc.freeze()  # what is there stays shared with those that are forked
    spares = Spares(line)
    while os.getppid() == executor:
        if not select.select([line], [], [], 0.0 if spares.is_short else PATIENCE)[0]:
            spares.add()
            continue
        message = line.recv(MESSAGE)
        if not message:
            return
        if not spares.give(message):
            try:
                _fork(line, spares, message)
            except OSError as error:
                refused = f"no process can be started: {error}"
                _answer(line, {**json.loads(message), "refused": refused})


class Spares:
    """Supervisors that are forked already and wait for something to look after.

    They are forked while there is nothing else to do, so that an attempt need not wait for that.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._waiting: list[socket.socket] = []
        self._failed = False

    @property
    def is_short(self) -> bool:
        """Whether there should be more of them."""
        return len(self._waiting) < SPARE and not self._failed

    def add(self) -> None:
        """Fork one, if there should be more; one that cannot be had is not tried for at once again."""
        if not self.is_short:
            self._failed = False
            return
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            try:
                _fork(self._line, self, None, its, mine)
            except OSError:
                mine.close()
                self._failed = True
            else:
                self._waiting.append(mine)

    def give(self, message: bytes) -> bool:
        """Give one what it is to look after; return whether there was one."""
        while self._waiting:
            with self._waiting.pop() as spare, suppress(OSError):
                spare.send(message)
                return True
        return False

    def leave(self) -> None:
        """Let go of them, in a process that is forked: they end with the launcher, and not later."""
        for spare in self._waiting:
            spare.close()
        self._waiting = []


def _fork(
    line: socket.socket,
    spares: Spares,
    message: bytes | None,
    source: socket.socket | None = None,
    mine: socket.socket | None = None,
) -> None:
    """Fork a supervisor for what a message says, or one that waits for its message at a source."""
    if os.fork():
        return
    code = 1
    try:
        spares.leave()
        if mine is not None:
            mine.close()
        os.setsid()
        set_name(SUPERVISOR)
        adopt_orphans()
        if source is not None:
            message = source.recv(MESSAGE)
            source.close()
        if message:
            _supervise(json.loads(message), line)
        code = 0
    except BaseException:  # noqa: BLE001  # boundary: the process ends here; whoever looks finds that it is gone
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _require_one_thread(modules: tuple[str, ...]) -> None:
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208 - counts
        raise PluginError(
            f"one of the modules to preload starts threads: {', '.join(modules)}",
            hint="preload only modules that start none; attempts import the others themselves",
        )


def _supervise(request: dict[str, Any], line: socket.socket) -> None:
    """Look after an attempt, unless another process does or did."""
    folder = AttemptFolder(request["folder"])
    try:
        found = folder.read(TASK)
        if found is None:
            raise FileNotFoundError(folder.file(TASK))
        work = Work.of_json(found)
        supervisor = Supervisor(folder, work)
        is_mine = folder.write_once(STARTED, started_by(Process.this_process(), work))
    except OSError as error:
        _answer(line, {**request, "refused": str(error)})
        return
    _answer(line, {**request, "mine": is_mine})
    line.close()
    if is_mine:
        supervisor.run()


def started_by(process: Process, work: Work) -> dict[str, Any]:
    """Return the document that says which process looks after an attempt."""
    return {
        "host": process.host,
        "pid": process.pid,
        "ticks": process.started,
        "at": datetime.now(UTC).isoformat(),
        "processors": work.processors,
    }


def _answer(line: socket.socket, document: dict[str, Any]) -> None:
    try:
        line.send(json.dumps(document).encode())
    except OSError:
        return  # the executor was killed meanwhile; it is found by the next one


if __name__ == "__main__":
    main(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])), tuple(sys.argv[3:]))
    sys.exit()
