"""Jobs that other jobs are made of: runs of an ensemble, which differ in what is named; parts of a run."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dmod.errors import IllegalTransition, InputError
from dmod.jobs.control.gathering import LABEL
from dmod.jobs.job import Job, JobKind
from dmod.jobs.state import JobState
from dmod.jobs.store.port import JobQuery, JobStore
from dmod.services.jobs.planning import PARTS
from dmod.services.jobs.service import JobService

INHERITED = ("priority", "executor", "resources", "retry", "fresh")
"""What members have from the ensemble, unless the base says otherwise."""


def member_request(ensemble: Mapping[str, Any], member: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request of one member.

    Parameters
    ----------
    ensemble : its request, normalised
    member : ``name``, and ``changes``: values by their place in the base, ``period.start``

    Raises
    ------
    InputError
        a place leads through something that has no parts.
    """
    request: dict[str, Any] = copy.deepcopy(dict(ensemble["base"]))
    for key in INHERITED:
        if key in ensemble:
            request.setdefault(key, ensemble[key])
    for place, value in member["changes"].items():
        *way, last = place.split(".")
        part: Any = request
        for name in way:
            part = part.setdefault(name, {}) if isinstance(part, dict) else None
        if not isinstance(part, dict):
            raise InputError(
                f"member {member['name']}: {place} leads through something that has no parts",
                hint="name a key of a mapping: period.start, parameters.store",
            )
        part[last] = value
    request["name"] = f"{ensemble.get('name') or 'ensemble'} {member['name']}"[:100]
    return request


def members_of(job: Job) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield names and requests of the members of a job."""
    if job.kind is not JobKind.RUN:
        yield from ((item["name"], member_request(job.request, item)) for item in job.request["members"])
        return
    demand = job.demand[PARTS]
    resources = {"cpus": demand.cpus, "memory": demand.memory, "time": demand.seconds}
    inherited = {key: job.request[key] for key in ("retry",) if key in job.request}
    image = job.step("run").plan.inputs.get("image")
    inherited |= {"image": image} if image else {}
    for number in range(job.step(PARTS).plan.inputs["count"]):
        request = {
            "kind": "part", "parent": job.id, "part": number, "executor": demand.executor,
            "resources": resources, "priority": job.priority, **inherited,
        }  # fmt: skip
        yield f"part-{number}", {**request, "name": f"{job.name or job.id} part {number}"[:100]}


def submitted_members(store: JobStore, job: Job) -> dict[str, str]:
    """Return name → id of the members of an ensemble that were submitted; nothing of another job."""
    if job.kind is not JobKind.ENSEMBLE:
        return {}
    found = _listed(store, JobQuery(labels=((LABEL, job.id),), limit=500))
    ids = {one.labels.get("member", ""): one.id for one in found}
    names = (str(member["name"]) for member in job.request["members"])
    return {name: ids[name] for name in names if name in ids}


def _listed(store: JobStore, query: JobQuery) -> Iterator[Job]:
    """Yield all jobs of a query, page by page."""
    while True:
        page = store.list(query)
        yield from page.jobs
        if not page.next:
            return
        query = replace(query, after=page.next)


@dataclass(frozen=True, slots=True)
class SubmittedMembers:
    """Submits, counts and cancels members."""

    service: JobService
    store: JobStore

    def submit(self, job: Job) -> None:
        """Submit all members that were not submitted yet."""
        for name, request in members_of(job):
            labels = {**job.labels, **request.get("labels", {}), LABEL: job.id, "member": name}
            self.service.submit(
                {**request, "labels": labels},
                job.owner,
                idempotency_key=f"{job.id}/{name}",
                is_confined=job.is_confined,
                is_own=True,
            )
        for state in (JobState.FAILED, JobState.TIMED_OUT, JobState.CANCELLED):
            for left in self._members(job, state):  # of an ensemble that is taken up again
                self.service.retry(left.id, job.owner)

    def cancel(self, job: Job) -> None:
        """Let all members end."""
        for state in JobState:
            for member in () if state.is_end else self._members(job, state):
                try:
                    self.service.cancel(member.id, job.owner, f"with {job.id}")
                except IllegalTransition:
                    continue  # it has ended meanwhile

    def count(self, job: Job) -> Mapping[JobState, int]:
        """Return how many members are in each state."""
        return self.store.count(JobQuery(labels=((LABEL, job.id),)))

    def _members(self, job: Job, state: JobState) -> list[Job]:
        query = JobQuery(labels=((LABEL, job.id),), states=frozenset({state}), limit=500)
        return list(_listed(self.store, query))
