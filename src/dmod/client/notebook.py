"""A job as notebooks show it: what people wrote is escaped, and no script, font or page is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from dmod.core.quantity import format_duration
from dmod.jobs.state import JobState

if TYPE_CHECKING:
    from dmod.client.record import JobRecord, StepRecord

COLOURS = {
    JobState.COMPLETED: "#2e7d32",
    JobState.FAILED: "#c62828",
    JobState.TIMED_OUT: "#c62828",
    JobState.CANCELLED: "#757575",
}
UNDER_WAY = "#1565c0"
_CELL = "padding:2px 12px 2px 0;text-align:left"


def job_html(job: JobRecord) -> str:
    """Return a job as HTML: state, steps, and the cause where it failed."""
    return "".join(_parts(job))


def _parts(job: JobRecord) -> Iterator[str]:
    colour = COLOURS.get(job.state, UNDER_WAY)
    name = f" {escape(job.name)}" if job.name else ""
    length = f" · {format_duration(job.seconds)}" if job.seconds is not None else ""
    yield f'<div style="border-left:4px solid {colour};padding-left:10px">'
    yield f"<div><b>{escape(job.kind)}</b>{name} <code>{escape(job.id)}</code> · "
    yield f'<b style="color:{colour}">{job.state.words}</b>{length} '
    yield f'<progress max="1" value="{job.progress:.3f}"></progress></div>'
    steps = job.steps
    if steps:
        yield "<table><tbody>"
        yield from (_row(step) for step in steps)
        yield "</tbody></table>"
    cause = job.cause
    if cause is not None:
        where = f"in step {escape(cause.step)}: " if cause.step else ""
        yield f'<div style="color:{colour}">{where}{escape(cause.message)}</div>'
        yield f"<div>hint: {escape(cause.hint)}</div>" if cause.hint else ""
    yield "</div>"


def _row(step: StepRecord) -> str:
    length = ""
    if step.started is not None and step.ended is not None:
        length = format_duration((step.ended - step.started).total_seconds())
    said = "found before" if step.reused else f"attempt {step.attempts}" if step.attempts > 1 else ""
    cells = (escape(step.name), step.state.value, length, said)
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"
