"""What an executor says of an attempt, and what follows from it: a pure function of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.control.moving import fail, finish, note_start, running_step
from dmod.jobs.executor.port import TaskState, TaskStatus
from dmod.jobs.job import Job
from dmod.jobs.retry import RetryPolicy
from dmod.jobs.state import AttemptState
from dmod.jobs.store.port import Change


@dataclass(frozen=True, slots=True)
class Observed:
    """What follows from a look at an attempt.

    Parameters
    ----------
    change : of the job
    submit : whether the executor has to be asked (again) to run it
    """

    change: Change | None = None
    submit: bool = False


def observe(job: Job, status: TaskStatus, policy: RetryPolicy, at: datetime) -> Observed:
    """Return what follows for a job from what is known of its attempt under way.

    An attempt that was only intended may never have reached the executor: it is submitted, which starts
    nothing twice. One that was seen to run and is unknown now has been lost, whatever became of it.
    """
    step = running_step(job)
    attempt = step.attempt if step else None
    if attempt is None:
        return Observed()
    match status.state:
        case TaskState.UNKNOWN if attempt.state is AttemptState.INTENDED:
            return Observed(submit=True)
        case TaskState.UNKNOWN:
            cause = Cause(
                CauseKind.LOST,
                f"the {attempt.executor} executor knows nothing of {status.label} any more",
                hint="it is tried again",
                retryable=True,
            )
            return Observed(fail(job, cause, status, policy, at))
        case TaskState.LOST:
            cause = status.cause or Cause(
                CauseKind.LOST, f"the worker of {status.label} was not heard of any more", retryable=True
            )
            return Observed(fail(job, cause, status, policy, at))
        case TaskState.ENDED if status.is_success:
            assert status.result is not None
            return Observed(finish(job, status.result, status, at))
        case TaskState.ENDED:
            cause = status.cause or Cause(CauseKind.INTERNAL, f"{status.label} ended and does not say how")
            return Observed(fail(job, cause, status, policy, at))
        case TaskState.RUNNING:
            return Observed(note_start(job, status, at))
        case TaskState.PENDING | TaskState.STALE:
            return Observed()


def report_of(status: TaskStatus) -> dict[str, Any]:
    """Return what is told of an attempt that is under way: progress, use of resources, last sign of life."""
    found: dict[str, Any] = {"state": status.state.value, "native_id": status.native_id}
    if status.heartbeat is not None:
        found["heartbeat"] = status.heartbeat.isoformat()
    if status.progress is not None:
        found["progress"] = {"text": status.progress.text, "done": status.progress.done}
    if status.usage is not None:
        use = status.usage
        found["usage"] = {
            "cpu": round(use.cpu, 2), "memory": use.memory, "peak": use.peak, "read": use.read,
            "written": use.written, "at": use.at.isoformat(),
        }  # fmt: skip
    return found
