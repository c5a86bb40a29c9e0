"""Jobs as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dmod.cli.jobs.table import moment, table_lines

if TYPE_CHECKING:
    from dmod.client.record import JobRecord, StepRecord
    from dmod.jobs.cause import Cause
    from dmod.jobs.event import Event

TAIL = 20
"""Lines of the log of a step that failed."""


def job_lines(jobs: Sequence[JobRecord], width: int | None = None) -> list[str]:
    """Return a table of jobs."""
    heads = ("job", "state", "step", "done", "kind", "name", "owner", "submitted", "took", "labels")
    rows = [
        (
            job.id,
            job.state.words,
            "" if job.is_over else str(job.document.get("step") or ""),
            _done(job),
            job.kind,
            job.name,
            job.owner,
            moment(job.created),
            _length(job.seconds),
            " ".join(f"{name}={value}" for name, value in job.labels.items()),
        )
        for job in jobs
    ]
    return table_lines(heads, rows, right={"done", "took"}, cut="labels", width=width)


def detail_lines(job: JobRecord) -> Iterator[str]:
    """Yield all that is known of a job."""
    document = job.document
    facts = [
        ("job", job.id),
        ("name", job.name),
        ("kind", job.kind),
        ("state", job.state.words + (" (is being cancelled)" if document.get("is_being_cancelled") else "")),
        ("owner", job.owner),
        ("shared with", ", ".join(document.get("shared_with") or ())),
        ("labels", " ".join(f"{name}={value}" for name, value in job.labels.items())),
        ("submitted", moment(job.created)),
        ("started", moment(job.started)),
        ("ended", moment(job.ended)),
        ("took", _length(job.seconds)),
        ("runs on", shares_text(document.get("allocation") or ())),
        ("answered by", str(document.get("answered_by") or "")),
    ]
    yield from (f"{name:<12}  {text}" for name, text in facts if text)
    if job.steps:
        yield ""
        yield from step_lines(job.steps)
    if job.cause is not None:
        yield ""
        yield from cause_lines(job.cause)


def step_lines(steps: Sequence[StepRecord]) -> list[str]:
    """Return a table of steps."""
    rows = []
    for step in steps:
        length = ""
        if step.started is not None and step.ended is not None:
            length = _length((step.ended - step.started).total_seconds())
        said = f"result of {step.reused}" if step.reused else ""
        rows.append((step.name, step.state.value, str(step.attempts or ""), length, said))
    return table_lines(("step", "state", "attempts", "took", ""), rows, right={"attempts", "took"})


def first_line(text: str) -> str:
    """Return the first line of a text, with … where there are more."""
    first, _, more = text.partition("\n")
    return f"{first} …" if more else first


def cause_lines(cause: Cause) -> list[str]:
    """Return why a job ended, and what to do."""
    where = f"step {cause.step}: " if cause.step else ""
    ended = (
        []
        if cause.exit_code is None or f"code {cause.exit_code}" in cause.message
        else [f"exit code {cause.exit_code}"]
    )
    ended += [cause.signal] if cause.signal and cause.signal not in cause.message else []
    how = f" ({', '.join(ended)})" if ended else ""
    return [f"{where}{cause.message}{how}", *([f"  hint: {cause.hint}"] if cause.hint else [])]


def event_line(event: Event) -> str:
    """Return what happened as a line."""
    return f"{event.at:%Y-%m-%d %H:%M:%S}  {said_of(event)}"


def said_of(event: Event) -> str:
    """Return what happened, without when."""
    data = event.data
    parts = [_SAID.get(event.kind.value, _note)(data)]
    cause = data.get("cause")
    if cause:
        parts.append(f": {first_line(str(cause.get('message', '')))}")
    elif event.reason and event.reason not in parts[0]:
        parts.append(f" – {event.reason}")
    if event.actor not in {"", "controller", "worker"}:
        parts.append(f" (by {event.actor})")
    return "".join(parts)


def event_document(event: Event) -> dict[str, Any]:
    """Return an event for JSON."""
    return {
        "sequence": event.sequence,
        "job": event.job,
        "at": event.at.isoformat(),
        "kind": event.kind.value,
        "actor": event.actor,
        "reason": event.reason,
        "data": dict(event.data),
    }


def shares_text(shares: Sequence[Mapping[str, Any]]) -> str:
    """Return what somebody has got of nodes."""
    from dmod.core.quantity import format_size

    return ", ".join(
        f"{share['node']} ({share['cpus']} CPU, {format_size(share['memory'])})" for share in shares
    )


def demand_text(demand: Mapping[str, Any]) -> str:
    """Return what a group of steps needs."""
    from dmod.core.quantity import format_duration, format_size

    return (
        f"{demand['cpus']} CPU, {format_size(demand['memory'])}, at most "
        f"{format_duration(demand['seconds'])}, {demand['executor']}"
    )


def _done(job: JobRecord) -> str:
    total = job.document.get("steps_total")
    return f"{job.document.get('steps_done', 0)}/{total}" if total else ""


def _length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    from dmod.core.quantity import format_duration

    return format_duration(timedelta(seconds=max(seconds, 0.0)).total_seconds())


def _state(data: Mapping[str, Any]) -> str:
    return str(data.get("to", "")).replace("-", " ")


def _step(data: Mapping[str, Any]) -> str:
    attempt = data.get("attempt")
    again = f" (attempt {attempt})" if isinstance(attempt, int) and attempt > 1 else ""
    later = f", again at {data['retry_at']}" if data.get("retry_at") else ""
    return f"step {data.get('step')}: {_state(data)}{again}{later}"


def _progress(data: Mapping[str, Any]) -> str:
    done = data.get("done")
    share = "" if done is None else f" {done:.0%}"
    return f"step {data.get('step')}:{share} {data.get('text') or ''}".rstrip()


def _note(data: Mapping[str, Any]) -> str:
    return str(data.get("text") or "")


_SAID = {"state": _state, "step": _step, "progress": _progress, "note": _note}
