"""What runs where just now: nodes with what is taken of them, and attempts with what they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dmod.jobs.control.moving import running_step
from dmod.jobs.demand import Node, Share, used
from dmod.jobs.job import Attempt, Job, Step, label
from dmod.jobs.store.port import JobStore


@dataclass(frozen=True, slots=True)
class Tenant:
    """What a job has of a node."""

    job: Job
    share: Share


@dataclass(frozen=True, slots=True)
class NodeUse:
    """A node, and who has what of it.

    Parameters
    ----------
    cpus, memory : that are taken, by whomever [1, bytes]
    tenants : those whom somebody may see
    """

    node: Node
    cpus: int
    memory: int
    tenants: tuple[Tenant, ...]


@dataclass(frozen=True, slots=True)
class RunningAttempt:
    """An attempt under way.

    Parameters
    ----------
    report : what is known of it just now: progress, use of resources, last sign of life
    """

    job: Job
    step: Step
    attempt: Attempt
    report: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Return what identifies it."""
        return label(self.job.id, self.step.name, self.attempt.number)


def use_of_nodes(store: JobStore, is_visible: Callable[[Job], bool]) -> list[NodeUse]:
    """Return all nodes with what is taken of them."""
    holding = [job for job in store.active() if job.allocation]
    taken = used(job.allocation for job in holding)
    tenants: dict[str, list[Tenant]] = {}
    for job in holding:
        if is_visible(job):
            for share in job.allocation:
                tenants.setdefault(share.node, []).append(Tenant(job, share))
    return [
        NodeUse(node, *taken.get(node.name, (0, 0)), tuple(tenants.get(node.name, ())))
        for node in store.nodes()
    ]


def running_attempts(store: JobStore, is_visible: Callable[[Job], bool]) -> list[RunningAttempt]:
    """Return the attempts under way, the longest running first."""
    reports = store.reports()
    found = []
    for job in store.active():
        step = running_step(job)
        if step is None or step.attempt is None or not is_visible(job):
            continue
        name = label(job.id, step.name, step.attempt.number)
        found.append(RunningAttempt(job, step, step.attempt, reports.get(name, {})))
    return sorted(found, key=lambda item: (item.attempt.started or item.attempt.intended, item.job.id))
