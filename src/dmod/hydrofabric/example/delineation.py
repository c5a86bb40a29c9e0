"""Division of a basin into exactly as many catchments as are wanted, each around one flowpath.

More reaches than wanted are drawn first, by an area threshold and by cutting long ones; then the
smallest is merged into a neighbour, again and again, until the number is right. Every merger keeps
the form of a river network: one flowpath a catchment, each draining to the head of one other.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled
from dmod.errors import InputError
from dmod.hydrofabric.example.terrain import Terrain

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Division:
    """A basin divided into catchments, numbered from the headwaters to the outlet.

    Parameters
    ----------
    label : flat grid, catchment of each cell, -1 outside the basin
    downstream : shape (n,), catchment below, -1 at the outlet
    lines : per catchment the cells of its flowpath, from its head to its end, which is the head of
        the next flowpath (at the outlet: the outlet cell)
    threshold : least number of cells that drain to a cell with a channel
    """

    label: Index
    downstream: Index
    lines: tuple[Index, ...]
    threshold: float


def divide_basin(terrain: Terrain, catchments: int) -> Division:
    """Divide the basin into ``catchments`` catchments of similar size.

    Raises
    ------
    InputError
        the basin has too few cells for so many.
    """
    mean = terrain.order.size / catchments
    threshold = mean / 5
    while True:
        reach, downstream, heads = _reaches(
            terrain.receiver, terrain.order, terrain.area, threshold, 0.4 * mean, terrain.outlet
        )
        if downstream.size >= catchments:
            break
        threshold, mean = threshold / 2, mean / 2
        if threshold < 2:
            raise InputError(
                f"the basin of {terrain.order.size} cells cannot be divided into {catchments} catchments"
            )
    cells = np.bincount(reach[terrain.order], minlength=downstream.size)
    channel = terrain.order[terrain.area[terrain.order] >= threshold]
    length = np.bincount(reach[channel], minlength=downstream.size)
    merger = _Merger(downstream, cells, length, short=0.25 * float(np.sqrt(mean)), small=mean / 4)
    merger.reduce_to(catchments)
    return _numbered(terrain, reach, heads, merger, threshold)


@compiled
def _reaches(
    receiver: Index, order: Index, area: Index, threshold: float, longest: float, outlet: int
) -> tuple[Index, Index, Index]:
    """Return reach of every cell, reach below, and first cell of each reach.

    A reach ends above a confluence, or where it has gathered more than ``longest`` cells on its way.
    """
    reach = np.full(receiver.size, -1)
    joining = np.zeros(receiver.size, np.int8)
    for i in order:
        if area[i] >= threshold and i != outlet and joining[receiver[i]] < 100:
            joining[receiver[i]] += 1
    downstream = np.full(order.size, -1)
    head = np.empty(order.size, np.int64)
    count = 0
    last_above = np.full(receiver.size, -1)
    for i in order:
        if area[i] < threshold and i != outlet:
            continue
        above = last_above[i]
        if joining[i] == 1 and area[i] - area[head[reach[above]]] <= longest:
            reach[i] = reach[above]
        else:
            reach[i] = count
            head[count] = i
            count += 1
            if joining[i] == 1:
                downstream[reach[above]] = reach[i]
        if i != outlet:
            last_above[receiver[i]] = i
    for i in order:  # several reaches that join
        if reach[i] >= 0 and i != outlet and reach[receiver[i]] != reach[i]:
            downstream[reach[i]] = reach[receiver[i]]
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        if reach[i] < 0:
            reach[i] = reach[receiver[i]]
    return reach, downstream[:count], head[:count]


class _Merger:
    """The reaches as a tree that shrinks; ``stems`` are the reaches that form each flowpath."""

    def __init__(self, downstream: Index, cells: Index, length: Index, *, short: float, small: float) -> None:
        self.below = downstream.tolist()
        self.mouth = downstream.tolist()  # first reach that the catchment's own land drains into
        self.cells = cells.tolist()
        self.length = length.tolist()
        self.short, self.small = short, small
        self.above: list[list[int]] = [[] for _ in self.below]
        for reach, below in enumerate(self.below):
            if below >= 0:
                self.above[below].append(reach)
        self.drained = self._drained()
        self.stems = [[reach] for reach in range(len(self.below))]
        self.kept_by = list(range(len(self.below)))
        self.alive = len(self.below)
        self.queue = [(size, reach) for reach, size in enumerate(self.cells)]
        heapq.heapify(self.queue)

    def _drained(self) -> list[int]:
        """Return the cells upstream of the end of each reach."""
        drained = list(self.cells)
        for reach in _from_headwaters(self.below):
            if self.below[reach] >= 0:
                drained[self.below[reach]] += drained[reach]
        return drained

    def reduce_to(self, wanted: int) -> None:
        """Merge the smallest catchment into a neighbour until ``wanted`` are left."""
        while self.alive > wanted:
            if not self.queue:  # only long reaches between confluences are left
                self.short *= 2
                self._wake(r for r, keeper in enumerate(self.kept_by) if keeper == r)
            size, reach = heapq.heappop(self.queue)
            if self.kept_by[reach] == reach and size == self.cells[reach]:
                self._merge(reach)

    def _merge(self, reach: int) -> None:
        """Merge a catchment into the smallest neighbour that suits, or leave it until they change."""
        below, above = self.below[reach], self.above[reach]
        choices: list[tuple[int, int, int]] = []
        if below >= 0 and len(self.above[below]) == 1:
            choices.append((self.cells[below], 0, below))
        elif not above and below >= 0:
            mouth = self.owner(self.mouth[reach])
            choices.append((self.cells[mouth], 1, mouth))
        leaves = [r for r in above if not self.above[r] and self.owner(self.mouth[r]) == reach]
        choices += [(self.cells[r], 2, r) for r in leaves if len(above) > 1]
        short = self.short * (2 if self.cells[reach] < self.small else 1)
        if above and (len(above) == 1 or (below >= 0 and self.length[reach] <= short)):
            main = max(above, key=lambda r: (self.drained[r], -r))
            choices.append((self.cells[main], 3, main))
        if not choices:
            return
        _, way, other = min(choices)
        if way == 0:
            self._join_below(reach, other)
        elif way == 1:
            self._dissolve(reach, other)
        elif way == 2:
            self._dissolve(other, reach)
        else:
            self._join_above(reach, other)
        self.alive -= 1

    def owner(self, reach: int) -> int:
        """Return the catchment that a first reach belongs to now."""
        while self.kept_by[reach] != reach:
            reach = self.kept_by[reach]
        return reach

    def _join_below(self, reach: int, below: int) -> None:
        """Become the upper part of the flowpath below, into which nothing else flows."""
        self.stems[below] = self.stems[reach] + self.stems[below]
        self.length[below] += self.length[reach]
        self.above[below] = self.above[reach]
        for r in self.above[below]:
            self.below[r] = below
        self._give(reach, below)

    def _dissolve(self, leaf: int, keeper: int) -> None:
        """Give the land of a headwater to the catchment that it drains into; its flowpath vanishes."""
        self.above[self.below[leaf]].remove(leaf)
        self._give(leaf, keeper)

    def _join_above(self, reach: int, main: int) -> None:
        """Lengthen the main one above to the end of this one, and with it the others that join here."""
        below, above = self.below[reach], self.above[reach]
        for r in above:
            self.stems[r] = self.stems[r] + self.stems[reach]
            self.below[r] = below
        self.length[main] += self.length[reach]
        self.mouth[main] = self.mouth[reach]
        if below >= 0:
            self.above[below].remove(reach)
            self.above[below] += above
        self.drained[main] += self.cells[reach]
        self._give(reach, main)

    def _give(self, reach: int, keeper: int) -> None:
        self.kept_by[reach] = keeper
        self.cells[keeper] += self.cells[reach]
        self._wake([keeper, *self.above[keeper], *([self.below[keeper]] if self.below[keeper] >= 0 else [])])

    def _wake(self, reaches: Iterable[int]) -> None:
        for reach in reaches:
            heapq.heappush(self.queue, (self.cells[reach], reach))

    def keeper(self) -> Index:
        """Return for every first reach the one that it belongs to now."""
        return np.array([self.owner(reach) for reach in range(len(self.below))])


def _from_headwaters(below: list[int]) -> list[int]:
    """Return the reaches, each after those above it."""
    waiting = [0] * len(below)
    for b in below:
        if b >= 0:
            waiting[b] += 1
    order = [r for r, count in enumerate(waiting) if count == 0]
    for reach in order:
        b = below[reach]
        if b >= 0:
            waiting[b] -= 1
            if waiting[b] == 0:
                order.append(b)
    return order


def _numbered(terrain: Terrain, reach: Index, heads: Index, merger: _Merger, threshold: float) -> Division:
    """Assign numbers to the catchments, upstream first, and follow their flowpaths over the cells."""
    keeper = merger.keeper()
    alive = keeper == np.arange(keeper.size)
    order = [r for r in _from_headwaters(merger.below) if alive[r]]
    number = np.full(keeper.size + 1, -1)
    number[order] = np.arange(len(order))
    label = number[np.where(reach >= 0, keeper[reach], -1)]
    label[~terrain.inside.ravel()] = -1
    downstream = number[np.array([merger.below[r] for r in order])]
    lines = tuple(_walk(terrain, reach, heads, merger.stems[r]) for r in order)
    return Division(label, downstream, lines, threshold)


def _walk(terrain: Terrain, reach: Index, heads: Index, stem: list[int]) -> Index:
    """Follow the water from the head of the first reach of ``stem`` to the head of the next flowpath."""
    cell, members = int(heads[stem[0]]), set(stem)
    line = [cell]
    while cell != terrain.outlet and int(reach[cell]) in members:
        cell = int(terrain.receiver[cell])
        line.append(cell)
    return np.array(line)
