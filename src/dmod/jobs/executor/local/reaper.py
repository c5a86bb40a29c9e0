"""The processes below a supervisor: how they end, and ending all of them."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass

from dmod.jobs.executor.local.process_table import descendants, table

PATIENCE = 5.0
"""For processes to be gone that were killed [s]; one that hangs in the system cannot be waited for."""


@dataclass
class Reaper:
    """Waits for the process of an action and all that it leaves; this process must adopt orphans.

    Parameters
    ----------
    pid : of the action
    status : how it ended; None while it runs
    """

    pid: int
    status: int | None = None

    def reap(self) -> bool:
        """Take note of what has ended; return whether anything is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.pid:
                self.status = status

    def ask(self) -> None:
        """Ask the action, and what is in its group, to end."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGTERM)
                # what was stopped would not hear it
                os.killpg(self.pid, signal.SIGCONT)

    def end_all(self) -> None:
        """End everything by force, what has left its group or its parent as well."""
        end = time.monotonic() + PATIENCE
        pause = 0.0
        while self.reap() and time.monotonic() < end:
            if self.status is None:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
            # as often as something is left: what is killed may have started another one meanwhile
            for item in descendants(os.getpid(), table().values()):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(item.pid, signal.SIGKILL)
            time.sleep(pause)
            pause = min(0.05, pause + 0.001)
