"""A job as a server describes it: what both clients' jobs have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.state import JobState, StepState

_FIELDS = frozenset(Cause.__slots__)


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step of a job as a server describes it.

    Parameters
    ----------
    attempts : how often it was tried
    reused : what its result was taken from; "" where it ran itself
    """

    name: str
    state: StepState
    attempts: int = 0
    reused: str = ""
    started: datetime | None = None
    ended: datetime | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> StepRecord:
        """Return the step that a document describes."""
        attempts = document.get("attempts") or ()
        last: Mapping[str, Any] = attempts[-1] if attempts else {}
        first: Mapping[str, Any] = attempts[0] if attempts else {}
        return cls(
            str(document["name"]),
            StepState(document["state"]),
            len(attempts),
            str(document.get("reused") or ""),
            time_or_none(first.get("started")),
            time_or_none(last.get("ended")),
        )


class JobRecord:
    """A job as a server described it when it was last asked.

    Parameters
    ----------
    document : as the server wrote it; keys that this version does not know are in it too
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    @property
    def id(self) -> str:
        """Return its id."""
        return str(self.document["id"])

    @property
    def kind(self) -> str:
        """Return what it is for, such as ``run``."""
        return str(self.document.get("kind", ""))

    @property
    def name(self) -> str:
        """Return the name that people gave it."""
        return str(self.document.get("name") or "")

    @property
    def owner(self) -> str:
        """Return whose it is."""
        return str(self.document.get("owner") or "")

    @property
    def labels(self) -> dict[str, str]:
        """Return its labels."""
        return dict(self.document.get("labels") or {})

    @property
    def request(self) -> dict[str, Any]:
        """Return what was asked for, normalised; empty in lists."""
        return dict(self.document.get("request") or {})

    @property
    def state(self) -> JobState:
        """Return how far it is."""
        return JobState(self.document["state"])

    @property
    def is_over(self) -> bool:
        """Whether it is at an end."""
        return self.state.is_end

    @property
    def steps(self) -> list[StepRecord]:
        """Return its steps, in the order in which they run."""
        return [StepRecord.of(step) for step in self.document.get("steps") or ()]

    @property
    def progress(self) -> float:
        """Return which share of its steps is done, 0 to 1; `follow` tells how far each is."""
        total = self.document.get("steps_total") or 0
        return float(self.document.get("steps_done", 0)) / total if total else 0.0

    @property
    def cause(self) -> Cause | None:
        """Return why it failed, or was cancelled."""
        return cause_of(self.document.get("cause"))

    @property
    def created(self) -> datetime | None:
        """Return when it was submitted."""
        return time_or_none(self.document.get("created"))

    @property
    def started(self) -> datetime | None:
        """Return when its first step began."""
        return time_or_none(self.document.get("started"))

    @property
    def ended(self) -> datetime | None:
        """Return when it came to its end."""
        return time_or_none(self.document.get("ended"))

    @property
    def seconds(self) -> float | None:
        """Return how long it has run, or ran [s]; None where it has not begun."""
        if self.started is None:
            return None
        return ((self.ended or datetime.now(UTC)) - self.started).total_seconds()

    def telling_step(self) -> str | None:
        """Return the step whose log tells most: what failed, else what is under way, else the last."""
        steps = self.steps
        if self.cause is not None and self.cause.step:
            return self.cause.step
        for state in (StepState.FAILED, StepState.RUNNING):
            for step in steps:
                if step.state is state:
                    return step.name
        ran = [step.name for step in steps if step.attempts]
        return ran[-1] if ran else (steps[0].name if steps else None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobRecord) and other.document == self.document

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        named = f" {self.name!r}" if self.name else ""
        return f"<{type(self).__name__} {self.id}{named}: {self.state.words}, {self.progress:.0%}>"

    def _repr_html_(self) -> str:
        from dmod.client.notebook import job_html

        return job_html(self)


def cause_of(document: Mapping[str, Any] | None) -> Cause | None:
    """Return a cause; what this version does not know of it is left out."""
    if not document:
        return None
    known = {name: value for name, value in document.items() if name in _FIELDS and value is not None}
    kinds = {kind.value for kind in CauseKind}
    kind = CauseKind(known["kind"]) if known.get("kind") in kinds else CauseKind.INTERNAL
    return Cause(**{"message": "", **known, "kind": kind})


def time_or_none(text: object) -> datetime | None:
    """Return a time as the server writes it."""
    return time_of(str(text)) if text else None


def time_of(text: str) -> datetime:
    """Return a time as the server writes it, aware."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def records(documents: Sequence[Mapping[str, Any]]) -> list[JobRecord]:
    """Return jobs as a server describes them."""
    return [JobRecord(document) for document in documents]
