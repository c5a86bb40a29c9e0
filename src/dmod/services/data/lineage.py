"""Where a dataset comes from and what was made of it, as a graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dmod.catalog.catalog import Catalog
from dmod.catalog.dataset import Dataset, Input
from dmod.catalog.restriction import say

SHORT = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A dataset in a lineage.

    Parameters
    ----------
    key : uuid
    dataset : None where it was removed; what is known of it then is name and digest
    """

    key: str
    reference: str
    digest: str
    dataset: Dataset | None


@dataclass(frozen=True, slots=True)
class Edge:
    """One dataset went into another: which, into which, as what."""

    source: str
    target: str
    role: str


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """Datasets and what went into what.

    Parameters
    ----------
    root : uuid of the dataset that was asked about
    nodes : by uuid, the root first
    edges : in the order in which they were found
    """

    root: str
    nodes: dict[str, Node]
    edges: tuple[Edge, ...]

    @property
    def is_provable(self) -> bool:
        """Whether the bytes of all that went in are in the catalog."""
        return all(self._is_proven(key) for key in self._above(self.root))

    def _is_proven(self, key: str) -> bool:
        dataset = self.nodes[key].dataset
        return dataset is not None and not dataset.is_external and not dataset.lineage.sources

    def _above(self, key: str) -> set[str]:
        found, todo = set(), [key]
        while todo:
            here = todo.pop()
            if here not in found:
                found.add(here)
                todo += [edge.source for edge in self.edges if edge.target == here]
        return found

    def lines(self) -> list[str]:
        """Return a drawing for a terminal: what it comes from as a tree, then what was made of it."""
        lines = list(self._tree(self.root, "", "", "", set()))
        below = self._below(self.root)
        if below:
            lines += ["", "derived from it:"]
            lines += [f"  {self.nodes[key].reference}" for key in below]
        if not self.is_provable:
            lines += ["", "not all that went in lies in this catalog, so not all can be proven byte for byte"]
        return lines

    def _below(self, key: str) -> list[str]:
        found: list[str] = []
        todo = [key]
        while todo:
            here = todo.pop(0)
            for edge in self.edges:
                if edge.source == here and edge.target not in found:
                    found.append(edge.target)
                    todo.append(edge.target)
        return found

    def _tree(self, key: str, first: str, rest: str, role: str, seen: set[str]) -> Iterator[str]:
        node = self.nodes[key]
        label = f"{role}: " if role else ""
        if key in seen:
            yield f"{first}{label}{node.reference}, as above"
            return
        seen.add(key)
        yield f"{first}{label}{node.reference}  {node.digest[:SHORT]}{_kind(node.dataset)}"
        facts = _facts(node.dataset)
        above = [edge for edge in self.edges if edge.target == key]
        for fact in facts:
            yield f"{rest}{'│ ' if above else '  '}{fact}"
        for number, edge in enumerate(above):
            last = number == len(above) - 1
            yield from self._tree(
                edge.source,
                f"{rest}{'└' if last else '├'} ",
                f"{rest}{' ' if last else '│'} ",
                edge.role,
                seen,
            )

    def as_dot(self) -> str:
        """Return the graph for Graphviz."""
        lines = ["digraph lineage {", "  rankdir=LR; node [shape=box, fontname=sans-serif];"]
        for key, node in self.nodes.items():
            text = _quoted(f"{node.reference}\n{_step(node.dataset)}\n{node.digest[:SHORT]}")
            mark = ", penwidth=2" if key == self.root else ""
            style = ", style=dashed" if node.dataset is None else ""
            lines.append(f'  "{key}" [label={text}{mark}{style}];')
        lines += [f'  "{e.source}" -> "{e.target}" [label={_quoted(e.role)}];' for e in self.edges]
        return "\n".join([*lines, "}"])

    def as_mermaid(self) -> str:
        """Return the graph for Mermaid, which code hosts and notebooks draw."""
        number = {key: f"d{count}" for count, key in enumerate(self.nodes)}
        lines = ["flowchart LR"]
        for key, node in self.nodes.items():
            text = f"{node.reference}<br/>{_step(node.dataset)}<br/>{node.digest[:SHORT]}"
            lines.append(f'  {number[key]}["{text}"]')
        lines += [f"  {number[e.source]} -->|{e.role or ' '}| {number[e.target]}" for e in self.edges]
        return "\n".join([*lines, f"  style {number[self.root]} stroke-width:3px"])

    def as_json(self) -> dict[str, Any]:
        """Return the graph as JSON data."""
        return {
            "root": self.root,
            "provable": self.is_provable,
            "datasets": [_node_json(node) for node in self.nodes.values()],
            "edges": [{"from": e.source, "to": e.target, "role": e.role} for e in self.edges],
        }


def lineage_of(catalog: Catalog, dataset: Dataset, *, below: bool = True) -> LineageGraph:
    """Return all that a dataset comes from, and with ``below`` all that was made of it."""
    nodes = {dataset.uuid: _node(dataset)}
    edges: list[Edge] = []
    todo: list[Dataset] = [dataset]
    while todo:
        here = todo.pop()
        for item in here.lineage.inputs:
            edges.append(Edge(item.uuid, here.uuid, item.role))
            if item.uuid not in nodes:
                found = catalog.index.with_uuid(item.uuid)
                nodes[item.uuid] = _node(found) if found is not None else _lost(item)
                todo += [found] if found is not None else []
    todo = [dataset] if below else []
    while todo:
        here = todo.pop()
        for child in catalog.index.children(here.uuid):
            edges += [
                Edge(here.uuid, child.uuid, item.role)
                for item in child.lineage.inputs
                if item.uuid == here.uuid
            ]
            if child.uuid not in nodes:
                nodes[child.uuid] = _node(child)
                todo.append(child)
    return LineageGraph(dataset.uuid, nodes, tuple(dict.fromkeys(edges)))


def _node(dataset: Dataset) -> Node:
    return Node(dataset.uuid, dataset.reference, dataset.digest, dataset)


def _lost(item: Input) -> Node:
    return Node(item.uuid, item.reference, item.digest, None)


def _kind(dataset: Dataset | None) -> str:
    if dataset is None:
        return "  (removed)"
    place = f"  at {dataset.access_location}" if dataset.is_external else ""
    return f"  {dataset.domain.format}{place}"


def _step(dataset: Dataset | None) -> str:
    return "removed" if dataset is None else dataset.lineage.step


def _facts(dataset: Dataset | None) -> Sequence[str]:
    if dataset is None:
        return ()
    lineage = dataset.lineage
    if lineage.step == "add":
        by = f" by {dataset.owner}" if dataset.owner else ""
        return (f"added{by}, {say(dataset.created)} UTC",)
    chosen = [
        f"{name} {value}" for name, value in lineage.parameters.items() if value not in (None, "", [], {})
    ]
    return (
        f"made by {lineage.step}{' with ' + ', '.join(chosen) if chosen else ''} ({lineage.software})",
        *(f"{role} from outside: {address}" for role, address in lineage.sources.items()),
    )


def _node_json(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {
        "uuid": node.key,
        "reference": node.reference,
        "digest": node.digest,
        "in_catalog": node.dataset is not None,
    }
    if node.dataset is not None:
        lineage = node.dataset.lineage
        found |= {
            "category": node.dataset.category.value,
            "format": node.dataset.domain.format.name,
            "access_location": node.dataset.access_location,
            "step": lineage.step,
            "parameters": dict(lineage.parameters),
            "sources": dict(lineage.sources),
            "software": lineage.software,
        }
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
