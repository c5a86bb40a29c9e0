"""Jobs as they are shown: the form of answers, and how it is filled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.demand import Allocation, Demand, Paradigm
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Attempt, Job, JobKind, Step, label
from dmod.jobs.state import AttemptState, JobState, StepState
from dmod.services.jobs.service import Planned


class CauseShown(BaseModel):
    """Why something ended as it did."""

    kind: CauseKind
    message: str
    hint: str
    retryable: bool = Field(description="whether the same may succeed later")
    exit_code: int | None
    signal: str = Field(examples=["SIGKILL"])
    step: str

    @classmethod
    def of(cls, cause: Cause) -> CauseShown:
        """Return a cause as it is shown."""
        return cls(**{name: getattr(cause, name) for name in cls.model_fields})


class ShareShown(BaseModel):
    """What a job has of one node."""

    node: str
    cpus: int
    memory: int = Field(description="bytes")


class DemandShown(BaseModel):
    """What a group of steps needs."""

    cpus: int
    memory: int = Field(description="bytes")
    seconds: float
    paradigm: Paradigm
    executor: str

    @classmethod
    def of(cls, demand: Demand) -> DemandShown:
        """Return a demand as it is shown."""
        return cls(**demand.as_json())


class AttemptShown(BaseModel):
    """One try at a step."""

    number: int
    label: str = Field(examples=["1kqg8d3m0x4v7tza:run:1"])
    state: AttemptState
    executor: str
    native_id: str
    allocation: list[ShareShown]
    intended: datetime
    started: datetime | None
    ended: datetime | None
    cause: CauseShown | None


class StepShown(BaseModel):
    """One step of a job."""

    name: str
    action: str
    group: str
    after: list[str]
    state: StepState
    key: str = Field(description="hash of what goes in, once that is known")
    reused: str = Field(description="whose result it took; empty where it ran itself")
    not_before: datetime | None = Field(description="when it may be tried again")
    attempts: list[AttemptShown]
    result: dict[str, Any] | None


class JobSummary(BaseModel):
    """A job in a list."""

    id: str = Field(examples=["1kqg8d3m0x4v7tza"])
    kind: JobKind
    owner: str = Field(examples=["anna"])
    name: str
    labels: dict[str, str]
    priority: int
    state: JobState
    revision: int = Field(description="grows with every change")
    created: datetime
    updated: datetime | None
    started: datetime | None
    ended: datetime | None
    step: str | None = Field(description="the first that is not done")
    steps_done: int
    steps_total: int
    cause: CauseShown | None
    answered_by: str = Field(description="the earlier job whose results it has")
    is_being_cancelled: bool
    shared_with: list[str]


class JobShown(JobSummary):
    """A job with all that is known of it."""

    request: dict[str, Any]
    digest: str
    demand: dict[str, DemandShown]
    allocation: list[ShareShown]
    steps: list[StepShown]
    links: dict[str, str]


class JobPage(BaseModel):
    """One page of a list of jobs."""

    jobs: list[JobSummary]
    next: str | None = Field(description="address of the next page")


class EventShown(BaseModel):
    """Something that happened to a job."""

    sequence: int = Field(description="grows with every event of all jobs")
    job: str
    at: datetime
    kind: EventKind
    actor: str
    reason: str
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> EventShown:
        """Return an event as it is shown."""
        values = {name: getattr(event, name) for name in cls.model_fields if name != "data"}
        return cls(**values, data=dict(event.data))


class StepPlanned(BaseModel):
    """A step that would be done."""

    name: str
    action: str
    group: str
    after: list[str]
    state: JobState = Field(description="of the job meanwhile")


class EstimateShown(BaseModel):
    """What a request will need."""

    memory: int = Field(description="bytes, while it computes")
    seconds: float = Field(description="of one CPU, while it computes")
    preparing: int = Field(description="bytes, while data are made ready")
    catchments: int
    hours: int


class FindingShown(BaseModel):
    """One thing that is wrong with a request, or speaks against it."""

    field: str = Field(
        description="JSON pointer into the request; empty: the whole", examples=["/period/end"]
    )
    message: str
    given: str = Field(description="what the request says there")
    allowed: list[str] = Field(description="what it could say there; empty where that is not a list")
    hint: str


class PlanShown(BaseModel):
    """What would become of a request."""

    request: dict[str, Any] = Field(description="normalised: what is at its default is left out")
    digest: str
    steps: list[StepPlanned]
    demand: dict[str, DemandShown] = Field(description="of each group of steps")
    estimate: EstimateShown
    refusal: CauseShown | None = Field(description="why it would be refused")
    findings: list[FindingShown] = Field(description="what is wrong with the request, by field")
    cautions: list[FindingShown] = Field(description="what speaks against it, and is taken on all the same")
    answered_by: str | None = Field(description="the finished job whose results it would get at once")


def summary_of(job: Job) -> dict[str, Any]:
    """Return the values of a `JobSummary`."""
    current = job.current
    return {
        **{name: getattr(job, name) for name in _PLAIN},
        "labels": dict(job.labels),
        "step": None if current is None else current.name,
        "steps_done": sum(step.state is StepState.DONE for step in job.steps),
        "steps_total": len(job.steps),
        "cause": None if job.cause is None else CauseShown.of(job.cause),
        "is_being_cancelled": job.wish is not None and not job.is_over,
        "shared_with": list(job.shared_with),
    }


_PLAIN = (
    "id", "kind", "owner", "name", "priority", "state", "revision", "created", "updated", "started", "ended",
    "answered_by",
)  # fmt: skip
PARTS = ("history", "events", "why", "results", "cancel", "retry", "sharing")


def job_of(job: Job) -> JobShown:
    """Return a job with all that is known of it."""
    here = f"/v1/jobs/{job.id}"
    return JobShown(
        **summary_of(job),
        request=dict(job.request),
        digest=job.digest,
        demand={name: DemandShown.of(demand) for name, demand in job.demand.items()},
        allocation=shares_of(job.allocation),
        steps=[_step(job, step) for step in job.steps],
        links={"self": here, **{part: f"{here}/{part}" for part in PARTS}},
    )


def plan_of(planned: Planned, answered_by: str | None) -> PlanShown:
    """Return what would become of a request as it is shown."""
    estimated = planned.estimated
    return PlanShown(
        request=dict(planned.request),
        digest=planned.digest,
        steps=[
            StepPlanned(
                name=step.name, action=step.plan.action, group=step.plan.group,
                after=list(step.plan.after), state=step.plan.state,
            )
            for step in planned.steps
        ],
        demand={name: DemandShown.of(demand) for name, demand in planned.demand.items()},
        estimate=EstimateShown(**{name: getattr(estimated, name) for name in EstimateShown.model_fields}),
        refusal=None if planned.refusal is None else CauseShown.of(planned.refusal),
        findings=[FindingShown(**finding.as_json()) for finding in planned.findings],
        cautions=[FindingShown(**finding.as_json()) for finding in planned.cautions],
        answered_by=answered_by,
    )  # fmt: skip


def shares_of(allocation: Allocation) -> list[ShareShown]:
    """Return shares of nodes as they are shown."""
    return [ShareShown(node=item.node, cpus=item.cpus, memory=item.memory) for item in allocation]


def attempt_of(job: Job, step: Step, attempt: Attempt) -> AttemptShown:
    """Return an attempt as it is shown."""
    return AttemptShown(
        number=attempt.number,
        label=label(job.id, step.name, attempt.number),
        state=attempt.state,
        executor=attempt.executor,
        native_id=attempt.native_id,
        allocation=shares_of(attempt.allocation),
        intended=attempt.intended,
        started=attempt.started,
        ended=attempt.ended,
        cause=None if attempt.cause is None else CauseShown.of(attempt.cause),
    )


def _step(job: Job, step: Step) -> StepShown:
    return StepShown(
        name=step.name,
        action=step.plan.action,
        group=step.plan.group,
        after=list(step.plan.after),
        state=step.state,
        key=step.key,
        reused=step.reused,
        not_before=step.not_before,
        attempts=[attempt_of(job, step, attempt) for attempt in step.attempts],
        result=None if step.result is None else dict(step.result),
    )
