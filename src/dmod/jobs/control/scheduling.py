"""From jobs as they are to what the schedule decides about them, and back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dmod.jobs.control.gathering import is_gathered
from dmod.jobs.control.moving import refuse, running_step
from dmod.jobs.demand import Allocation, Node
from dmod.jobs.job import Job, Step, label
from dmod.jobs.request.request import retry_policy
from dmod.jobs.schedule.decision import Decision, decide
from dmod.jobs.schedule.policy import Policy
from dmod.jobs.schedule.queue import Running, Waiting
from dmod.jobs.state import StepState
from dmod.jobs.store.port import Change, JobStore

USAGE_SECONDS = 30.0
"""How long what users have used lately is taken as it was."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What was decided.

    Parameters
    ----------
    placements : id of a job and what it gets, in order
    refused : changes that end jobs which no node can ever serve
    """

    placements: tuple[tuple[str, Allocation], ...]
    refused: tuple[Change, ...]


@dataclass
class Scheduling:
    """Decides which jobs go next, and remembers what the schedule needs to know the next time.

    Parameters
    ----------
    nodes : as executors have them
    """

    store: JobStore
    policy: Policy = field(default_factory=Policy)
    nodes: tuple[Node, ...] = ()
    _usage: dict[str, float] = field(default_factory=dict)
    _looked: float = -1e9
    _reserved: dict[str, datetime] = field(default_factory=dict)

    def decide(self, jobs: Iterable[Job], at: datetime) -> Placed:
        """Return what jobs get now."""
        known = list(jobs)
        queue = [item for job in known if (item := self._waiting(job, at)) is not None]
        if not queue:
            self._reserved.clear()
            return Placed((), ())
        by_id = {job.id: job for job in known}
        decided = self.decision(queue, running_of(known), at)
        self._reserved = dict(decided.reserved)
        refused = tuple(refuse(by_id[job_id], cause, at) for job_id, cause in decided.refused.items())
        return Placed(tuple(decided.placements), refused)

    def decision(self, queue: Sequence[Waiting], running: Sequence[Running], at: datetime) -> Decision:
        """Return the schedule's decision with all its reasons."""
        now = time.monotonic()
        if now - self._looked > USAGE_SECONDS:
            self._looked = now
            used = self.store.usage(at - timedelta(seconds=self.policy.half_life), at)
            self._usage = ended_usage(used, running, at)
        return decide(queue, running, self.nodes, self._usage, self.policy, at)

    def why(self, jobs: Sequence[Job], job_id: str, at: datetime) -> list[str]:
        """Return in sentences what a waiting job waits for."""
        queue = [item for job in jobs if (item := self._waiting(job, at)) is not None]
        decided = self.decision(queue, running_of(jobs), at)
        if any(placed == job_id for placed, _ in decided.placements):
            return ["it is about to start: what it needs is free"]
        if job_id in decided.refused:
            return [str(decided.refused[job_id])]
        return list(decided.whys[job_id].lines()) if job_id in decided.whys else []

    def _waiting(self, job: Job, at: datetime) -> Waiting | None:
        step = job.current
        if job.is_over or step is None or step.state is not StepState.WAITING:
            return None
        if job.wish is not None or job.allocation or is_gathered(job):
            return None
        demand, later = job.demand[step.plan.group], _not_before(job, step, at)
        return Waiting(
            job.id, job.owner, demand, job.created, job.priority, later, self._reserved.get(job.id)
        )


def _not_before(job: Job, step: Step, at: datetime) -> datetime | None:
    """Return when a step may be tried again; None where nothing is waited for.

    What is left of a pause is more than the whole of it only where a clock was set back; then it is over.
    """
    if step.not_before is None:
        return None
    pause = retry_policy(job.request).pause(label(job.id, step.name, 0), len(step.attempts))
    was_set_back = pause is not None and step.not_before - at > pause
    return None if was_set_back else step.not_before


def ended_usage(used: Mapping[str, float], running: Iterable[Running], at: datetime) -> dict[str, float]:
    """Return what owners have used without what runs now, which the schedule counts itself."""
    found = dict(used)
    for job in running:
        seconds = max(0.0, (at - job.started).total_seconds())
        found[job.owner] = max(0.0, found.get(job.owner, 0.0) - job.cpus * seconds)
    return found


def running_of(jobs: Iterable[Job]) -> list[Running]:
    """Return the jobs that hold resources: each until all steps of its group have had their time."""
    found = []
    for job in jobs:
        step = running_step(job)
        if job.allocation and step is not None and step.attempt is not None:
            group = step.plan.group
            demand, started = job.demand[group], step.attempt.intended
            left = sum(item.plan.group == group and item.state is not StepState.DONE for item in job.steps)
            until = started + timedelta(seconds=demand.seconds * left)
            found.append(Running(job.id, job.owner, demand, job.allocation, started, until))
    return found
