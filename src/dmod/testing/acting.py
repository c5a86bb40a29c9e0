"""A controller over the jobs of a gateway, which acts when a test tells it to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.control.controller import Controller
from dmod.jobs.control.reusing import Reusing
from dmod.jobs.control.scheduling import Scheduling
from dmod.testing.executor_twin import ExecutorTwin
from dmod.testing.gateway import Gateway


@dataclass
class Acting:
    """A controller, and the executor whose attempts it lets end.

    Parameters
    ----------
    folder : of jobs
    """

    gateway: Gateway
    folder: Path
    executor: ExecutorTwin = field(default_factory=ExecutorTwin)

    def __post_init__(self) -> None:
        store = self.gateway.store
        self.controller = Controller(
            store, {"local": self.executor}, Scheduling(store), Reusing(store, lambda _result, _job: True),
            self.folder, "acting", told=self.gateway.services.bus.poke,
        )  # fmt: skip

    def go(self) -> None:
        """Let the controller look until nothing changes any more."""
        for _ in range(20):
            if not self.controller.round():
                return

    def end(self, result: dict[str, Any] | None = None) -> None:
        """Let what runs succeed."""
        self.go()
        (label,) = self.executor.running
        self.executor.end(label, result)
        self.go()

    def fail(self, kind: CauseKind = CauseKind.INPUT) -> None:
        """Let what runs fail."""
        self.go()
        (label,) = self.executor.running
        self.executor.fail(label, Cause(kind, "no such gauge", "name another"))
        self.go()
