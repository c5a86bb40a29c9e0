"""The nodes of a swarm, as its manager describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from dmod.jobs.demand import Node
from dmod.jobs.executor.engine.node_settings import used_nodes
from dmod.jobs.executor.swarm.settings import SwarmSettings

NANO = 10**9
READY, DOWN, ACTIVE = "ready", "down", "active"


@dataclass(frozen=True, slots=True)
class Member:
    """A node as the swarm knows it.

    Parameters
    ----------
    native_id : the swarm's own
    name : of its machine
    cpus, memory : that it has [1e-9, bytes]
    state : whether it is heard of
    availability : whether it is to be given anything
    """

    native_id: str
    name: str
    cpus: int
    memory: int
    state: str
    availability: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return what a manager's document says."""
        description = document.get("Description") or {}
        resources = description.get("Resources") or {}
        return cls(
            document["ID"],
            description.get("Hostname") or document["ID"],
            resources.get("NanoCPUs") or 0,
            resources.get("MemoryBytes") or 0,
            (document.get("Status") or {}).get("State") or "unknown",
            (document.get("Spec") or {}).get("Availability") or "unknown",
        )

    @property
    def is_ready(self) -> bool:
        """Whether new work may be put there."""
        return self.state == READY and self.availability == ACTIVE


def members(documents: Sequence[Mapping[str, Any]]) -> list[Member]:
    """Return the nodes of a swarm, each machine once.

    A machine that left and joined again is there twice: the one that is heard of counts.
    """
    found: dict[str, Member] = {}
    for member in map(Member.of, documents):
        other = found.get(member.name)
        if other is None or (member.state == READY and other.state != READY):
            found[member.name] = member
    return [found[name] for name in sorted(found)]


def nodes_of(found: Sequence[Member], settings: SwarmSettings, name: str) -> tuple[Node, ...]:
    """Return what members can give to attempts.

    Parameters
    ----------
    name : of the executor
    """
    reserved = (
        Node(
            member.name,
            member.cpus // NANO - settings.reserve_cpus,
            member.memory - settings.reserve_memory,
            name,
            member.is_ready,
        )
        for member in found
    )
    return used_nodes(reserved, settings.nodes)
