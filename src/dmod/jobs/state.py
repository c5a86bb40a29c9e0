"""The states of a job and of its steps, and which may follow which.

    created → awaiting data → partitioning → awaiting resources → staging
            → running → collecting → evaluating → completed

A job that has no part of some kind passes over its state. Each state that is not an end can go over into
failed, cancelled or timed out. A job that failed may be taken up again from the step that failed.
"""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """How far a job is."""

    CREATED = "created"
    AWAITING_DATA = "awaiting-data"
    PARTITIONING = "partitioning"
    AWAITING_RESOURCES = "awaiting-resources"
    STAGING = "staging"
    RUNNING = "running"
    COLLECTING = "collecting"
    EVALUATING = "evaluating"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed-out"

    @property
    def is_end(self) -> bool:
        """Whether nothing happens any more unless somebody asks for it."""
        return self in ENDS

    @property
    def words(self) -> str:
        """Return the name as people read it."""
        return self.value.replace("-", " ")


ENDS = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.TIMED_OUT})
WORKING = (
    JobState.AWAITING_DATA,
    JobState.PARTITIONING,
    JobState.STAGING,
    JobState.RUNNING,
    JobState.COLLECTING,
    JobState.EVALUATING,
)
"""States in which a step is under way, or is about to be, in the order in which a job passes them."""

_MOVING = frozenset({JobState.AWAITING_RESOURCES, *WORKING})

TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.CREATED: _MOVING | ENDS,
    # a step that is tried again elsewhere waits for resources again
    **{state: (_MOVING - {state}) | ENDS for state in _MOVING},
    JobState.COMPLETED: frozenset(),
    # taken up again by somebody
    JobState.FAILED: frozenset({JobState.CREATED}),
    JobState.CANCELLED: frozenset({JobState.CREATED}),
    JobState.TIMED_OUT: frozenset({JobState.CREATED}),
}
"""Which states may follow each."""


class StepState(StrEnum):
    """How far a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether it is over."""
        return self in {StepState.DONE, StepState.FAILED, StepState.CANCELLED}


class AttemptState(StrEnum):
    """How far an attempt at a step is.

    *Intended* is written before the executor is asked, so that a controller that dies in between finds out
    afterwards whether it was.
    """

    INTENDED = "intended"
    STARTED = "started"
    ENDED = "ended"
