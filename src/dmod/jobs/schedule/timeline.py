"""What nodes have free from now on: steps of a staircase, from which the earliest room is found."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat

from dmod.jobs.demand import Allocation, Demand, Node, Paradigm
from dmod.jobs.schedule.allocation import deal, room, shares

Held = tuple[int, int, float]
"""CPUs, bytes of memory, and in how many seconds they are given back."""


@dataclass(slots=True)
class Timeline:
    """What one node has free, constant between moments.

    Parameters
    ----------
    starts : seconds from now, the first one 0; each step lasts until the next, the last one for ever
    cpus, memory : free during each step; below 0 where more is taken than the node has
    """

    node: Node
    starts: list[float]
    cpus: list[int]
    memory: list[int]

    @classmethod
    def of(cls, node: Node, held: Iterable[Held]) -> Timeline:
        """Return that of a node of which some is held until later."""
        given_back = sorted(held, key=lambda item: item[2])
        cpus = node.cpus - sum(item[0] for item in given_back)
        memory = node.memory - sum(item[1] for item in given_back)
        line = cls(node, [0.0], [cpus], [memory])
        for more_cpus, more_memory, moment in given_back:
            cpus, memory = cpus + more_cpus, memory + more_memory
            if moment > line.starts[-1]:
                line.starts.append(moment)
                line.cpus.append(cpus)
                line.memory.append(memory)
            else:
                line.cpus[-1], line.memory[-1] = cpus, memory
        return line

    def room(self, demand: Demand, begin: float) -> int:
        """Return for how many CPUs there is room all the time that a demand needs, from a moment on."""
        starts, end = self.starts, begin + demand.seconds
        i = bisect_right(starts, begin) - 1
        cpus, memory = self.cpus[i], self.memory[i]
        i += 1
        while i < len(starts) and starts[i] < end:
            cpus, memory = min(cpus, self.cpus[i]), min(memory, self.memory[i])
            i += 1
        return room(demand, cpus, memory)

    def earliest_whole(self, demand: Demand, begin: float) -> float | None:
        """Return from when this node alone has all that a demand needs."""
        starts, found = self.starts, begin
        for i in range(bisect_right(starts, begin) - 1, len(starts)):
            if i and starts[i] >= found + demand.seconds:
                return found
            if self.cpus[i] < demand.cpus or max(self.memory[i], 0) < demand.memory:
                if i + 1 == len(starts):
                    return None
                found = starts[i + 1]
        return found

    def take(self, cpus: int, memory: int, begin: float, end: float) -> None:
        """Take some away for a time."""
        for i in range(self._step_at(begin), self._step_at(end)):
            self.cpus[i] -= cpus
            self.memory[i] -= memory

    def _step_at(self, moment: float) -> int:
        """Return the step that begins at a moment, made if there is none."""
        i = bisect_left(self.starts, moment)
        if i == len(self.starts) or self.starts[i] != moment:
            self.starts.insert(i, moment)
            self.cpus.insert(i, self.cpus[i - 1])
            self.memory.insert(i, self.memory[i - 1])
        return i


class Outlook:
    """What all ready nodes of one executor have free from now on. It only ever shrinks.

    Parameters
    ----------
    lines : one a node, in the order in which nodes are filled
    """

    def __init__(self, lines: Sequence[Timeline]) -> None:
        self.lines = list(lines)
        self.nodes = [line.node for line in lines]
        self._by_name = {line.node.name: line for line in lines}
        self._measure_now()

    def may_have_now(self, demand: Demand) -> bool:
        """Whether there might be room at this moment: a quick look that never misses any."""
        if demand.paradigm is Paradigm.SINGLE_NODE:
            return demand.cpus <= self._most_cpus and demand.memory <= self._most_memory
        return demand.cpus <= self._all_cpus and demand.memory <= self._all_memory

    def now(self, demand: Demand) -> Allocation | None:
        """Return what nodes give at once, for all the time that is needed, and None if they cannot."""
        if not self.may_have_now(demand):
            return None
        if demand.paradigm is not Paradigm.SINGLE_NODE:
            together = sum(room(demand, line.cpus[0], line.memory[0]) for line in self.lines)
            return self._given_at(demand, 0.0) if together >= demand.cpus else None
        cpus, memory = demand.cpus, demand.memory
        for line in self.lines:
            if line.cpus[0] >= cpus and max(line.memory[0], 0) >= memory and line.room(demand, 0.0) >= cpus:
                return shares(demand, [line.node], [cpus])
        return None

    def earliest(self, demand: Demand, begin: float) -> tuple[float, Allocation] | None:
        """Return from when nodes can give what is needed, for all the time, and what each of them gives.

        Parameters
        ----------
        begin : no earlier than this [s from now]
        """
        if demand.paradigm is not Paradigm.SINGLE_NODE:
            return self._earliest_spread(demand, begin)
        best: tuple[float, Node] | None = None
        for line in self.lines:
            moment = line.earliest_whole(demand, begin)
            if moment is not None and (best is None or moment < best[0]):
                best = (moment, line.node)
                if moment == begin:
                    break
        return None if best is None else (best[0], shares(demand, [best[1]], [demand.cpus]))

    def take(self, allocation: Allocation, begin: float, end: float) -> None:
        """Take an allocation away for a time."""
        for share in allocation:
            self._by_name[share.node].take(share.cpus, share.memory, begin, end)
        if begin <= 0.0:
            self._measure_now()

    def _given_at(self, demand: Demand, begin: float) -> Allocation | None:
        rooms = [line.room(demand, begin) for line in self.lines]
        given = deal(demand.paradigm, demand.cpus, rooms)
        return None if given is None else shares(demand, self.nodes, given)

    def _earliest_spread(self, demand: Demand, begin: float) -> tuple[float, Allocation] | None:
        moments, totals = self._room_together(demand, begin)
        found = 0
        for i, total in enumerate(totals):
            # nodes together have at no moment less than each of them has all the time: look closer only
            # where that suffices
            if total < demand.cpus:
                found = i + 1
            end = moments[i + 1] if i + 1 < len(moments) else math.inf
            while found <= i and end >= moments[found] + demand.seconds:
                allocation = self._given_at(demand, moments[found])
                if allocation is not None:
                    return moments[found], allocation
                found += 1
        return None

    def _room_together(self, demand: Demand, begin: float) -> tuple[list[float], list[int]]:
        """Return for how many CPUs all nodes together have room at each moment from some moment on."""
        total, changes = 0, {begin: 0}
        for line in self.lines:
            first = bisect_right(line.starts, begin) - 1
            rooms = map(room, repeat(demand), line.cpus[first:], line.memory[first:])
            last = next(rooms)
            total += last
            for moment, here in zip(line.starts[first + 1 :], rooms, strict=True):
                if here != last:
                    changes[moment] = changes.get(moment, 0) + here - last
                    last = here
        moments = sorted(changes)
        return moments, list(accumulate((changes[moment] for moment in moments[1:]), initial=total))

    def _measure_now(self) -> None:
        self._most_cpus = max((line.cpus[0] for line in self.lines), default=0)
        self._most_memory = max((max(line.memory[0], 0) for line in self.lines), default=0)
        self._all_cpus = sum(max(line.cpus[0], 0) for line in self.lines)
        self._all_memory = sum(max(line.memory[0], 0) for line in self.lines)
