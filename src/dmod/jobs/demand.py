"""What a step needs of a node, what nodes have, and who has got what of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Paradigm(StrEnum):
    """How CPUs are spread over nodes."""

    SINGLE_NODE = "single-node"
    """all on the first node that has them"""
    FILL_NODES = "fill-nodes"
    """as many as there are on one node after the other"""
    ROUND_ROBIN = "round-robin"
    """evenly over as many nodes as can take part"""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a group of steps needs while it runs.

    Parameters
    ----------
    cpus : over all nodes together, 1 or more
    memory : over all nodes together [bytes]; divided among nodes as the CPUs are
    seconds : how long it may take [s]
    paradigm : how CPUs are spread
    executor : kind of nodes (``local``)
    """

    cpus: int = 1
    memory: int = 10**9
    seconds: float = 24 * 3600.0
    paradigm: Paradigm = Paradigm.SINGLE_NODE
    executor: str = "local"

    def as_json(self) -> dict[str, Any]:
        """Return it for a document."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Demand:
        """Return what `as_json` wrote."""
        return cls(**{**document, "paradigm": Paradigm(document["paradigm"])})


@dataclass(frozen=True, slots=True)
class Node:
    """What one node has.

    Parameters
    ----------
    name : unique among all executors
    cpus, memory : that may be given to steps [1, bytes]
    executor : which executor runs what is put there
    is_ready : whether new work may be put there
    """

    name: str
    cpus: int
    memory: int
    executor: str = "local"
    is_ready: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody has got of one node."""

    node: str
    cpus: int
    memory: int


Allocation = tuple[Share, ...]
"""Shares of one or more nodes, each node once."""


def used(allocations: Iterable[Allocation]) -> dict[str, tuple[int, int]]:
    """Return the CPUs and the memory of each node that allocations take together."""
    found: dict[str, tuple[int, int]] = {}
    for allocation in allocations:
        for share in allocation:
            cpus, memory = found.get(share.node, (0, 0))
            found[share.node] = (cpus + share.cpus, memory + share.memory)
    return found
