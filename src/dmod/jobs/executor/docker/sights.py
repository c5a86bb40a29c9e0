"""What a Docker engine says of containers, as values: pure functions of its answers."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.container.images import LACKING
from dmod.jobs.executor.engine.port import Sight, SightState
from dmod.jobs.executor.worker import NO_TASK

ENDED = frozenset({"exited", "dead", "removing"})
FORGOTTEN = 255
"""What an engine says of a container that ended while it was away."""
NOT_STARTED = frozenset({125, 126, 127})
"""Codes of a container whose program could not be started."""


def sight_of(label: str, container: str, state: str, found: Mapping[str, Any], image: str = "") -> Sight:
    """Return what the state of a container means.

    Parameters
    ----------
    image : of a user's, that it was made of; "" is the executor's
    found : ``State`` of the container where it has ended, as ``docker inspect`` shows it
    """
    if state in ENDED:
        cause = cause_of(found, image)
        is_lost = cause is not None and cause.kind is CauseKind.LOST
        return Sight(label, SightState.ENDED, container, cause=cause, is_lost=is_lost)
    if state == "created":
        return Sight(label, SightState.WAITING, container, "it is not started yet")
    return Sight(label, SightState.RUNNING, container)


def cause_of(state: Mapping[str, Any], image: str = "") -> Cause | None:
    """Return why a container ended; None where it ended as it should."""
    code, said = int(state.get("ExitCode") or 0), str(state.get("Error") or "")
    if state.get("OOMKilled"):
        return Cause(
            CauseKind.OUT_OF_MEMORY,
            "the container used more memory than it may",
            "ask for more memory, or for less at a time",
        )
    if image and (said or code in NOT_STARTED):
        why = said or f"code {code}"
        return Cause(CauseKind.INPUT, f"the image {image} cannot run it: {why}", LACKING, exit_code=code)
    if said or code in NOT_STARTED:
        message = f"its worker could not be started: {said or f'code {code}'}"
        return Cause(CauseKind.BACKEND, message, "see image, python and mounts of the executor's settings")
    if code == NO_TASK:
        return Cause(
            CauseKind.BACKEND,
            "its worker does not see the folder of the attempt",
            "have it among the paths of the executor's settings",
        )
    if code == 0:
        return None
    if code == FORGOTTEN:
        message = "the engine was started anew and does not know how it ended"
        return Cause(CauseKind.LOST, message, "it is tried again", retryable=True)
    numbers = {int(item): item.name for item in signal.Signals}
    name = numbers.get(code - 128, "")
    if name:
        return Cause(CauseKind.SIGNAL, f"its worker was ended by {name}", retryable=True, signal=name)
    return Cause(CauseKind.EXIT, f"its worker ended with code {code}", exit_code=code)
