"""Choosing few of many datasets that together cover a box, on a grid of what tells them apart.

Along each axis the box is cut where a dataset begins or ends; elements of a set that the same datasets hold
are one cell. Nothing inside a cell tells datasets apart, so the grid is exact, and it has no more cells along
an axis than twice the number of datasets, or than there are elements.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dmod.catalog.box import Box, Boxes
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import Bound, Continuous, Discrete, Restriction, in_order

Flags = NDArray[np.bool_]
Numbers = NDArray[np.intp]
WITHOUT_END = 1e12
"""Weighs a range without end, or what a set holds beside its named elements."""


@dataclass(frozen=True)
class Axis:
    """One index of a box, cut into cells.

    Parameters
    ----------
    cells : restrictions that make up the whole, do not overlap and stand in order
    weights : how much each cell counts [seconds, units of a number, or elements], shape (cells,)
    held : which cells each dataset holds, shape (datasets, cells)
    """

    index: DomainIndex
    cells: tuple[Restriction, ...]
    weights: NDArray[np.float64]
    held: Flags

    @classmethod
    def of(cls, index: DomainIndex, wanted: Restriction, stated: Sequence[Restriction]) -> Axis:
        """Cut what is wanted of an index by what each dataset states, which must be comparable."""
        if isinstance(wanted, Continuous):
            return _cut_range(index, wanted, stated)
        return _cut_set(index, wanted, [held for held in stated if isinstance(held, Discrete)])

    def joined(self, numbers: Numbers) -> tuple[Restriction, ...]:
        """Return as few restrictions as hold just the cells of these numbers, which ascend."""
        if len(numbers) == 1:
            return (self.cells[numbers[0]],)
        cells = [self.cells[number] for number in numbers]
        sets = [cell for cell in cells if isinstance(cell, Discrete)]
        return (_joined_sets(sets),) if sets else tuple(_joined_ranges(cells))


class CoverGrid:
    """All cells of a box, and which datasets hold them.

    Parameters
    ----------
    axes : one or more
    count : number of datasets; of several that would do equally, the one that comes first is taken
    """

    def __init__(self, axes: Sequence[Axis], count: int) -> None:
        # sets first: elements of one pattern in time become one box for each run of times
        self._axes = sorted(axes, key=lambda axis: isinstance(axis.cells[0], Continuous))
        self._places = [[np.flatnonzero(axis.held[number]) for axis in self._axes] for number in range(count)]
        self._meshes = [_mesh(places) for places in self._places]
        self._shape = tuple(len(axis.cells) for axis in self._axes)
        self._joined: dict[tuple[int, bytes], tuple[Restriction, ...]] = {}

    def choose(self) -> tuple[list[tuple[int, Boxes]], Boxes, float]:
        """Return the datasets chosen, by number, with what each contributes; what remains; the share covered.

        The one that adds most is taken first, again and again; one that the others make needless is left
        out. What several of them hold, the first that was taken contributes.
        """
        left = np.ones(self._shape, dtype=np.bool_)
        parts = []
        for number in self._needed(self._greedy()):
            places, mesh = self._places[number], self._meshes[number]
            own = left[mesh]
            left[mesh] = False
            # in order of time, then of elements
            first = [int(place[cells.min()]) for place, cells in zip(places, np.nonzero(own), strict=True)]
            parts.append((first[::-1], number, tuple(self._boxes(own, places))))
        whole = [np.arange(size) for size in self._shape]
        everything = self._weight(np.ones(self._shape, dtype=np.bool_), whole)
        covered = 1.0 - self._weight(left, whole) / everything
        parts.sort(key=lambda part: part[:2])
        return [(number, boxes) for _, number, boxes in parts], tuple(self._boxes(left, whole)), covered

    def _greedy(self) -> Iterator[int]:
        """Yield the dataset that adds most, until none adds anything.

        What a dataset adds never grows, so that what it would have added earlier bounds it: only those whose
        bound is highest are weighed again.
        """
        left = np.ones(self._shape, dtype=np.bool_)
        queue = [(-np.inf, number) for number in range(len(self._places))]
        while queue:
            _, number = heapq.heappop(queue)
            place = self._meshes[number]
            entry = (-self._weight(left[place], self._places[number]), number)
            if entry[0] == 0.0:
                continue
            if queue and queue[0] < entry:
                heapq.heappush(queue, entry)
                continue
            left[place] = False
            yield number

    def _needed(self, taken: Iterator[int]) -> list[int]:
        """Return the datasets without those all of whose cells others hold."""
        times = np.zeros(self._shape, dtype=np.int32)
        chosen = list(taken)
        for number in chosen:
            times[self._meshes[number]] += 1
        needed = []
        for number in chosen:
            place = self._meshes[number]
            if (times[place] > 1).all():
                times[place] -= 1
            else:
                needed.append(number)
        return needed

    def _weight(self, flags: Flags, places: Sequence[Numbers]) -> float:
        found: NDArray[np.float64] = flags.astype(np.float64)
        for axis, place in zip(reversed(self._axes), reversed(places), strict=True):
            found = found @ axis.weights[place]
        return float(found)

    def _boxes(self, flags: Flags, places: Sequence[Numbers], depth: int = 0) -> Iterator[Box]:
        """Yield boxes that do not overlap and hold just the cells that are flagged."""
        axis = self._axes[depth]
        if depth == len(self._axes) - 1:
            yield from ({axis.index: held} for held in self._join(depth, places[depth][flags]))
            return
        alike: dict[bytes, list[int]] = defaultdict(list)
        for row in np.flatnonzero(flags.reshape(len(flags), -1).any(axis=1)).tolist():
            alike[flags[row].tobytes()].append(row)
        for rows in alike.values():
            rest = list(self._boxes(flags[rows[0]], places, depth + 1))
            for held in self._join(depth, places[depth][rows]):
                yield from ({axis.index: held, **box} for box in rest)

    def _join(self, depth: int, numbers: Numbers) -> tuple[Restriction, ...]:
        """Return cells joined; the same for the same cells, since large sets must not be there many times."""
        key = (depth, numbers.tobytes())
        if key not in self._joined:
            self._joined[key] = self._axes[depth].joined(numbers)
        return self._joined[key]


def _mesh(places: Sequence[Numbers]) -> tuple[Numbers, ...]:
    """Return what indexes the cells where all of the places cross, as `numpy.ix_` does, but quickly."""
    last = len(places) - 1
    return tuple(place.reshape(-1, *(1,) * (last - axis)) for axis, place in enumerate(places))


def _cut_range(index: DomainIndex, wanted: Continuous, stated: Sequence[Restriction]) -> Axis:
    parts = [wanted.intersection(held) if isinstance(held, Continuous) else wanted for held in stated]
    bounds: list[Bound] = sorted(
        {bound for part in [wanted, *parts] if part for bound in (part.begin, part.end)}
    )
    cells = tuple(Continuous(begin, end, wanted.pattern, wanted.subclass) for begin, end in pairwise(bounds))
    held = np.zeros((len(parts), len(cells)), dtype=np.bool_)
    number = {bound: place for place, bound in enumerate(bounds)}
    for row, part in zip(held, parts, strict=True):
        if part is not None:
            row[number[part.begin] : number[part.end]] = True
    return Axis(index, cells, np.array([_length(cell) for cell in cells]), held)


def _cut_set(index: DomainIndex, wanted: Discrete, stated: Sequence[Discrete]) -> Axis:
    named = (
        frozenset[str | int]().union(*(held.values for held in stated)) if wanted.excluded else wanted.values
    )
    elements = in_order(named - wanted.values if wanted.excluded else named)
    # many datasets hold the same: what tells elements apart is found for each different set once
    different: dict[Discrete, int] = {}
    columns = [different.setdefault(held, len(different)) for held in stated]
    # a dataset holds all but what it names, or none but what it names, of the elements
    whole = [not held.excluded and (held is wanted or held.contains(wanted)) for held in different]
    rows = {element: row for row, element in enumerate(elements)}
    unusual = [
        np.fromiter(map(rows.__getitem__, () if is_whole else held.values & rows.keys()), dtype=np.intp)
        for held, is_whole in zip(different, whole, strict=True)
    ]
    groups, differs = _told_apart(len(elements), unusual)
    usual = np.array([held.excluded for held in different], dtype=np.bool_) | whole
    restrictions = [Discrete(frozenset(elements[row] for row in group)) for group in groups]
    flags = differs ^ usual
    weights = [float(len(group)) for group in groups]
    if wanted.excluded:
        restrictions.append(Discrete(wanted.values | named, excluded=True))
        flags = np.vstack([flags, [held.excluded for held in different]])
        weights.append(WITHOUT_END)
    return Axis(index, tuple(restrictions), np.array(weights), flags.T[columns])


def _told_apart(count: int, sets: Sequence[Numbers]) -> tuple[list[Numbers], Flags]:
    """Return numbers below a count in groups that sets do not tell apart, and which of them each set holds.

    Every set splits the groups that it holds a part of, which takes as long as the set is large.

    Returns
    -------
    groups : in the order of their first numbers
    held : shape (groups, sets)
    """
    group_of, last = np.zeros(count, dtype=np.intp), 0
    for held in sets:
        parted, place = np.unique(group_of[held], return_inverse=True)
        group_of[held] = last + 1 + place
        last += len(parted)
    _, first, group_of = np.unique(group_of, return_index=True, return_inverse=True)
    group_of = np.argsort(np.argsort(first))[group_of]
    flags = np.zeros((len(first), len(sets)), dtype=np.bool_)
    for column, held in enumerate(sets):
        flags[group_of[held], column] = True
    numbers = np.argsort(group_of, kind="stable")
    return np.split(numbers, np.flatnonzero(np.diff(group_of[numbers])) + 1) if count else [], flags


def _joined_sets(cells: Sequence[Discrete]) -> Discrete:
    named = frozenset[str | int]().union(*(cell.values for cell in cells if not cell.excluded))
    rest = next((cell for cell in cells if cell.excluded), None)
    return Discrete(named) if rest is None else Discrete(rest.values - named, excluded=True)


def _joined_ranges(cells: Sequence[Restriction]) -> Iterator[Continuous]:
    found: Continuous | None = None
    for cell in cells:
        if not isinstance(cell, Continuous):
            continue
        union = None if found is None else found.union(cell)
        if found is not None and union is None:
            yield found
        found = union or cell
    if found is not None:
        yield found


def _length(cell: Continuous) -> float:
    if isinstance(cell.begin, datetime) and isinstance(cell.end, datetime):
        return (cell.end - cell.begin).total_seconds()
    return min(float(cell.end) - float(cell.begin), WITHOUT_END)  # type: ignore[arg-type]
