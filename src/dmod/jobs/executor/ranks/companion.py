"""The companion: waits on a further node of an attempt, and runs what the launcher of ranks asks for.

    python -m dmod.jobs.executor.ranks.companion FOLDER NUMBER

It ends with the attempt: when its end is written, its folder is gone, or its worker is silent for too long.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from dmod.jobs.executor.local.attempt_folder import END, STARTED, STATUS, TASK, AttemptFolder
from dmod.jobs.executor.local.confinement import variables_of
from dmod.jobs.executor.local.linux import adopt_orphans, set_name
from dmod.jobs.executor.local.orphans import SUPERVISOR
from dmod.jobs.executor.local.reaper import Reaper
from dmod.jobs.executor.local.watch import WITHDRAWN
from dmod.jobs.executor.local.work import Work
from dmod.jobs.executor.ranks.addresses import NETWORK, NODE, addresses_in
from dmod.jobs.executor.ranks.meeting import Host, Meeting, read_whole
from dmod.jobs.executor.worker import NO_TASK, say

PAUSE = 0.05
BEAT = 1.0
SILENCE = 60.0
"""Of the worker, after which nobody looks after the attempt any more [s]."""


class Companion:
    """Runs commands on one host of an attempt.

    Parameters
    ----------
    number : of the host, 1 or more
    """

    def __init__(self, folder: AttemptFolder, work: Work, number: int) -> None:
        self._folder = folder
        self._work = work
        self._number = number
        self._meeting = Meeting(Path(folder.path))
        network = work.environment.get(NETWORK) or os.environ.get(NETWORK, "")
        node, slots = work.hosts[number]
        node = os.environ.get(NODE) or node
        self._host = Host(number, node, socket.gethostname(), addresses_in(network), slots)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._signature: tuple[int, int] | None = None
        self._heard = time.monotonic()

    def run(self) -> None:
        """Wait for commands until the attempt is over; what still runs then is ended."""
        os.makedirs(self._work.temporary, mode=0o700, exist_ok=True)  # noqa: PTH103 - quick
        self._meeting.make()
        self._meeting.join(self._host)
        end = time.monotonic() + self._work.seconds + SILENCE
        beat = time.monotonic()
        try:
            while time.monotonic() < end and self._is_wanted():
                if time.monotonic() >= beat:
                    self._meeting.beat(self._number)
                    beat = time.monotonic() + BEAT
                self._take()
                self._mind()
                time.sleep(PAUSE)
        except FileNotFoundError:
            return  # the folder was removed: nobody wants to know any more
        finally:
            Reaper(0, 0).end_all()

    def _is_wanted(self) -> bool:
        """Whether the attempt has still to begin, or runs."""
        if os.path.exists(self._folder.file(END)):  # noqa: PTH110 - quick
            return False
        try:
            found = os.stat(self._folder.file(STATUS))  # noqa: PTH116 - quick
        except FileNotFoundError:
            started = self._folder.read(STARTED)
            if started is None:
                self._heard = time.monotonic()  # it may wait for its place longer than this one
            return started is None or WITHDRAWN not in started
        if self._signature != (found.st_ino, found.st_mtime_ns):
            self._signature = (found.st_ino, found.st_mtime_ns)
            self._heard = time.monotonic()
        return time.monotonic() - self._heard < SILENCE

    def _take(self) -> None:
        """Start what is asked of this host."""
        for path in self._meeting.launches.glob("[0-9]*.json"):
            document = read_whole(path)
            if document is None or document["address"] not in (*self._host.addresses, self._host.name):
                continue
            path.rename(path.with_suffix(".taken"))
            # what the attempt was given and what its launcher adds, as on the first host
            variables = variables_of(
                os.environ, self._work.label, self._host.slots, self._work.temporary,
                {**self._work.environment, **document["variables"]},
            )  # fmt: skip
            with path.with_suffix(".out").open("ab") as output:
                self._running[path.stem] = subprocess.Popen(
                    ["/bin/sh", "-c", document["command"]],
                    cwd=self._work.folder, env=variables, stdin=subprocess.DEVNULL,
                    stdout=output, stderr=output, start_new_session=True,
                )  # fmt: skip

    def _mind(self) -> None:
        """End what is not wanted any more, and tell what has ended."""
        for name, process in list(self._running.items()):
            place = self._meeting.launches / name
            if place.with_suffix(".cancel").exists():
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
            code = process.poll()
            if code is not None:
                hidden = place.with_suffix(".ending")
                hidden.write_text(str(code if code >= 0 else 128 - code), encoding="ascii")
                hidden.rename(place.with_suffix(".exit"))
                del self._running[name]


def accompany(path: str, number: int) -> int:
    """Wait beside the attempt of a folder; return the exit code."""
    folder = AttemptFolder(path)
    document = folder.read(TASK)
    if document is None:
        say(f"there is no task in {path}: is the folder shared with this machine?")
        return NO_TASK
    Companion(folder, Work.of_json(document), number).run()
    return 0


def main(arguments: list[str]) -> int:
    """Run as a program."""
    if len(arguments) != 2 or not arguments[1].isdigit():
        say(__doc__ or "")
        return 2
    set_name(SUPERVISOR)
    adopt_orphans()
    # asked to end it ends what it has started first
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    return accompany(arguments[0], int(arguments[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
