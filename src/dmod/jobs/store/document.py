"""Values of jobs as JSON and back; what has its default is left out, times are whole microseconds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dmod.database.moment import moment, time_of
from dmod.errors import InputError
from dmod.jobs.cause import Cause
from dmod.jobs.demand import Allocation, Share
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Attempt, Step, StepPlan, Wish
from dmod.jobs.state import AttemptState, JobState, StepState

Document = dict[str, Any]


def text_of(value: Any) -> str:
    """Return a value as JSON; it holds ASCII only, so that every database takes it.

    Raises
    ------
    InputError
        it holds what JSON has no form for.
    """
    try:
        return json.dumps(value, separators=(",", ":"), default=_plain)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"this cannot be kept with a job: {error}", hint="keep text, numbers, lists and mappings of them"
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} has no form in JSON")


def step_document(step: Step) -> Document:
    """Return a step, without the inputs of its plan and its result."""
    plan = step.plan
    must = {"name": plan.name, "action": plan.action, "during": plan.state.value, "state": step.state.value}
    return must | _said(
        after=list(plan.after),
        group=plan.group,
        is_reusable=plan.is_reusable,
        finds_identity=plan.finds_identity,
        key=step.key,
        reused=step.reused,
        attempts=[_attempt_document(attempt) for attempt in step.attempts],
        not_before=moment_or_none(step.not_before),
    )


def step_of(
    number: int, document: Document, inputs: Mapping[str, Any], result: Mapping[str, Any] | None
) -> Step:
    """Return what `step_document` wrote, with what it left out."""
    found = document.get
    plan = StepPlan(
        document["name"],
        document["action"],
        JobState(document["during"]),
        inputs,
        tuple(found("after", ())),
        found("group", ""),
        is_reusable=found("is_reusable", False),
        finds_identity=found("finds_identity", False),
    )
    return Step(
        plan,
        number,
        StepState(document["state"]),
        found("key", ""),
        result,
        found("reused", ""),
        tuple(_attempt_of(item) for item in found("attempts", ())),
        time_or_none(found("not_before")),
    )


def _attempt_document(attempt: Attempt) -> Document:
    return _said(
        number=attempt.number,
        state=attempt.state.value,
        executor=attempt.executor,
        intended=moment(attempt.intended),
        native_id=attempt.native_id,
        allocation=allocation_document(attempt.allocation),
        started=moment_or_none(attempt.started),
        ended=moment_or_none(attempt.ended),
        cause=attempt.cause.as_json() if attempt.cause else None,
    )


def _attempt_of(document: Document) -> Attempt:
    found = document.get
    return Attempt(
        document["number"],
        AttemptState(document["state"]),
        found("executor", ""),
        time_of(document["intended"]),
        found("native_id", ""),
        allocation_of(found("allocation", ())),
        time_or_none(found("started")),
        time_or_none(found("ended")),
        cause_or_none(found("cause")),
    )


def allocation_document(allocation: Allocation) -> list[list[Any]]:
    """Return an allocation as lists of node, CPUs and memory."""
    return [[share.node, share.cpus, share.memory] for share in allocation]


def allocation_of(document: Iterable[Sequence[Any]]) -> Allocation:
    """Return what `allocation_document` wrote."""
    return tuple(Share(*item) for item in document)


def wish_document(wish: Wish | None) -> list[Any] | None:
    """Return a wish as a list."""
    return None if wish is None else [wish.actor, wish.reason, moment(wish.at)]


def wish_of(document: Sequence[Any] | None) -> Wish | None:
    """Return what `wish_document` wrote."""
    return None if document is None else Wish(document[0], document[1], time_of(document[2]))


def event_text(event: Event) -> str:
    """Return what an event's columns do not hold, as JSON."""
    return text_of([event.actor, event.reason, event.data])


def event_of(sequence: int, job_id: str, at: int, kind: str, document: str) -> Event:
    """Return an event from its columns and what `event_text` wrote."""
    actor, reason, data = json.loads(document)
    return Event(job_id, time_of(at), EventKind(kind), actor, reason, data, sequence)


def moment_or_none(time: datetime | None) -> int | None:
    """Return a time as microseconds, if there is one."""
    return None if time is None else moment(time)


def time_or_none(microseconds: int | None) -> datetime | None:
    """Return the time of a moment, if there is one."""
    return None if microseconds is None else time_of(microseconds)


def cause_or_none(document: Document | None) -> Cause | None:
    """Return a cause, if there is one."""
    return None if document is None else Cause.of_json(document)


def _said(**found: Any) -> Document:
    """Return what is not empty: whole numbers are always said, since 0 is one."""
    return {name: value for name, value in found.items() if value or type(value) in {int, float}}


def said(document: Document) -> Document:
    """Return a document without what is empty."""
    return _said(**document)
