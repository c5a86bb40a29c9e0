"""Lists of variable length side by side (CSR), and the walk up a river network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.integer]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of numbers for each of n owners.

    Parameters
    ----------
    offset : shape (n + 1,)
    item : the lists one after another; that of *i* is ``item[offset[i]:offset[i + 1]]``
    """

    offset: Nodes
    item: Nodes

    @classmethod
    def from_pairs(cls, owner: Nodes, item: Nodes, count: int) -> Lists:
        """Group ``item`` by ``owner``; within a list the order stays."""
        order = np.argsort(owner, kind="stable")
        length = np.bincount(owner, minlength=count)
        offset = np.concatenate((np.zeros(1, np.int64), np.cumsum(length)))
        kind = np.int32 if len(item) < np.iinfo(np.int32).max else np.int64
        return cls(offset.astype(kind), np.asarray(item)[order])

    def __len__(self) -> int:
        return len(self.offset) - 1

    def of(self, owners: Nodes) -> Index:
        """Return the lists of several owners one after another."""
        start = self.offset[owners].astype(np.int64)
        count = self.offset[np.asarray(owners) + 1] - start
        found: Index = self.item[spread(start, count)].astype(np.int64)
        return found


def spread(start: Index, count: Index) -> Index:
    """Return the positions start, start + 1, … of several ranges, one after another."""
    end = np.cumsum(count)
    if not end.size or not end[-1]:
        return np.zeros(0, np.int64)
    positions: Index = np.arange(end[-1]) + np.repeat(start - (end - count), count)
    return positions


def distinct(values: Nodes) -> Index:
    """Return the different ones of ``values``, ascending.

    What `numpy.unique` does, by sorting: its hash table takes forty times as long for a million numbers.
    """
    ordered = np.sort(np.asarray(values, dtype=np.int64))
    found: Index = ordered[np.append(True, ordered[1:] != ordered[:-1])] if ordered.size else ordered
    return found


def walk(neighbours: Lists, starts: Nodes) -> Index:
    """Return everything that is reached from ``starts``, themselves included, ascending.

    A cycle is walked once.
    """
    seen = np.zeros(len(neighbours), dtype=bool)
    front = distinct(starts)
    while front.size:
        seen[front] = True
        reached = neighbours.of(front)
        front = distinct(reached[~seen[reached]])
    return np.flatnonzero(seen)
