"""A river network as arrays: downstream pointer, upstream lists (CSR), topological order and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.errors import HydrofabricError

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RiverNetwork:
    """A forest of flowpaths that drain into one another.

    Parameters
    ----------
    ids : identifiers, as users write them
    downstream : shape (n,), index of the flowpath below, -1 at an outlet
    upstream_offset, upstream : CSR lists; the flowpaths above *i* are
        ``upstream[upstream_offset[i]:upstream_offset[i + 1]]``, in index order
    order : shape (n,), every flowpath after all those above it
    level : shape (n,), 0 at headwaters, else 1 + the largest level above
    """

    ids: tuple[str, ...]
    downstream: Index
    upstream_offset: Index
    upstream: Index
    order: Index
    level: Index

    @classmethod
    def from_downstream(cls, ids: Sequence[str], downstream: Index) -> RiverNetwork:
        """Build the network from its downstream pointers.

        Raises
        ------
        HydrofabricError
            the pointers form a cycle; the message walks it.
        """
        n = len(ids)
        downstream = np.ascontiguousarray(downstream, dtype=np.int64)
        drains = np.flatnonzero(downstream >= 0)
        upstream = drains[np.argsort(downstream[drains], kind="stable")]
        count = np.bincount(downstream[drains], minlength=n).astype(np.int64)
        offset = np.concatenate((np.zeros(1, np.int64), np.cumsum(count)))
        order, level = _levels(downstream, count)
        if order.size < n:
            raise HydrofabricError(
                f"the river network contains a cycle: {' → '.join(_a_cycle(ids, downstream, order))}",
                hint="correct one of these toid entries so that the water reaches an outlet",
            )
        return cls(tuple(ids), downstream, offset, upstream, order, level)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def outlets(self) -> Index:
        """Indices of the flowpaths that drain to no other."""
        return np.flatnonzero(self.downstream < 0)

    def index(self) -> Mapping[str, int]:
        """Return identifier → index."""
        return {identifier: i for i, identifier in enumerate(self.ids)}

    def accumulate(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum ``values`` (n,) over everything upstream, the flowpath itself included."""
        total = np.array(values, dtype=np.float64)
        for i in self.order:
            below = self.downstream[i]
            if below >= 0:
                total[below] += total[i]
        return total

    def basin(self) -> Index:
        """Return for each flowpath the index of the outlet it drains to."""
        outlet = np.arange(len(self), dtype=np.int64)
        for i in self.order[::-1]:
            if self.downstream[i] >= 0:
                outlet[i] = outlet[self.downstream[i]]
        return outlet


def _levels(downstream: Index, upstream_count: Index) -> tuple[Index, Index]:
    """Peel the network from its headwaters; flowpaths in or below a cycle are never reached."""
    waiting = upstream_count.copy()
    level = np.zeros(downstream.size, dtype=np.int64)
    front = np.flatnonzero(waiting == 0)
    peeled = []
    depth = 0
    while front.size:
        peeled.append(front)
        level[front] = depth
        below = downstream[front]
        below = below[below >= 0]
        np.subtract.at(waiting, below, 1)
        front = np.unique(below[waiting[below] == 0])
        depth += 1
    order = np.concatenate(peeled) if peeled else np.zeros(0, np.int64)
    return order, level


def _a_cycle(ids: Sequence[str], downstream: Index, peeled: Index) -> list[str]:
    """Walk a cycle: with one way down each, only flowpaths inside cycles are left unpeeled."""
    left = np.setdiff1d(np.arange(downstream.size), peeled)
    walk = [int(left[0])]
    while (below := int(downstream[walk[-1]])) != walk[0]:
        walk.append(below)
    return [ids[i] for i in [*walk, walk[0]]]
