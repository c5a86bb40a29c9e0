"""A job, its steps and the attempts at them: frozen values; `dmod.jobs.store` keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from dmod.errors import IllegalTransition
from dmod.jobs.cause import Cause
from dmod.jobs.demand import Allocation, Demand
from dmod.jobs.state import TRANSITIONS, AttemptState, JobState, StepState


class JobKind(StrEnum):
    """What a job is for."""

    RUN = "run"
    EVALUATION = "evaluation"
    CALIBRATION = "calibration"
    ENSEMBLE = "ensemble"
    PREPARATION = "preparation"
    PART = "part"
    """computes some of the catchments of a run that was divided"""
    PROBE = "probe"
    """does nothing useful, to try a server"""


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step of a job as it was planned.

    Parameters
    ----------
    name : unique in its job
    action : what is done, by the name under which it is registered
    state : of the job while the step is under way
    inputs : what the action is told, JSON; what earlier steps found is added when it starts
    after : steps that must be done before
    group : steps of one group run one after the other in one allocation
    is_reusable : whether what an earlier job's step of the same key found may be taken
    finds_identity : whether what follows is named by what it finds, and cannot be named before
    """

    name: str
    action: str
    state: JobState
    inputs: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    group: str = ""
    is_reusable: bool = False
    finds_identity: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a step.

    Parameters
    ----------
    number : from 1 in each step
    native_id : of the executor, once it has one
    allocation : where it runs
    started, ended : as the controller saw it
    cause : why it did not succeed
    """

    number: int
    state: AttemptState
    executor: str
    intended: datetime
    native_id: str = ""
    allocation: Allocation = ()
    started: datetime | None = None
    ended: datetime | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job.

    Parameters
    ----------
    number : place among the steps of its job, from 0
    key : hash of what goes in, once that is known
    result : what it found, JSON
    reused : label of the earlier attempt whose result it took; "" where it ran itself
    attempts : the earliest first
    not_before : when it may be tried again
    """

    plan: StepPlan
    number: int
    state: StepState = StepState.WAITING
    key: str = ""
    result: Mapping[str, Any] | None = None
    reused: str = ""
    attempts: tuple[Attempt, ...] = ()
    not_before: datetime | None = None

    @property
    def name(self) -> str:
        """Return its name."""
        return self.plan.name

    @property
    def attempt(self) -> Attempt | None:
        """Return the latest attempt."""
        return self.attempts[-1] if self.attempts else None

    def with_attempt(self, attempt: Attempt) -> Step:
        """Return it with an attempt that is new, or in the place of the latest one of the same number."""
        kept = self.attempts
        if kept and kept[-1].number == attempt.number:
            kept = kept[:-1]
        return replace(self, attempts=(*kept, attempt))


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a job that is under way: that it be cancelled."""

    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Parameters
    ----------
    id : unique, and in the order of creation when sorted as text
    request : the document, normalised
    digest : of what the request asks for, without what does not change the result
    priority : 0 to 100, more is sooner
    idempotency_key : chosen by who submits; unique with the owner
    revision : how often it was changed; a change names the one that it was made from
    steps : in the order in which they run
    allocation : what it has got of the nodes, for the steps of one group
    demand : of the groups of its steps, by name
    cause : why it failed, or was cancelled
    answered_by : id of the earlier job whose results it was answered with
    wish : to cancel it
    shared_with : who else may see it; ``*`` is everybody
    is_confined : whether it may read only data of its owner and what everybody may read
    """

    id: str
    kind: JobKind
    owner: str
    request: Mapping[str, Any]
    digest: str
    created: datetime
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    priority: int = 50
    idempotency_key: str = ""
    state: JobState = JobState.CREATED
    revision: int = 0
    updated: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    demand: Mapping[str, Demand] = field(default_factory=dict)
    allocation: Allocation = ()
    steps: tuple[Step, ...] = ()
    cause: Cause | None = None
    answered_by: str = ""
    wish: Wish | None = None
    shared_with: tuple[str, ...] = ()
    is_confined: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it is at an end."""
        return self.state.is_end

    @property
    def current(self) -> Step | None:
        """Return the first step that is not done."""
        return next((step for step in self.steps if step.state is not StepState.DONE), None)

    @property
    def results(self) -> dict[str, Mapping[str, Any]]:
        """Return what its steps found, by their names."""
        return {step.name: step.result for step in self.steps if step.result is not None}

    @property
    def found(self) -> dict[str, Any]:
        """Return what its steps found together; what one makes ready for others of the job is no result."""
        needed = {name for step in self.steps for name in step.plan.after}
        found: dict[str, Any] = {}
        for step in self.steps:
            if step.result is not None and not (step.plan.finds_identity and step.name in needed):
                found.update({name: value for name, value in step.result.items() if value is not None})
        return found

    def step(self, name: str) -> Step:
        """Return a step by name."""
        return next(step for step in self.steps if step.name == name)

    def to(self, state: JobState, at: datetime, **changes: Any) -> Job:
        """Return it in another state.

        Raises
        ------
        IllegalTransition
            that state does not follow its own.
        """
        if state is self.state:
            return replace(self, updated=at, **changes)
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(
                f"job {self.id} is {self.state.words} and cannot become {state.words}",
                hint="it can become " + (", ".join(sorted(TRANSITIONS[self.state])) or "nothing else"),
            )
        return replace(self, state=state, updated=at, **changes)

    def with_step(self, step: Step) -> Job:
        """Return it with a step in the place of that of the same number."""
        return replace(self, steps=tuple(step if item.number == step.number else item for item in self.steps))


def label(job_id: str, step: str, attempt: int) -> str:
    """Return what identifies an attempt everywhere: ``job:step:attempt``; an engine's own id does not."""
    return f"{job_id}:{step}:{attempt}"


def label_executor(job: Job, name: str) -> str:
    """Return the executor of an attempt of a job, by the attempt's label; ``local`` where it has none."""
    _, step, number = name.split(":")
    for item in job.steps:
        for attempt in item.attempts if item.name == step else ():
            if attempt.number == int(number):
                return attempt.executor
    return "local"
