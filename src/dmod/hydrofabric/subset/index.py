"""What a fabric's index knows: numbers of features, the river network, and the rows of every table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.subset.array_file import Arrays
from dmod.hydrofabric.subset.graph import Index, Lists, Nodes, distinct, spread, walk
from dmod.hydrofabric.subset.numbering import KINDS

Strings = NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class IndexedTable:
    """How the rows of a table are chosen.

    Parameters
    ----------
    how : "rows": those of the selected features; "whole": all; "none": none
    by : the columns that say whose row it is
    total, ownerless : how many rows there are, and how many belong to no feature
    """

    name: str
    how: str
    by: tuple[str, ...]
    total: int
    ownerless: int


class FabricIndex:
    """The index of one fabric.

    Features are numbered: flowpaths, then nexuses, then divides, each kind ordered by id.

    Parameters
    ----------
    fabric : the GeoPackage it belongs to
    arrays, facts : as `build_index` made them
    file : where the index is kept; None where it could not be kept
    notes : what the user should know: that it was built anew, and why
    """

    def __init__(
        self,
        fabric: Path,
        arrays: Arrays,
        facts: Mapping[str, Any],
        *,
        file: Path | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.fabric, self.arrays, self.facts, self.file = fabric, arrays, facts, file
        self.notes = (*notes, *facts["notes"])
        self.above = Lists(arrays["above.offset"], arrays["above.item"])
        self.down = Lists(arrays["down.offset"], arrays["down.item"])
        self.drains = Lists(arrays["drains.offset"], arrays["drains.item"])

    @cached_property
    def count(self) -> Mapping[str, int]:
        """How many features of each kind there are."""
        return {kind: len(self.arrays[f"id.{kind}"]) for kind in KINDS}

    @cached_property
    def first(self) -> Mapping[str, int]:
        """The number of the first feature of each kind."""
        flowpaths, nexuses = self.count["flowpath"], self.count["nexus"]
        return {"flowpath": 0, "nexus": flowpaths, "divide": flowpaths + nexuses}

    @property
    def domain(self) -> str:
        """The domain that the fabric covers; "" where it does not tell."""
        return str(self.facts["domain"])

    @property
    def vpus(self) -> tuple[str, ...]:
        """The processing units of the fabric."""
        return tuple(self.facts["vpus"][1:])

    @cached_property
    def tables(self) -> tuple[IndexedTable, ...]:
        """The tables of the fabric in their order."""
        return tuple(
            IndexedTable(name, how, tuple(by), total, ownerless)
            for name, how, by, total, ownerless in self.facts["tables"]
        )

    def find(self, identifier: str) -> int:
        """Return the number of a feature, -1 where there is none of that id."""
        for kind in KINDS:
            at = position(self.arrays[f"id.{kind}"], identifier)
            if at >= 0:
                return self.first[kind] + at
        return -1

    def find_place(self, key: str) -> Index:
        """Return the nodes of a gauge, point of interest or location, none where it is unknown."""
        names: Strings = self.arrays["place.name"]
        text = key.encode()
        begin = np.searchsorted(names, np.bytes_(text), "left")
        end = np.searchsorted(names, np.bytes_(text), "right")
        return self.arrays["place.node"][begin:end].astype(np.int64)

    def kind_of(self, node: int) -> str:
        """Return "flowpath", "nexus" or "divide"."""
        return (
            "flowpath" if node < self.first["nexus"] else "nexus" if node < self.first["divide"] else "divide"
        )

    def of_kind(self, nodes: Nodes, kind: str) -> Index:
        """Return those of ``nodes`` (ascending) that are of a kind."""
        begin = self.first[kind]
        low, high = np.searchsorted(nodes, (begin, begin + self.count[kind]))
        return np.asarray(nodes[low:high], dtype=np.int64)

    def names(self, nodes: Nodes | Sequence[int]) -> tuple[str, ...]:
        """Return the ids of features, of whatever kind."""
        found: list[str] = []
        for node in np.asarray(nodes).tolist():
            kind = self.kind_of(node)
            found.append(self.arrays[f"id.{kind}"][node - self.first[kind]].decode())
        return tuple(found)

    def ids(self, nodes: Nodes, kind: str) -> tuple[str, ...]:
        """Return the ids of features that are all of one kind."""
        taken = self.arrays[f"id.{kind}"][np.asarray(nodes, dtype=np.int64) - self.first[kind]]
        return tuple(np.char.decode(taken, "utf-8").tolist())

    def upstream(self, nodes: Nodes) -> Index:
        """Return everything that drains to ``nodes``, themselves included, ascending."""
        return walk(self.above, nodes)

    def area_km2(self, divides: Nodes) -> float:
        """Return the area of divides [km²]; those without count as nothing."""
        return float(
            np.nansum(self.arrays["area"][np.asarray(divides, dtype=np.int64) - self.first["divide"]])
        )

    def rows(self, number: int, nodes: Nodes) -> Index:
        """Return the row numbers of a table, by its place in `tables`, that belong to features, ascending."""
        owner, row = self.arrays[f"table.{number}.node"], self.arrays[f"table.{number}.row"]
        begin, end = ranges(owner, nodes)
        return distinct(row[spread(begin, end - begin)])


def ranges(owner: Nodes, nodes: Nodes) -> tuple[Index, Index]:
    """Return where the entries of each node begin and end in ``owner``, which ascends."""
    wanted = np.asarray(nodes).astype(owner.dtype)  # of another type the whole array would be converted
    return np.searchsorted(owner, wanted, "left"), np.searchsorted(owner, wanted, "right")


def position(ids: Strings, identifier: str) -> int:
    """Return where an id stands in ascending ids, -1 where it does not."""
    text = identifier.encode()
    if not ids.size or len(text) > ids.dtype.itemsize:
        return -1
    at = int(np.searchsorted(ids, np.bytes_(text)))
    return at if at < ids.size and ids[at] == text else -1
