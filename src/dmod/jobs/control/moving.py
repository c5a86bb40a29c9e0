"""What may happen to a job, each as a pure function: a job as it is in, a change out.

None of them asks an executor or a store; the controller does, and `JobStore.apply` refuses a change that was
made from what is no longer so. A job's allocation is taken and given back in the same change as what it is
for, so that totals are always exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.control.naming import step_keys
from dmod.jobs.demand import Allocation
from dmod.jobs.event import Event, EventKind
from dmod.jobs.executor.port import TaskStatus
from dmod.jobs.job import Attempt, Job, Step, Wish, label
from dmod.jobs.retry import RetryPolicy
from dmod.jobs.state import AttemptState, JobState, StepState
from dmod.jobs.store.port import Change

CONTROLLER = "controller"
_UNPREPARED = frozenset({JobState.AWAITING_DATA, JobState.PARTITIONING})


def waiting_state(step: Step) -> JobState:
    """Return the state of a job whose next step has no resources yet."""
    return step.plan.state if step.plan.state in _UNPREPARED else JobState.AWAITING_RESOURCES


def intend(job: Job, allocation: Allocation, at: datetime) -> Change:
    """Give a job resources, if it has none, and intend the next attempt at its next step."""
    step = _next(job)
    demand = job.demand[step.plan.group]
    number = len(step.attempts) + 1
    attempt = Attempt(number, AttemptState.INTENDED, demand.executor, at, allocation=allocation)
    running = replace(
        step.with_attempt(attempt), state=StepState.RUNNING, not_before=None, key=step_keys(job)[step.name]
    )
    moved = job.with_step(running).to(
        step.plan.state, at, allocation=allocation, started=job.started or at, cause=None
    )
    where = ", ".join(f"{share.cpus} CPU on {share.node}" for share in allocation)
    events = [*_state_event(job, moved, at, f"{step.name} begins"), _step_event(moved, running, at, where)]
    return Change(moved, tuple(events))


def note_start(job: Job, status: TaskStatus, at: datetime) -> Change | None:
    """Note that the executor has an attempt; None where that is known."""
    step = running_step(job)
    attempt = step.attempt if step else None
    if step is None or attempt is None or attempt.state is not AttemptState.INTENDED:
        return None
    started = replace(
        attempt, state=AttemptState.STARTED, native_id=status.native_id, started=status.started or at
    )
    return Change(replace(job.with_step(step.with_attempt(started)), updated=at))


def finish(job: Job, result: Mapping[str, Any], status: TaskStatus, at: datetime) -> Change:
    """Note that the attempt under way succeeded; the job goes on, or is completed."""
    step = _running(job)
    done = replace(_ended(step, status, None, at), state=StepState.DONE, result=dict(result))
    return go_on(job, done, at, f"{step.name} is done")


def reuse(job: Job, found: Mapping[str, tuple[str, Mapping[str, Any]]], at: datetime) -> Change:
    """Take the results of steps that were done before with the same inputs.

    Parameters
    ----------
    found : label of the attempt and its result, by the name of the step
    """
    keys = step_keys(job)
    taken = job
    for name, (source, result) in found.items():
        step = replace(
            job.step(name), state=StepState.DONE, result=dict(result), reused=source, key=keys[name]
        )
        taken = taken.with_step(step)
    last = taken.step(list(found)[-1])
    source = last.reused.split(":")[0]
    return go_on(replace(job, steps=taken.steps), last, at, f"the same was done by {source}")


def fail(job: Job, cause: Cause, status: TaskStatus, policy: RetryPolicy, at: datetime) -> Change:
    """Note that the attempt under way did not succeed; it is tried again, or the job is at an end."""
    step = _running(job)
    cause = replace(cause, step=step.name)
    ended = _ended(step, status, cause, at)
    if job.wish is not None:
        return _end(job, replace(ended, state=StepState.CANCELLED), cancelled(job.wish, step.name), at)
    pause = policy.pause(label(job.id, step.name, 0), len(ended.attempts)) if cause.retryable else None
    if pause is None:
        return _end(job, replace(ended, state=StepState.FAILED), cause, at)
    waiting = replace(ended, state=StepState.WAITING, not_before=at + pause)
    moved = job.with_step(waiting).to(waiting_state(waiting), at, allocation=())
    reason = f"attempt {len(ended.attempts)} at {step.name} failed; it is tried again"
    return Change(
        moved, (_step_event(moved, waiting, at, cause.message), *_state_event(job, moved, at, reason, cause))
    )


def refuse(job: Job, cause: Cause, at: datetime) -> Change:
    """End a job that can never go on: no node can give what it needs."""
    step = _next(job)
    return _end(job, replace(step, state=StepState.FAILED), replace(cause, step=step.name), at)


def wish(job: Job, actor: str, reason: str, at: datetime) -> Change:
    """Note that somebody wants a job cancelled; one with nothing under way is so at once."""
    wanted = Wish(actor, reason, at)
    if running_step(job) is None:
        step = job.current
        stopped = replace(step, state=StepState.CANCELLED, not_before=None) if step else None
        return _end(replace(job, wish=wanted), stopped, cancelled(wanted), at, actor)
    text = "is to be cancelled" + (f": {reason}" if reason else "")
    note = Event(job.id, at, EventKind.NOTE, actor, text, {"text": text})
    return Change(replace(job, wish=wanted, updated=at), (note,))


def take_up(job: Job, actor: str, at: datetime) -> Change:
    """Let a job that failed, was cancelled or ran out of time go on from the step where it ended."""
    steps = tuple(
        step
        if step.state is StepState.DONE
        else replace(step, state=StepState.WAITING, not_before=None, result=None)
        for step in job.steps
    )
    moved = replace(job, steps=steps).to(
        JobState.CREATED, at, wish=None, cause=None, ended=None, allocation=()
    )
    name = next(step.name for step in steps if step.state is StepState.WAITING)
    return Change(moved, tuple(_state_event(job, moved, at, f"taken up again from {name}", actor=actor)))


def await_turn(job: Job, at: datetime) -> Change | None:
    """Show what a job waits for, if it does not show that yet."""
    step = job.current
    if step is None or step.state is not StepState.WAITING or job.state is waiting_state(step):
        return None
    moved = job.to(waiting_state(step), at)
    return Change(moved, tuple(_state_event(job, moved, at, f"{step.name} is next")))


def running_step(job: Job) -> Step | None:
    """Return the step that is under way."""
    return next((step for step in job.steps if step.state is StepState.RUNNING), None)


def cancelled(wanted: Wish, step: str = "") -> Cause:
    """Return why a job that somebody wanted cancelled is over."""
    reason = f": {wanted.reason}" if wanted.reason else ""
    return Cause(CauseKind.CANCELLED, f"cancelled by {wanted.actor}{reason}", step=step)


def go_on(job: Job, done: Step, at: datetime, reason: str) -> Change:
    """Return what follows a step that is done: the next one, in what the job has got or without it."""
    moved = job.with_step(done)
    following = moved.current
    told = [_step_event(moved, done, at, "")]
    if job.wish is not None and following is not None:
        stopped = replace(following, state=StepState.CANCELLED)
        return _end(moved, stopped, cancelled(job.wish), at, before=told)
    if following is None:
        over = moved.to(JobState.COMPLETED, at, ended=at, allocation=(), wish=None)
        return Change(over, (*told, *_state_event(job, over, at, "all steps are done")))
    if following.plan.group == done.plan.group and job.allocation:
        # the next attempt is intended in the same transaction: nobody can come in between
        change = intend(moved, job.allocation, at)
        return Change(change.job, (*told, *change.events))
    over = moved.to(waiting_state(following), at, allocation=())
    return Change(over, (*told, *_state_event(job, over, at, reason)))


def _end(
    job: Job,
    step: Step | None,
    cause: Cause,
    at: datetime,
    actor: str = CONTROLLER,
    before: Sequence[Event] = (),
) -> Change:
    kinds = {CauseKind.CANCELLED: JobState.CANCELLED, CauseKind.TIME: JobState.TIMED_OUT}
    state = kinds.get(cause.kind, JobState.FAILED)
    moved = job if step is None else job.with_step(step)
    over = moved.to(state, at, ended=at, allocation=(), cause=cause)
    told = () if step is None else (_step_event(over, step, at, cause.message),)
    return Change(over, (*before, *told, *_state_event(job, over, at, cause.message, cause, actor)))


def _ended(step: Step, status: TaskStatus, cause: Cause | None, at: datetime) -> Step:
    attempt = step.attempt
    assert attempt is not None
    return step.with_attempt(
        replace(
            attempt,
            state=AttemptState.ENDED,
            native_id=status.native_id or attempt.native_id,
            started=attempt.started or status.started,
            ended=status.ended or at,
            cause=cause,
        )
    )


def _next(job: Job) -> Step:
    step = job.current
    assert step is not None
    return step


def _running(job: Job) -> Step:
    step = running_step(job)
    assert step is not None
    return step


def _state_event(
    before: Job, after: Job, at: datetime, reason: str, cause: Cause | None = None, actor: str = CONTROLLER
) -> list[Event]:
    if before.state is after.state:
        return []
    data: dict[str, Any] = {"from": before.state.value, "to": after.state.value}
    if cause is not None:
        data["cause"] = cause.as_json()
    return [Event(after.id, at, EventKind.STATE, actor, reason, data)]


def _step_event(job: Job, step: Step, at: datetime, reason: str) -> Event:
    data: dict[str, Any] = {"step": step.name, "to": step.state.value, "attempt": len(step.attempts)}
    if step.reused:
        data["reused"] = step.reused
    if step.not_before is not None:
        data["retry_at"] = step.not_before.isoformat()
    cause = step.attempt.cause if step.attempt else None
    if cause is not None:
        data["cause"] = cause.as_json()
    return Event(job.id, at, EventKind.STEP, CONTROLLER, reason, data)
