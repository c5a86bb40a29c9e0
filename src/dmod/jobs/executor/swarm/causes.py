"""Why a swarm did not do what it was asked to, in words for people and kinds for programs."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from typing import Any

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.container.images import LACKING
from dmod.jobs.executor.container.marks import USERS
from dmod.jobs.executor.swarm.membership import NANO, Member
from dmod.jobs.executor.worker import NO_TASK

PLACES = "node.hostname=="
NOT_STARTED = "starting container failed"
FORGOTTEN = 255
"""What an engine says of a container that ended while it was away."""
SETTINGS = "[server.executors.swarm]"


def given_up(why: str) -> Cause:
    """Return the cause of an attempt that a swarm does not look after any more."""
    return Cause(CauseKind.LOST, why, retryable=True)


def users_image(task: Mapping[str, Any]) -> str:
    """Return the image of a user's that a task runs in, as it was asked for; or ""."""
    return str((task["Spec"]["ContainerSpec"].get("Labels") or {}).get(USERS, ""))


def why_ended(status: Mapping[str, Any], place: str, image: str = "") -> Cause | None:
    """Return why the process of a worker ended; None where it ended as it should.

    Parameters
    ----------
    status : of the task
    place : where it ran
    image : of a user's, that it was made of; "" is the executor's
    """
    code = (status.get("ContainerStatus") or {}).get("ExitCode") or 0
    said = status.get("Err") or ""
    if status["State"] == "complete" and code == 0:
        return None
    if code == 0 or said.startswith(NOT_STARTED):
        return _not_started(said, place, image)
    if code == FORGOTTEN:
        return given_up(f"{place} was started anew, or its engine was, and does not know how it ended")
    if code == NO_TASK:
        return Cause(
            CauseKind.BACKEND,
            f"its worker on {place} does not see the folder of the attempt",
            f"the server's folder has to be the same on all nodes; see paths of {SETTINGS}",
            exit_code=code,
        )
    name = _signal_name(code - 128)
    if name:
        hint = "a node that runs out of memory does so" if name == "SIGKILL" else ""
        message = f"its worker on {place} was ended by {name}"
        return Cause(CauseKind.SIGNAL, message, hint, retryable=True, exit_code=code, signal=name)
    return Cause(CauseKind.EXIT, f"its worker on {place} ended with code {code}", exit_code=code)


def why_rejected(task: Mapping[str, Any], place: str) -> Cause:
    """Return why a node would not run a task."""
    said = task["Status"].get("Err") or task["Status"].get("Message") or ""
    image = task["Spec"]["ContainerSpec"]["Image"]
    if "No such image" in said:
        message = f"{place} has no image {image} and could not fetch it"
        hint = f"have it on all nodes, or in a registry that they reach; see image of {SETTINGS}"
        if users_image(task):
            hint = "have it loaded on all nodes, or name one in a registry that they reach"
        return Cause(CauseKind.INPUT if users_image(task) else CauseKind.BACKEND, message, hint)
    if "bind source path does not exist" in said:
        message = f"{place} has not all folders that workers need: {said}"
        hint = f"share them with all nodes under the same path; see paths and mounts of {SETTINGS}"
        return Cause(CauseKind.BACKEND, message, hint)
    return Cause(CauseKind.BACKEND, f"{place} would not run it: {said}", retryable=True)


def unsatisfiable(task: Mapping[str, Any], found: Sequence[Member]) -> Cause | None:
    """Return why a task that waits for a node waits for ever; None where it may get one."""
    spec = task["Spec"]
    wanted = (spec.get("Resources") or {}).get("Reservations") or {}
    cpus, memory = wanted.get("NanoCPUs") or 0, wanted.get("MemoryBytes") or 0
    constraints = (spec.get("Placement") or {}).get("Constraints") or ()
    names = [item.removeprefix(PLACES) for item in constraints if item.startswith(PLACES)]
    able = [member for member in found if not names or member.name in names]
    if not found or any(member.cpus >= cpus and member.memory >= memory for member in able):
        return None
    if not able:
        message = f"the swarm has no node {' or '.join(names)}"
        return Cause(CauseKind.UNSATISFIABLE, message, f"it has {_names(found)}")
    message = (
        f"it needs {cpus / NANO:g} processors and {memory / 1e9:.1f} GB, "
        f"and {' or '.join(names) or 'no node of the swarm'} "
        f"{'cannot' if names else 'can'} ever give that"
    )
    largest = "; ".join(
        f"{item.name} has {item.cpus / NANO:g} and {item.memory / 1e9:.1f} GB" for item in able
    )
    return Cause(CauseKind.UNSATISFIABLE, message, f"ask for less: {largest}")


def _not_started(said: str, place: str, image: str) -> Cause:
    if image:
        message = f"the image {image} cannot run it on {place}: {said or 'no reason was given'}"
        return Cause(CauseKind.INPUT, message, LACKING)
    message = f"its worker could not be started on {place}: {said or 'no reason was given'}"
    return Cause(CauseKind.BACKEND, message, f"see image, python and mounts of {SETTINGS}")


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else ""


def _names(found: Sequence[Member]) -> str:
    return ", ".join(sorted(member.name for member in found))
