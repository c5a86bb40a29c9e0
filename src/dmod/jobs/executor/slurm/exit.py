"""How a batch script ended, as Slurm writes it, and what that means for a worker."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.local.verdict import FROM_OUTSIDE
from dmod.jobs.executor.worker import NO_TASK

NOT_SET_UP = 53
"""What Slurm gives for a signal where it could not set up a job: its output or its folder, most often."""
HINTS = {
    NO_TASK: "is the server's folder on a path that all nodes share?",
    126: "the Python of the settings cannot be run on the node",
    127: "is the Python of the settings, or Apptainer, on a path that the node has?",
}
LOG = "worker.log in the attempt's folder may say why"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a batch script ended.

    Parameters
    ----------
    code : that it gave
    number : of the signal that ended it; 0 for none
    """

    code: int = 0
    number: int = 0

    def cause(self, where: str = "") -> Cause | None:
        """Return why a worker ended so; None where it ended well.

        Parameters
        ----------
        where : it ran, for the message
        """
        if self.number == NOT_SET_UP:
            message = f"Slurm could not set up the worker{where}"
            return Cause(CauseKind.BACKEND, message, HINTS[NO_TASK], retryable=True)
        if self.number:
            name = _name(self.number)
            is_outside = self.number in FROM_OUTSIDE
            message = f"its worker was ended by {name}{where}"
            hint = "it may succeed another time" if is_outside else LOG
            return Cause(CauseKind.SIGNAL, message, hint, retryable=is_outside, signal=name)
        if self.code:
            message = f"its worker ended with code {self.code}{where}"
            return Cause(CauseKind.EXIT, message, HINTS.get(self.code, LOG), exit_code=self.code)
        return None


def parse_exit(text: str) -> Exit | None:
    """Return what ``sacct`` writes, ``code:signal``; None where it is none."""
    code, _, number = text.strip().partition(":")
    return Exit(int(code), int(number)) if code.isdigit() and number.isdigit() else None


def parse_status(text: str) -> Exit | None:
    """Return what ``squeue`` writes, a status as the system gives it; None where it is none."""
    if not text.isdigit():
        return None
    status = int(text)
    if os.WIFSIGNALED(status):
        return Exit(number=os.WTERMSIG(status))
    return Exit(os.WEXITSTATUS(status))


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
