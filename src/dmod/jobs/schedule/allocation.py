"""Which nodes give what to a demand, under each paradigm.

Memory goes with the CPUs: of a demand's n CPUs and M bytes a node that gives c CPUs gives M·c/n bytes,
rounded up or down so that the shares add up to M exactly. A node has room for c CPUs if it has c of them
free, and that memory rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dmod.jobs.demand import Allocation, Demand, Node, Paradigm, Share


def allocate(
    demand: Demand, nodes: Sequence[Node], taken: Mapping[str, tuple[int, int]]
) -> Allocation | None:
    """Return what each node gives to a demand now; None if that cannot be under its paradigm.

    The same is returned for the same arguments: where nodes are as good as each other the earlier one gives.

    Parameters
    ----------
    nodes : in the order in which they are to be filled; others than those of the demand's executor, and
        those that are not ready, give nothing
    taken : CPUs and bytes of memory in use, by name of the node
    """
    able = [node for node in nodes if node.is_ready and node.executor == demand.executor]
    rooms = []
    for node in able:
        cpus, memory = taken.get(node.name, (0, 0))
        rooms.append(room(demand, node.cpus - cpus, node.memory - memory))
    given = deal(demand.paradigm, demand.cpus, rooms)
    return None if given is None else shares(demand, able, given)


def room(demand: Demand, cpus: int, memory: int) -> int:
    """Return for how many of a demand's CPUs a node has room, each with its part of the memory.

    Parameters
    ----------
    cpus, memory : free on the node; less than 0 where more is taken than the node has [1, bytes]
    """
    # comparisons, not min and max: the schedule asks this tens of thousands of times
    found = cpus if cpus < demand.cpus else demand.cpus
    if demand.memory > 0:
        enough = memory * demand.cpus // demand.memory
        found = enough if enough < found else found
    return found if found > 0 else 0


def deal(paradigm: Paradigm, cpus: int, rooms: Sequence[int]) -> list[int] | None:
    """Return how many CPUs each node gives, in the order of the nodes; None if they cannot.

    Parameters
    ----------
    cpus : that are wanted altogether
    rooms : how many each can give
    """
    if paradigm is Paradigm.SINGLE_NODE:
        first = next((i for i, most in enumerate(rooms) if most >= cpus), None)
        return None if first is None else [cpus if i == first else 0 for i in range(len(rooms))]
    if sum(rooms) < cpus:
        return None
    return _fill(cpus, rooms) if paradigm is Paradigm.FILL_NODES else _spread(cpus, rooms)


def shares(demand: Demand, nodes: Sequence[Node], given: Sequence[int]) -> Allocation:
    """Return the shares of nodes that give some of a demand's CPUs, memory included."""
    found, so_far, memory_so_far = [], 0, 0
    for node, cpus in zip(nodes, given, strict=True):
        if cpus:
            so_far += cpus
            # differences of a sum that is rounded down: each is its exact value rounded up or down
            memory = demand.memory * so_far // demand.cpus - memory_so_far
            memory_so_far += memory
            found.append(Share(node.name, cpus, memory))
    return tuple(found)


def _fill(cpus: int, rooms: Sequence[int]) -> list[int]:
    given = []
    for most in rooms:
        given.append(min(most, cpus))
        cpus -= given[-1]
    return given


def _spread(cpus: int, rooms: Sequence[int]) -> list[int]:
    """Deal one CPU to each node in turn, passing over those that are full, until all are dealt."""
    given = [0] * len(rooms)
    left = len(rooms)
    for i in sorted(range(len(rooms)), key=rooms.__getitem__):
        if rooms[i] > cpus // left:
            break
        given[i] = rooms[i]
        cpus -= rooms[i]
        left -= 1
    if not left:
        return given
    level, more = divmod(cpus, left)
    for i, most in enumerate(rooms):
        if most > level:
            # those with room for the level exactly are full and were served above
            given[i] = level + (more > 0)
            more -= more > 0
    return given
