"""Jobs that wait and jobs that run, as the schedule sees them, and the order of those that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dmod.core.quantity import format_duration
from dmod.jobs.demand import Allocation, Demand
from dmod.jobs.schedule.policy import Policy

SECOND = timedelta(seconds=1)
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that waits for resources.

    Parameters
    ----------
    priority : 0 to 100, as it was asked for
    since : when it began to wait, from which it ages; for a job that comes back, when it first did
    not_before : when it may be tried again
    reserved : since when room has been reserved for it, as the last decision said
    """

    id: str
    owner: str
    demand: Demand
    since: datetime
    priority: int = 50
    not_before: datetime | None = None
    reserved: datetime | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A job that holds resources.

    Parameters
    ----------
    allocation : what it holds
    started : when it got that
    until : by when it gives that back; the demand's time after its start where None
    """

    id: str
    owner: str
    demand: Demand
    allocation: Allocation
    started: datetime
    until: datetime | None = None

    @property
    def ends(self) -> datetime:
        """Return by when it gives back what it holds."""
        return self.until or self.started + timedelta(seconds=self.demand.seconds)

    @property
    def cpus(self) -> int:
        """Return how many CPUs it holds."""
        return sum(share.cpus for share in self.allocation)


@dataclass(frozen=True, slots=True)
class Priority:
    """How the priority of a waiting job came about.

    Parameters
    ----------
    base : as it was asked for, 0 to 100
    age : points for the time that it has waited
    share : points for what its owner has not used
    waited : [s]
    used : what its owner has used lately, as a multiple of the mean of the users who are there
    """

    base: int
    age: float
    share: float
    waited: float
    used: float

    @property
    def total(self) -> float:
        """Return the sum of its parts."""
        return self.base + self.age + self.share

    def __str__(self) -> str:
        return (
            f"priority {self.total:.1f}: {self.base} asked for, {self.age:.1f} for waiting"
            f" {format_duration(self.waited)}, {self.share:.1f} for the owner's share"
            f" (used {self.used:.2g} times the mean lately)"
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """What the priorities of all jobs depend on at one moment.

    Parameters
    ----------
    used : what each owner who is there has used lately, as a multiple of the mean of them all
    """

    policy: Policy
    used: Mapping[str, float]
    at: datetime

    def priority(self, job: Waiting) -> Priority:
        """Return the priority of a job, and how it came about."""
        waited, used = self._waited(job), self.used[job.owner]
        return Priority(job.priority, waited * self.policy.ageing / HOUR, self._share(used), waited, used)

    def order(self, queue: Sequence[Waiting]) -> list[Waiting]:
        """Return jobs by priority, the next one first; equal ones by time of waiting, then by id.

        All age alike, so the order of two jobs changes only when their owners' shares do.
        """
        share = {owner: self._share(used) for owner, used in self.used.items()}
        at, rate = self.at, self.policy.ageing / HOUR
        keyed = [
            (
                -(job.priority + share[job.owner] + max((at - job.since) / SECOND, 0.0) * rate),
                job.since,
                job.id,
                i,
            )
            for i, job in enumerate(queue)
        ]
        keyed.sort()
        return [queue[i] for _, _, _, i in keyed]

    def _waited(self, job: Waiting) -> float:
        return max((self.at - job.since) / SECOND, 0.0)

    def _share(self, used: float) -> float:
        return self.policy.share / (1.0 + used)


def relative_usage(
    queue: Sequence[Waiting], running: Sequence[Running], usage: Mapping[str, float], at: datetime
) -> dict[str, float]:
    """Return what each owner who is there has used lately, as a multiple of the mean of them all.

    Parameters
    ----------
    usage : CPU seconds, without what runs now; that is added here
    """
    owners = {job.owner for job in queue} | {job.owner for job in running}
    held = dict.fromkeys(owners, timedelta(0))  # whole microseconds: any order gives the same sum
    for job in running:
        held[job.owner] += job.cpus * max(at - job.started, timedelta(0))
    found = {owner: usage.get(owner, 0.0) + held[owner] / SECOND for owner in sorted(owners)}
    mean = sum(found.values()) / len(found) if found else 0.0
    return {owner: seconds / mean if mean > 0.0 else 1.0 for owner, seconds in found.items()}
