"""What a server's settings say of single nodes, in place of what their engine says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from dmod.errors import InputError
from dmod.jobs.demand import Node


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """What is to be taken of one node instead of what its engine says of it.

    Parameters
    ----------
    cpus, memory : that may be given to attempts [1, bytes]; None takes what the engine says
    is_used : whether attempts are put there at all
    """

    cpus: int | None = None
    memory: int | None = None
    is_used: bool = True

    def applied_to(self, node: Node) -> Node:
        """Return the node with what differs."""
        return replace(
            node,
            cpus=node.cpus if self.cpus is None else self.cpus,
            memory=node.memory if self.memory is None else self.memory,
        )


def read_node_settings(place: str, table: Any) -> dict[str, NodeSettings]:
    """Return what a table says of nodes, by their names.

    Parameters
    ----------
    place : of the table in the settings, for messages

    Raises
    ------
    InputError
        something in it is not known, or no value of its kind.
    """
    if not isinstance(table, Mapping):
        head, _, name = place.rpartition(".")
        raise InputError(f"[{head}] {name} is {table!r}", hint=f"it is a table, [{place}]")
    return {name: _read_node(f"{place}.{name}", given) for name, given in table.items()}


def used_nodes(nodes: Iterable[Node], settings: Mapping[str, NodeSettings]) -> tuple[Node, ...]:
    """Return nodes with what differs on them, but for those that are not used or have nothing to give."""
    found = []
    for node in nodes:
        own = settings.get(node.name, NodeSettings())
        changed = own.applied_to(node)
        if own.is_used and changed.cpus > 0 and changed.memory > 0:
            found.append(changed)
    return tuple(found)


def _read_node(place: str, table: Any) -> NodeSettings:
    if not isinstance(table, Mapping):
        head, _, name = place.rpartition(".")
        raise InputError(f"[{head}] {name} is {table!r}", hint=f"it is a table, [{place}]")
    known = sorted(item.name for item in fields(NodeSettings))
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise InputError(f"[{place}] has no setting {unknown[0]}", hint=f"there are: {', '.join(known)}")
    is_used = table.get("is_used", True)
    if not isinstance(is_used, bool):
        raise InputError(f"[{place}] is_used is {is_used!r}", hint="it is true or false")
    for name in ("cpus", "memory"):
        value = table.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InputError(f"[{place}] {name} is {value!r}", hint="it is a whole number, 0 or more")
    return NodeSettings(**table)
