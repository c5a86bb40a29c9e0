"""The process that looks after one attempt: starts its action, keeps it within limits, says how it ended.

It leads a session of its own, is forked by a launcher, and needs neither launcher nor executor afterwards.
All that descends from the action stays below it, for it adopts what loses its parent; so nothing is left
when it has ended.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.local.attempt_folder import CANCEL, END, LOG, OUTCOME, STATUS, AttemptFolder
from dmod.jobs.executor.local.bell import ring
from dmod.jobs.executor.local.control_group import ControlGroup, killed_for_memory
from dmod.jobs.executor.local.folder_size import folder_size
from dmod.jobs.executor.local.log_file import LogFile
from dmod.jobs.executor.local.payload import do_work
from dmod.jobs.executor.local.reaper import Reaper
from dmod.jobs.executor.local.sampling import Sampler
from dmod.jobs.executor.local.verdict import Ending, Stop, verdict
from dmod.jobs.executor.local.work import Work
from dmod.jobs.executor.outcome import Outcome

BEAT = 1.0
"""Between two signs of life [s]."""
SOON = 0.25
"""Between what an action says and its being told, at most [s]."""
DISK = 3.0
CHUNK = 1 << 16
LINE = 4096


def group_name(root: Path, label: str) -> str:
    """Return the name of the control group of an attempt."""
    from hashlib import sha256

    return sha256(f"{root} {label}".encode("utf-8", "surrogatepass")).hexdigest()[:20]


class Supervisor:
    """Looks after one attempt, in a process that does nothing else; from now on it hears signals."""

    def __init__(self, folder: AttemptFolder, work: Work) -> None:
        self._folder = folder
        self._work = work
        self._is_asked = False
        self._wakes = self._hear_signals()
        self._reaper: Reaper | None = None
        self._sampler = Sampler()
        self._progress: dict[str, Any] | None = None
        self._is_told = True
        self._told = self._looked_at_disk = self._start = time.monotonic()
        self._stop: Stop | None = None
        self._force_at = 0.0
        self._grace = work.grace
        self._is_forced = False
        self._group: ControlGroup | None = None
        self._used, self._allowed = 0, work.memory
        self._killed_before = killed_for_memory()

    def run(self) -> None:
        """Run the attempt to its end, and say how it ended."""
        try:
            reaper = self._start_action()
            self._look_after(reaper)
            outcome = self._finish(reaper)
        except Exception as error:  # noqa: BLE001  # boundary: nobody else can say what happened here
            traceback.print_exc()
            if self._reaper is not None:
                self._reaper.end_all()
            kind = CauseKind.BACKEND if isinstance(error, OSError) else CauseKind.INTERNAL
            message = f"the attempt could not be looked after: {error}"
            outcome = Outcome(cause=Cause(kind, message, retryable=kind is CauseKind.BACKEND))
        at = _now()
        end = {**outcome.as_json(), "at": at, "usage": self._sampler.as_json(at)}
        conclude(self._folder, {**end, "progress": self._progress})
        ring(self._work.root, self._work.label)
        self._tidy()

    def _hear_signals(self) -> int:
        """Have signals wake this process; return the descriptor that becomes readable."""

        def ask(_number: int, _frame: object) -> None:
            self._is_asked = True

        reading, writing = os.pipe()
        for descriptor in (reading, writing):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.signal(signal.SIGTERM, ask)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        return reading

    # starting

    def _start_action(self) -> Reaper:
        os.makedirs(self._work.temporary, mode=0o700, exist_ok=True)  # noqa: PTH103 - quick
        self._log = LogFile(Path(self._folder.file(LOG)), self._work.log_limit)
        self._limit()
        self._output, output = os.pipe()
        os.set_blocking(self._output, False)
        self._line, line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setblocking(False)
        self._work.supervisor = os.getpid()
        pid = os.fork()
        if pid == 0:
            do_work(self._work, self._folder, self._group, output, line)
        self._reaper = Reaper(pid)
        with suppress(OSError):
            os.setpgid(pid, pid)
        os.close(output)
        line.close()
        return self._reaper

    def _limit(self) -> None:
        work = self._work
        if not work.use_control_groups or (work.memory is None and work.processes is None):
            return
        group = ControlGroup(group_name(work.root, work.label))
        if work.memory is not None:
            work.is_memory_kept = group.limit_memory(work.memory)
        if work.processes is not None:
            group.limit_processes(work.processes)
        self._group = group

    # looking after

    def _look_after(self, reaper: Reaper) -> None:
        """Do what there is to do until the action has ended."""
        poll = select.poll()
        for descriptor in (self._output, self._line.fileno(), self._wakes):
            poll.register(descriptor, select.POLLIN)
        while reaper.status is None:
            ready = dict(poll.poll(max(0.0, self._next() - time.monotonic()) * 1000.0))
            if self._output in ready and not self._copy():
                poll.unregister(self._output)
            if self._line.fileno() in ready and not self._listen():
                poll.unregister(self._line)
            if self._wakes in ready:
                os.read(self._wakes, CHUNK)
            if self._is_asked:
                self._heed(reaper)
            reaper.reap()
            if reaper.status is None:
                self._mind(reaper)

    def _next(self) -> float:
        """Return when something is to be done even if nothing happens."""
        moments = [self._sampler.due, self._told + (BEAT if self._is_told else SOON)]
        moments.append(self._force_at if self._stop else self._start + self._work.seconds)
        if self._work.disk_limit is not None:
            moments.append(self._looked_at_disk + DISK)
        return min(moments)

    def _copy(self) -> bool:
        """Copy what was written to the log; return whether there may be more."""
        try:
            data = os.read(self._output, CHUNK)
        except BlockingIOError:
            return True
        self._log.write(data)
        return bool(data)

    def _listen(self) -> bool:
        """Take note of what the action says; return whether it may say more."""
        try:
            while message := self._line.recv(LINE):
                self._progress, self._is_told = json.loads(message), False
        except BlockingIOError:
            return True
        except (OSError, ValueError):
            return False
        return False

    def _heed(self, reaper: Reaper) -> None:
        """Do what somebody asks for: end it."""
        self._is_asked = False
        wish = self._folder.read(CANCEL)
        if wish is None:
            self._end(reaper, Stop.SHUTDOWN, self._work.grace)
        else:
            self._end(reaper, Stop.CANCELLED, float(wish["grace"]))

    def _mind(self, reaper: Reaper) -> None:
        """Keep it within its limits and tell how it is."""
        now, work = time.monotonic(), self._work
        if now >= self._sampler.due:
            self._sampler.sample()
            if work.memory is not None and self._sampler.exceeds(work.memory):
                self._used = self._sampler.memory
                self._end(reaper, Stop.MEMORY, 0.0)
        if now >= self._start + work.seconds:
            self._end(reaper, Stop.TIME, work.grace)
        if work.disk_limit is not None and now >= self._looked_at_disk + DISK:
            self._look_at_disk(reaper, work.disk_limit)
        if self._stop is not None and now >= self._force_at:
            self._is_forced = self._grace > 0.0
            reaper.end_all()
        elif now >= self._told + (BEAT if self._is_told else SOON) and not self._tell(now):
            # nobody knows of it any more, and another attempt may work in the same folder
            self._end(reaper, Stop.SHUTDOWN, 0.0)

    def _look_at_disk(self, reaper: Reaper, limit: int) -> None:
        start = time.monotonic()
        size = folder_size(str(self._work.folder))
        # a large folder takes its time, and is looked at less often
        self._looked_at_disk = start + 20.0 * (time.monotonic() - start)
        if size > limit and self._stop is None:
            self._used, self._allowed = size, limit
            self._end(reaper, Stop.DISK, self._work.grace)

    def _end(self, reaper: Reaper, stop: Stop, grace: float) -> None:
        """Ask it to end, and see to it that it does; the first reason stays, a shorter time is taken."""
        moment = time.monotonic() + grace
        if self._stop is None:
            self._stop, self._force_at, self._grace = stop, moment, grace
        elif moment < self._force_at:
            self._force_at, self._grace = moment, grace
        else:
            return
        if grace > 0.0:
            reaper.ask()

    def _tell(self, now: float) -> bool:
        """Tell how it is; return whether there is still a place where that is wanted."""
        self._told, self._is_told = now, True
        if self._stop is None and os.path.exists(self._folder.file(CANCEL)):  # noqa: PTH110 - quick
            self._is_asked = True  # by somebody who cannot send it a signal
        at = _now()
        status = {"at": at, "progress": self._progress, "usage": self._sampler.as_json(at)}
        try:
            self._folder.write(STATUS, status)
        except FileNotFoundError:
            return False  # the folder is gone
        except OSError:  # a full disk is no reason to end: it is told again in a second
            return True
        return True

    # ending

    def _finish(self, reaper: Reaper) -> Outcome:
        """End what the action has left, take the last of what it wrote and said; return what became of it."""
        reaper.end_all()
        while self._drain():
            pass
        self._listen()
        self._sampler.end()
        with suppress(OSError):  # a full disk: what is there of the log stays
            self._log.close()
        return self._verdict(reaper)

    def _tidy(self) -> None:
        if self._group is not None:
            self._group.remove()
        try:
            os.rmdir(self._work.temporary)  # noqa: PTH106 - quick
        except OSError:
            shutil.rmtree(self._work.temporary, ignore_errors=True)

    def _drain(self) -> bool:
        try:
            data = os.read(self._output, CHUNK)
        except BlockingIOError:
            return False
        self._log.write(data)
        return bool(data)

    def _verdict(self, reaper: Reaper) -> Outcome:
        assert reaper.status is not None
        said = self._folder.read(OUTCOME)
        ending = Ending(
            reaper.status,
            Outcome.of_json(said) if said is not None else None,
            self._stop,
            self._was_short_of_memory(reaper.status),
            self._used or self._sampler.peak,
            self._allowed,
            self._work.seconds,
            self._grace,
            self._is_forced,
        )
        return verdict(ending)

    def _was_short_of_memory(self, status: int) -> bool:
        """Whether the system ended it for its memory: in a group of its own, or in that of this process.

        In a container the latter is the container's, with the limit that the engine has set.
        """
        if self._group is not None and self._group.was_short_of_memory():
            return True
        was_killed = os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        return was_killed and killed_for_memory() > self._killed_before


def conclude(folder: AttemptFolder, end: dict[str, Any]) -> bool:
    """Write how an attempt ended, unless that is written; a full disk is waited for."""
    while True:
        try:
            return folder.write_once(END, end)
        except FileNotFoundError:
            return False  # somebody has removed the folder: nobody wants to know
        except OSError:
            time.sleep(1.0)


def _now() -> str:
    return datetime.now(UTC).isoformat()
