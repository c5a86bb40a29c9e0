"""What can be set of an executor over an engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Settings of an `EngineExecutor`.

    Parameters
    ----------
    window : how long a worker may be silent before it counts as lost [s]
    grace : between asking an attempt to end and ending it by force, where nobody says otherwise [s]
    settle : how long what the engine says has to stay so before it is believed: files on a shared folder may
        come later than the engine's word [s]
    every : between two questions to the engine [s]
    patience : how long the engine may give no answer before attempts are stale [s]
    startup : between a worker's being started and its first sign of life, at most [s]
    log_limit : kept of what an attempt writes, half from its beginning and the rest from its end [bytes]
    disk_limit : that the folder of a job may hold; None sets no limit [bytes]
    """

    window: float = 30.0
    grace: float = 10.0
    settle: float = 2.0
    every: float = 0.5
    patience: float = 5.0
    startup: float = 120.0
    log_limit: int = 64 << 20
    disk_limit: int | None = None
