"""What was seen when it was decided, from which it is explained why each job waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate

from dmod.core.quantity import format_size
from dmod.core.time_axis import format_time
from dmod.jobs.demand import Allocation, Demand, Node, Paradigm, used
from dmod.jobs.schedule.allocation import allocate, room
from dmod.jobs.schedule.queue import SECOND, Ranking, Running, Waiting
from dmod.jobs.schedule.refusal import needs, plural
from dmod.jobs.schedule.why import Hold, Why

SHOWN = 3
"""How many nodes or jobs are named."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Room that is kept free for a job.

    Parameters
    ----------
    begin, end : from when to when
    since : when it was first kept free
    """

    job: str
    begin: datetime
    end: datetime
    since: datetime
    allocation: Allocation


@dataclass(slots=True)
class Scene(Mapping[str, Why]):
    """Why each job waits, made when it is looked up: sentences for thousands of jobs are seldom read.

    Parameters
    ----------
    waiting : jobs that wait, the next one first
    holding : jobs that hold resources, those that start now included
    reservations : by job, the earliest rank first
    holds : what jobs wait for that do not wait for room, by id
    """

    waiting: Sequence[Waiting]
    holding: Sequence[Running]
    nodes: Sequence[Node]
    reservations: Mapping[str, Reservation]
    holds: Mapping[str, Hold]
    ranking: Ranking
    _ranks: dict[str, int] = field(default_factory=dict)
    _work: dict[str, list[float]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.waiting)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places())

    def __getitem__(self, job_id: str) -> Why:
        place = self._places()[job_id]
        job = self.waiting[place]
        hold = self.holds.get(job_id, Hold.ROOM)
        reservation = self.reservations.get(job_id)
        start, is_rough = (reservation.begin, False) if reservation else (None, False)
        if hold is Hold.ROOM and reservation is None:
            start, is_rough = self._guess(place), True
        return Why(
            job_id,
            place + 1,
            len(self.waiting),
            self.ranking.priority(job),
            hold,
            tuple(self._sentences(job, hold)),
            start,
            is_rough and start is not None,
            reservation.since if reservation else None,
        )

    def _places(self) -> dict[str, int]:
        if len(self._ranks) != len(self.waiting):
            self._ranks.update((job.id, place) for place, job in enumerate(self.waiting))
        return self._ranks

    def _sentences(self, job: Waiting, hold: Hold) -> list[str]:
        if hold is Hold.LATER:
            assert job.not_before is not None
            return [f"is tried again at {format_time(job.not_before)}"]
        if hold is Hold.PAUSED:
            return self._about_pause(job.demand)
        if hold is Hold.QUOTA:
            return self._about_quota(job)
        if hold is Hold.OWN:
            first = next(
                other.id
                for other in self.waiting
                if other.owner == job.owner and self.holds.get(other.id) is Hold.QUOTA
            )
            return [f"job {first} of {job.owner} comes before it, and waits for {job.owner}'s quota"]
        return self._about_room(job)

    # quota and pause

    def _about_quota(self, job: Waiting) -> list[str]:
        quota, owner = self.ranking.policy.quota_of(job.owner), job.owner
        theirs = sorted(
            (one for one in self.holding if one.owner == owner), key=lambda one: (one.ends, one.id)
        )
        kept = [other for other in self.waiting if other.owner == owner and other.id in self.reservations]
        jobs = len(theirs) + len(kept)
        cpus = sum(one.cpus for one in theirs) + sum(other.demand.cpus for other in kept)
        found = []
        promised = f" or reserved ({', '.join(other.id for other in kept[:SHOWN])})" if kept else ""
        if quota.running is not None and jobs >= quota.running:
            found.append(f"{owner} has {plural(jobs, 'job')} running{promised}, and may have {quota.running}")
        if quota.cpus is not None and cpus + job.demand.cpus > quota.cpus:
            found.append(
                f"needs {plural(job.demand.cpus, 'CPU')}; {owner} has {cpus}{promised},"
                f" and may have {quota.cpus}"
            )
        return [*found, *(f"job {one.id} ends {self._by(one)} at the latest" for one in theirs[:SHOWN])]

    def _about_pause(self, demand: Demand) -> list[str]:
        there = [node for node in self.nodes if node.executor == demand.executor]
        if not there:
            return [f"executor {demand.executor} has no nodes yet"]
        paused = [node.name for node in there if not node.is_ready]
        if len(paused) == len(there):
            return [f"executor {demand.executor} is paused: none of its nodes is ready"]
        return [f"needs {needs(demand)}; the nodes that are ready never have that, paused: {_some(paused)}"]

    # room

    def _about_room(self, job: Waiting) -> list[str]:
        demand = job.demand
        nodes = [node for node in self.nodes if node.executor == demand.executor and node.is_ready]
        taken = used(one.allocation for one in self.holding)
        now = allocate(demand, nodes, taken)
        if now is not None:
            return self._about_reserved(job, {share.node for share in now})
        reservation = self.reservations.get(job.id)
        wanted = {share.node for share in reservation.allocation} if reservation else set()

        def free(node: Node) -> tuple[int, int]:
            cpus, memory = taken.get(node.name, (0, 0))
            return max(node.cpus - cpus, 0), max(node.memory - memory, 0)

        rooms = {node.name: room(demand, *free(node)) for node in nodes}
        shown = sorted(nodes, key=lambda node: (node.name not in wanted, -rooms[node.name], -free(node)[0]))
        found = [f"needs {needs(demand)}" + self._together(demand, rooms)]
        for node in shown[:SHOWN]:
            cpus, memory = free(node)
            found.append(
                f"{node.name}: {cpus} of {plural(node.cpus, 'CPU')} and"
                f" {format_size(memory)} of {format_size(node.memory)} free"
            )
            if node.name in wanted or (not wanted and node is shown[0]):
                found.extend(self._holders(node))
        if len(shown) > SHOWN:
            found.append(f"and {plural(len(shown) - SHOWN, 'more node')} not shown")
        return found

    @staticmethod
    def _together(demand: Demand, rooms: Mapping[str, int]) -> str:
        if demand.paradigm is Paradigm.SINGLE_NODE:
            return ""
        return (
            f", {format_size(demand.memory / demand.cpus)} a CPU; there is room for {sum(rooms.values())} now"
        )

    def _holders(self, node: Node) -> list[str]:
        here = [
            (one.ends, one, share)
            for one in self.holding
            for share in one.allocation
            if share.node == node.name
        ]
        here.sort(key=lambda item: (item[0], item[1].id))
        found = [
            f"  job {one.id} holds {plural(share.cpus, 'CPU')} and {format_size(share.memory)}"
            f" until {self._by(one)} at the latest"
            for _, one, share in here[:SHOWN]
        ]
        return [*found, *([f"  and {plural(len(here) - SHOWN, 'more job')}"] if len(here) > SHOWN else [])]

    def _about_reserved(self, job: Waiting, where: set[str]) -> list[str]:
        end = self.ranking.at + timedelta(seconds=job.demand.seconds)
        touched = [
            one
            for one in self.reservations.values()
            if self._places()[one.job] < self._places()[job.id]
            and one.begin < end
            and where & {share.node for share in one.allocation}
        ]
        found = [f"there is room now, but not until {format_time(end)}, as long as it may take"]
        found.extend(
            f"from {format_time(one.begin)} room is reserved for job {one.job},"
            f" place {self._places()[one.job] + 1} in the queue, on {_some([s.node for s in one.allocation])}"
            for one in touched[:SHOWN]
        )
        return found

    def _by(self, one: Running) -> str:
        return format_time(one.ends)

    def _guess(self, place: int) -> datetime | None:
        """Return when the work before a job is done if all of its executor's CPUs are busy with it."""
        executor = self.waiting[place].demand.executor
        cpus = sum(node.cpus for node in self.nodes if node.executor == executor and node.is_ready)
        if not cpus:
            return None
        if executor not in self._work:
            under_way = sum(
                one.cpus * max((one.ends - self.ranking.at) / SECOND, 0.0)
                for one in self.holding
                if one.demand.executor == executor
            )
            each = (
                job.demand.cpus * job.demand.seconds if job.demand.executor == executor else 0.0
                for job in self.waiting
            )
            self._work[executor] = list(accumulate(each, initial=under_way))
        return self.ranking.at + timedelta(seconds=self._work[executor][place] / cpus)


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
