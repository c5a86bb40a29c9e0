"""What an action is given beside its inputs: where it works, and whom it tells how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Context(Protocol):
    """Where an action works, and whom it tells how far it is."""

    @property
    def folder(self) -> Path:
        """Return the folder of the job, which its steps share."""

    @property
    def cpus(self) -> int:
        """Return how many processors it may use."""

    def progress(self, text: str, done: float | None = None) -> None:
        """Tell what is being done, and which share of it is."""
