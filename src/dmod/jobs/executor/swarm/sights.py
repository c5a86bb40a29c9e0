"""What a swarm says of attempts: services and their tasks, read as sights with causes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from dmod.jobs.executor.container.marks import LABEL
from dmod.jobs.executor.engine.port import Sight, SightState
from dmod.jobs.executor.swarm.causes import (
    given_up,
    unsatisfiable,
    users_image,
    why_ended,
    why_rejected,
)
from dmod.jobs.executor.swarm.membership import DOWN, Member

Document = Mapping[str, Any]
WAITING = frozenset({"new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting"})
ENDED = frozenset({"complete", "failed", "shutdown", "rejected", "orphaned", "remove"})
GIVEN_UP = frozenset({"shutdown", "remove"})
NO_PLACE = "no suitable node"

log = logging.getLogger("dmod.executor")


def asks_for_nodes(tasks: Sequence[Document]) -> bool:
    """Return whether one has to know the nodes to understand what is said of tasks."""
    return any(_has_no_place(task) or _is_given_up(task) for task in tasks)


def places_of(tasks: Sequence[Document]) -> set[str]:
    """Return the swarm's own ids of the nodes that tasks are on."""
    return {task["NodeID"] for task in tasks if task.get("NodeID")}


def sights_of(
    services: Sequence[Document], tasks: Sequence[Document], found: Sequence[Member]
) -> dict[str, Sight]:
    """Return what a swarm says of each attempt, by its label.

    Of several tasks of a service the first counts: a swarm starts another when the node of one is gone, and
    that one finds the attempt begun, or given up, and does nothing.
    """
    first: dict[str, Document] = {}
    for task in tasks:
        other = first.get(task["ServiceID"])
        if other is None or task["CreatedAt"] < other["CreatedAt"]:
            first[task["ServiceID"]] = task
    sights = {}
    for service in services:
        label = service["Spec"]["Labels"][LABEL]
        one = first.get(service["ID"])
        if one is None:
            sights[label] = Sight(
                label, SightState.WAITING, service["ID"], "the swarm has planned nothing yet"
            )
        else:
            sights[label] = _sight(label, one, {member.native_id: member for member in found})
    return sights


def _sight(label: str, task: Document, found: Mapping[str, Member]) -> Sight:
    """Return what is said of an attempt by its task."""
    native_id, state = task["ServiceID"], task["Status"]["State"]
    member = found.get(task.get("NodeID") or "")
    place = member.name if member is not None else task.get("NodeID") or "a node"
    if state in ENDED:
        return _ended(label, task, place)
    if _is_given_up(task) and (member is None or member.state == DOWN):
        cause = given_up(f"{place} is not heard of")
        return Sight(label, SightState.ENDED, native_id, cause=cause, is_lost=True)
    if state == "running":
        return Sight(label, SightState.RUNNING, native_id)
    if state not in WAITING:
        log.warning("%s: the swarm says %r of it, which is not known", label, state)
    if _has_no_place(task):
        for_ever = unsatisfiable(task, tuple(found.values()))
        return Sight(label, SightState.WAITING, native_id, task["Status"]["Err"], for_ever)
    said = task["Status"].get("Err") or ""
    reason = f"{state} on {place}" if task.get("NodeID") else state
    return Sight(label, SightState.WAITING, native_id, f"{reason}: {said}" if said else reason)


def _ended(label: str, task: Document, place: str) -> Sight:
    native_id, status = task["ServiceID"], task["Status"]
    match status["State"]:
        case "complete" | "failed":
            return Sight(
                label, SightState.ENDED, native_id, cause=why_ended(status, place, users_image(task))
            )
        case "rejected":
            return Sight(label, SightState.ENDED, native_id, cause=why_rejected(task, place))
        case state:
            cause = given_up(f"the swarm ended it on {place} ({state}): was that drained, or is it gone?")
            return Sight(label, SightState.ENDED, native_id, cause=cause, is_lost=True)


def _is_given_up(task: Document) -> bool:
    return task["DesiredState"] in GIVEN_UP and task["Status"]["State"] not in ENDED


def _has_no_place(task: Document) -> bool:
    status = task["Status"]
    return status["State"] == "pending" and (status.get("Err") or "").startswith(NO_PLACE)
