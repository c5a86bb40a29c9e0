"""The worker: what an engine starts for an attempt, in a container or on a node of a cluster.

    python -m dmod.jobs.executor.worker FOLDER

All it is told stands in the attempt's folder, and all it has to tell it writes there, so it needs neither
controller nor engine once it runs: whoever is away meanwhile finds heartbeat, log and end. A folder whose
attempt somebody else looks after, or that was withdrawn, is left alone: an engine may start the same twice.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from dmod.core.process import Process
from dmod.jobs.executor.local.attempt_folder import STARTED, TASK, AttemptFolder
from dmod.jobs.executor.local.linux import adopt_orphans, set_name
from dmod.jobs.executor.local.orphans import SUPERVISOR
from dmod.jobs.executor.local.supervisor import Supervisor
from dmod.jobs.executor.local.work import Work

NOTHING_TO_DO = 0
NO_TASK = 3
"""Exit code where the folder cannot be seen: it is not shared with where the worker runs."""


def work_on(path: str) -> int:
    """Look after the attempt of a folder to its end; return the exit code."""
    folder = AttemptFolder(path)
    document = folder.read(TASK)
    if document is None:
        say(f"there is no task in {path}: is the folder shared with this machine?")
        return NO_TASK
    work = Work.of_json(document)
    process = Process.this_process()
    started = {
        "host": process.host,
        "pid": process.pid,
        "ticks": process.started,
        "at": datetime.now(UTC).isoformat(),
        "processors": [],
    }
    os.makedirs(work.folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - quick
    supervisor = Supervisor(folder, work)
    if not folder.write_once(STARTED, started):
        say(f"{work.label} is looked after by another process, or was withdrawn")
        return NOTHING_TO_DO
    supervisor.run()
    return 0


def say(text: str) -> None:
    """Tell whoever reads the log of the engine."""
    sys.stderr.write(f"{text}\n")


def main(arguments: list[str]) -> int:
    """Run as a program."""
    if len(arguments) != 1:
        say(__doc__ or "")
        return 2
    set_name(SUPERVISOR)
    adopt_orphans()
    return work_on(arguments[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
