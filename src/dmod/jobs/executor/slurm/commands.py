"""Slurm's commands: run shortly, their errors told as ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from dmod.errors import BackendError


class CommandRefused(Exception):  # noqa: N818 - what Slurm says, for whoever knows what it was asked
    """Slurm understood, and will not."""


UNREACHED = ("unable to contact slurm controller", "socket timed out", "connection refused", "communication")
"""In what commands say when no controller answers."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs Slurm's commands.

    Parameters
    ----------
    patience : for an answer [s]
    """

    patience: float = 10.0

    def run(self, command: Sequence[str], text: str | None = None) -> str:
        """Return what a command prints.

        Raises
        ------
        BackendError
            it is not there, or got no answer in time; retryable.
        CommandRefused
            Slurm refused what was asked.
        """
        try:
            done = subprocess.run(
                command,
                input=text,
                stdin=subprocess.DEVNULL if text is None else None,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self.patience,
                check=False,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
        except FileNotFoundError:
            raise BackendError(
                f"{command[0]} is not there", hint="run the server where Slurm's commands are"
            ) from None
        except subprocess.TimeoutExpired:
            raise BackendError(
                f"{command[0]} gave no answer in {self.patience:g} s", retryable=True
            ) from None
        if done.returncode == 0:
            return done.stdout
        said = " ".join(done.stderr.split()) or f"{command[0]} ended with code {done.returncode}"
        if any(word in said.lower() for word in UNREACHED):
            raise BackendError(f"Slurm cannot be reached: {said}", retryable=True)
        raise CommandRefused(said.removeprefix(f"{command[0]}: error: "))
