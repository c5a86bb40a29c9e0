"""Demands that can never be met, however long one waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dmod.core.quantity import format_size
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.demand import Demand, Node, Paradigm
from dmod.jobs.schedule.allocation import allocate, room


def refusal(demand: Demand, nodes: Sequence[Node]) -> Cause | None:
    """Return why all nodes together, empty and ready, could not meet a demand; None if they could.

    A node that is paused counts: it may be ready again.
    """
    empty = [replace(node, is_ready=True) for node in nodes if node.executor == demand.executor]
    if not empty:
        others = ", ".join(sorted({node.executor for node in nodes}))
        hint = f"executors that have nodes: {others}" if others else "no executor has nodes"
        return _cause(f"executor {demand.executor!r} has no nodes", hint)
    if allocate(demand, empty, {}) is not None:
        return None
    message = _on_one(demand, empty) if demand.paradigm is Paradigm.SINGLE_NODE else _over_all(demand, empty)
    return _cause(message, _hint(demand, empty))


def needs(demand: Demand) -> str:
    """Return what a demand needs: ``4 CPUs and 2 GB on one node``."""
    where = "on one node" if demand.paradigm is Paradigm.SINGLE_NODE else "over all nodes"
    return f"{plural(demand.cpus, 'CPU')} and {format_size(demand.memory)} {where}"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 CPU``, ``2 CPUs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _cause(message: str, hint: str) -> Cause:
    return Cause(CauseKind.UNSATISFIABLE, message, hint)


def _on_one(demand: Demand, nodes: Sequence[Node]) -> str:
    most_cpus = max(nodes, key=lambda node: node.cpus)
    most_memory = max(nodes, key=lambda node: node.memory)
    lacking = []
    if most_cpus.cpus < demand.cpus:
        lacking.append(
            f"needs {plural(demand.cpus, 'CPU')} on one node,"
            f" the largest ({most_cpus.name}) has {most_cpus.cpus}"
        )
    if most_memory.memory < demand.memory:
        lacking.append(
            f"needs {format_size(demand.memory)} on one node,"
            f" the largest ({most_memory.name}) has {format_size(most_memory.memory)}"
        )
    if lacking:
        return "; ".join(lacking)
    return f"needs {needs(demand)}, and no node has both: {_has(most_cpus)}, {_has(most_memory)}"


def _has(node: Node) -> str:
    return f"{node.name} has {plural(node.cpus, 'CPU')} and {format_size(node.memory)}"


def _over_all(demand: Demand, nodes: Sequence[Node]) -> str:
    cpus, memory = sum(node.cpus for node in nodes), sum(node.memory for node in nodes)
    lacking = []
    if cpus < demand.cpus:
        lacking.append(f"needs {plural(demand.cpus, 'CPU')}, all nodes together have {cpus}")
    if memory < demand.memory:
        lacking.append(f"needs {format_size(demand.memory)}, all nodes together have {format_size(memory)}")
    if lacking:
        return "; ".join(lacking)
    enough = sum(room(demand, node.cpus, node.memory) for node in nodes)
    return (
        f"needs {plural(demand.cpus, 'CPU')} with {format_size(demand.memory / demand.cpus)} each,"
        f" and all nodes together have that for {enough}"
    )


def _hint(demand: Demand, nodes: Sequence[Node]) -> str:
    """Return what would fit: the same in another paradigm, or else less of it."""
    fitting = [
        other.value for other in Paradigm if allocate(replace(demand, paradigm=other), nodes, {}) is not None
    ]
    if fitting:
        return f"it fits with paradigm {' or '.join(fitting)}"
    if demand.paradigm is Paradigm.SINGLE_NODE:
        largest = max(nodes, key=lambda node: (node.cpus, node.memory))
        return f"{largest.name} could give {plural(largest.cpus, 'CPU')} and {format_size(largest.memory)}"
    cpus = min(demand.cpus, sum(node.cpus for node in nodes))
    most = _most_memory(cpus, nodes)
    return f"{plural(cpus, 'CPU')} could have {format_size(most)} together" if most else "ask for fewer CPUs"


def _most_memory(cpus: int, nodes: Sequence[Node]) -> int:
    """Return the most memory that so many CPUs could have, spread over empty nodes, by bisection."""
    low, high = 0, sum(node.memory for node in nodes)
    while low < high:
        middle = (low + high + 1) // 2
        tried = Demand(cpus, middle, paradigm=Paradigm.FILL_NODES, executor=nodes[0].executor)
        if allocate(tried, nodes, {}) is None:
            high = middle - 1
        else:
            low = middle
    return low
