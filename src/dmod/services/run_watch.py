"""Who looks at a run while it goes on: how long each phase takes, and what was found before it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from dmod.engine.integrate import ChunkRunoff, Sink

Report = Callable[[str, int, int], None]


@dataclass(slots=True)
class Clock:
    """Where the time went, by phase [s]."""

    started: float = field(default_factory=time.perf_counter)
    phases: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the block's wall time towards a phase."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.perf_counter() - begin

    @property
    def elapsed(self) -> float:
        """Return the wall time since the start."""
        return time.perf_counter() - self.started


@dataclass(frozen=True, slots=True)
class Clocked:
    """Who looks at a run while it goes on, and what was found before it."""

    clock: Clock
    report: Report
    parts: Computed | None = None


class Computed(Protocol):
    """What has computed the catchments elsewhere, in the place of the loop of this process."""

    def run(self, sinks: Sequence[Sink], progress: Callable[[int], None]) -> Iterator[ChunkRunoff]:
        """Yield the runoff chunk by chunk, and hand output variables to sinks as a run does."""
