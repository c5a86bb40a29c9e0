"""Which waiting jobs get which nodes now, for which others room is kept free, and why the rest waits.

In the order of priority each job gets room at once if there is some for all the time that it may take
without touching what is reserved. Otherwise room is reserved for it at the earliest moment at which there
surely is some, since what runs ends by its time (conservative backfill). So a small job may pass a large one
only if the large one does not start later for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dmod.jobs.cause import Cause
from dmod.jobs.demand import Allocation, Demand, Node, Paradigm
from dmod.jobs.schedule.policy import Policy, Quota
from dmod.jobs.schedule.queue import SECOND, Ranking, Running, Waiting, relative_usage
from dmod.jobs.schedule.refusal import refusal
from dmod.jobs.schedule.scene import Reservation, Scene
from dmod.jobs.schedule.timeline import Held, Outlook, Timeline
from dmod.jobs.schedule.why import Hold, Why

OVERRUN = 60.0
"""In how many seconds what has had its time is taken to end."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done now.

    Parameters
    ----------
    placements : ids of jobs that start, and what each gets, in order
    refused : ids of jobs that can never start, and why
    whys : for every other job that waits; made when it is looked up
    reserved : ids of jobs for which room is kept free, and since when; goes into the next
        decision by `Waiting.reserved`
    """

    placements: tuple[tuple[str, Allocation], ...]
    refused: Mapping[str, Cause]
    whys: Mapping[str, Why]
    reserved: Mapping[str, datetime]


def decide(
    queue: Sequence[Waiting],
    running: Sequence[Running],
    nodes: Sequence[Node],
    usage: Mapping[str, float],
    policy: Policy,
    at: datetime,
) -> Decision:
    """Return what is to be done now; the same for the same arguments, whatever the order of the jobs.

    Parameters
    ----------
    queue : jobs that wait, each once, none of them in ``running``
    nodes : of all executors, in the order in which they are to be filled; a node that cannot be used now
        belongs here with ``is_ready`` False, or what only it can run is refused
    usage : CPU seconds that owners have used lately (`recent_usage`), without what runs now
    """
    ranking = Ranking(policy, relative_usage(queue, running, usage, at), at)
    ordered = ranking.order(queue)
    look = _Look(running, nodes, ranking)
    for job in ordered:
        look.consider(job)
    return look.decision(ordered)


class _Look:
    """One look at the queue: what is free shrinks as jobs are considered, the next one first."""

    def __init__(self, running: Sequence[Running], nodes: Sequence[Node], ranking: Ranking) -> None:
        self.running, self.nodes, self.ranking = running, nodes, ranking
        self.policy, self.at = ranking.policy, ranking.at
        self.outlooks = _outlooks(running, nodes, ranking.at)
        self.placed: dict[str, tuple[Waiting, Allocation]] = {}
        self.refused: dict[str, Cause] = {}
        self.reservations: dict[str, Reservation] = {}
        self.holds: dict[str, Hold] = {}
        self._had: dict[str, tuple[int, int]] = {}  # by owner: jobs and CPUs, running or promised
        for one in running:
            self._count(one.owner, one.cpus)
        self._quotas = self.policy.quotas
        self._held_owners: set[str] = set()
        self._kept: dict[str, int] = {}  # by executor: reservations
        self._not_before: dict[Demand, float | None] = {}
        self._failed: dict[tuple[str, Paradigm, int], list[tuple[int, int, float]]] = {}
        self._refusals: dict[Demand, Cause | None] = {}
        self._executors = {node.executor for node in nodes}
        self._largest = {
            executor: max(
                (node for node in nodes if node.executor == executor), key=lambda n: (n.cpus, n.memory)
            )
            for executor in self._executors
        }

    def consider(self, job: Waiting) -> None:
        """Let a job start, reserve room for it, or note what else it waits for."""
        demand = job.demand
        cause = self._never(job)
        if cause is not None:
            self.refused[job.id] = cause
            return
        outlook = self.outlooks.get(demand.executor)
        hold = self._hold(job, outlook)
        if hold is not None or outlook is None:
            self.holds[job.id] = hold or Hold.PAUSED
            return
        if self._kept.get(demand.executor, 0) >= self.policy.reservations:
            allocation = self._now(outlook, demand)
            if allocation is not None:
                self._start(job, outlook, allocation)
            return
        found = self._earliest(outlook, demand)
        if found is None:
            self.holds[job.id] = Hold.PAUSED
        elif found[0] == 0.0:
            self._start(job, outlook, found[1])
        else:
            self._reserve(job, outlook, *found)

    def decision(self, ordered: Sequence[Waiting]) -> Decision:
        """Return what came of it."""
        started = [
            Running(job.id, job.owner, job.demand, allocation, self.at)
            for job, allocation in self.placed.values()
        ]
        waiting = [job for job in ordered if job.id not in self.placed and job.id not in self.refused]
        holding = [*self.running, *started]
        scene = Scene(waiting, holding, self.nodes, self.reservations, self.holds, self.ranking)
        return Decision(
            tuple((job_id, allocation) for job_id, (_, allocation) in self.placed.items()),
            self.refused,
            scene,
            {one.job: one.since for one in self.reservations.values()},
        )

    def _never(self, job: Waiting) -> Cause | None:
        """Return why a job can never have what it needs; an executor that has no nodes yet may get some."""
        demand, most = job.demand, self._quota(job.owner).cpus
        if most is not None and demand.cpus > most:
            return self.policy.refusal(job.owner, demand)
        largest = self._largest.get(demand.executor)
        if largest is None or (demand.cpus <= largest.cpus and demand.memory <= largest.memory):
            return None
        if demand not in self._refusals:
            self._refusals[demand] = refusal(demand, self.nodes)
        return self._refusals[demand]

    def _quota(self, owner: str) -> Quota:
        return self._quotas.get(owner, self.policy.quota)

    def _hold(self, job: Waiting, outlook: Outlook | None) -> Hold | None:
        """Return what a job waits for other than room."""
        if job.not_before is not None and job.not_before > self.at:
            return Hold.LATER
        # later jobs of the same owner must not take what an earlier one waits for
        if job.owner in self._held_owners:
            return Hold.OWN
        if outlook is None:
            return Hold.PAUSED
        quota = self._quota(job.owner)
        jobs, cpus = self._had.get(job.owner, (0, 0))
        if (quota.running is not None and jobs >= quota.running) or (
            quota.cpus is not None and cpus + job.demand.cpus > quota.cpus
        ):
            self._held_owners.add(job.owner)
            return Hold.QUOTA
        return None

    def _earliest(self, outlook: Outlook, demand: Demand) -> tuple[float, Allocation] | None:
        # what is free only shrinks: an equal demand cannot have room before the last one had
        begin = self._not_before.get(demand, 0.0)
        found = None if begin is None else outlook.earliest(demand, begin)
        self._not_before[demand] = found[0] if found else None
        return found

    def _now(self, outlook: Outlook, demand: Demand) -> Allocation | None:
        if not outlook.may_have_now(demand):
            return None
        # spread over nodes, memory is rounded for each: only the same number of CPUs can be compared
        single = demand.paradigm is Paradigm.SINGLE_NODE
        failed = self._failed.setdefault((demand.executor, demand.paradigm, 0 if single else demand.cpus), [])
        cpus, memory, seconds = demand.cpus, demand.memory, demand.seconds
        if any(c <= cpus and m <= memory and s <= seconds for c, m, s in failed):
            return None
        allocation = outlook.now(demand)
        if allocation is None:
            failed[:] = [one for one in failed if one[0] < cpus or one[1] < memory or one[2] < seconds]
            failed.append((cpus, memory, seconds))
        return allocation

    def _start(self, job: Waiting, outlook: Outlook, allocation: Allocation) -> None:
        outlook.take(allocation, 0.0, job.demand.seconds)
        self._count(job.owner, job.demand.cpus)
        self.placed[job.id] = (job, allocation)

    def _reserve(self, job: Waiting, outlook: Outlook, begin: float, allocation: Allocation) -> None:
        end = begin + job.demand.seconds
        outlook.take(allocation, begin, end)
        self._count(job.owner, job.demand.cpus)
        executor = job.demand.executor
        self._kept[executor] = self._kept.get(executor, 0) + 1
        self.reservations[job.id] = Reservation(
            job.id,
            self.at + timedelta(seconds=begin),
            self.at + timedelta(seconds=end),
            job.reserved or self.at,
            allocation,
        )

    def _count(self, owner: str, cpus: int) -> None:
        jobs, before = self._had.get(owner, (0, 0))
        self._had[owner] = (jobs + 1, before + cpus)


def _outlooks(running: Sequence[Running], nodes: Sequence[Node], at: datetime) -> dict[str, Outlook]:
    """Return what is free from now on of the nodes that are ready, by executor."""
    held: dict[str, list[Held]] = {node.name: [] for node in nodes if node.is_ready}
    for one in running:
        left = (one.ends - at) / SECOND
        for share in one.allocation:
            if share.node in held:
                held[share.node].append((share.cpus, share.memory, left if left > 0.0 else OVERRUN))
    lines: dict[str, list[Timeline]] = {}
    for node in nodes:
        if node.is_ready:
            lines.setdefault(node.executor, []).append(Timeline.of(node, held[node.name]))
    return {executor: Outlook(found) for executor, found in lines.items()}
