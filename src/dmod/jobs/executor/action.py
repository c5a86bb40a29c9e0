"""What an action is: a function of inputs, and what it is given beside them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dmod.jobs.executor.port import Progress

TEXT_LIMIT = 500
"""Characters of what an action says that it is doing; the rest is cut off."""


def _say_nothing(progress: Progress) -> None:
    del progress


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action is given beside its inputs.

    Parameters
    ----------
    label : of the attempt, ``job:step:attempt``; what is written under it belongs to this attempt alone
    folder : of the job, to work in; the process is there, and the steps of a job share it
    cpus : that it may use
    memory : that it may use [bytes]; None where nobody counts
    hosts : node and processors of each place that the attempt has; the action runs on the first
    attempt_folder : in which what looks after the attempt, and those on its other nodes, meet
    report : takes what `progress` says
    log : what is written there is kept with the attempt, as is what goes to standard output and error
    """

    label: str
    folder: Path
    cpus: int = 1
    memory: int | None = None
    hosts: tuple[tuple[str, int], ...] = ()
    attempt_folder: Path = Path()
    report: Callable[[Progress], None] = _say_nothing
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("dmod.action"))

    @property
    def attempt(self) -> int:
        """Return which attempt at the step this is, from 1."""
        return int(self.label.rpartition(":")[2])

    def progress(self, text: str, done: float | None = None) -> None:
        """Say what is being done, and how much of the whole is done, from 0 to 1; cheap to call often."""
        self.report(Progress(text[:TEXT_LIMIT], None if done is None else min(1.0, max(0.0, done))))


Action = Callable[[Mapping[str, Any], ActionContext], Mapping[str, Any]]
"""Returns what it found as a JSON object; what went wrong it raises, a `DmodError` with words for people."""
