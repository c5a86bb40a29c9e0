"""Why a job is where it is, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dmod.core.quantity import format_duration, format_size
from dmod.jobs.control.moving import running_step
from dmod.jobs.job import Job, Step, label
from dmod.jobs.state import JobState, StepState


def explain(
    job: Job, waits: Sequence[str], reports: Mapping[str, Mapping[str, Any]], at: datetime
) -> list[str]:
    """Return why a job is where it is.

    Parameters
    ----------
    waits : what the schedule says of it
    reports : what is known of its attempts just now, by label
    """
    lines = [f"{job.id} is {job.state.words}"]
    if job.answered_by:
        lines.append(f"the same was asked before: it has the results of {job.answered_by}")
    elif job.state is JobState.COMPLETED and job.started and job.ended:
        lines.append(f"all steps are done, in {_length(job.started, job.ended)}")
    if job.cause is not None:
        where = f"in step {job.cause.step}: " if job.cause.step else ""
        lines.append(f"{where}{job.cause.message}")
        lines += [f"hint: {job.cause.hint}"] if job.cause.hint else []
    if job.wish is not None and not job.is_over:
        lines.append(f"{job.wish.actor} has asked for it to end; its process is being ended")
    step = running_step(job)
    if step is not None and step.attempt is None:
        lines.append("its members are under way: dmod jobs --label dmod/part-of=" + job.id)
    elif step is not None:
        lines += _running(job, step, reports, at)
    elif not job.is_over:
        lines += _retried(job.current, at)
        lines += list(waits) or ["it is looked at next"]
    return lines


def _running(job: Job, step: Step, reports: Mapping[str, Mapping[str, Any]], at: datetime) -> list[str]:
    attempt = step.attempt
    assert attempt is not None
    where = ", ".join(f"{share.cpus} CPU on {share.node}" for share in attempt.allocation)
    since = attempt.started or attempt.intended
    lines = [f"step {step.name} runs for {_length(since, at)} with {where} (attempt {attempt.number})"]
    report = reports.get(label(job.id, step.name, attempt.number), {})
    progress, usage = report.get("progress"), report.get("usage")
    if progress:
        share = f" {progress['done']:.0%}" if progress.get("done") is not None else ""
        lines.append(f"it says: {progress['text']}{share}")
    if usage:
        lines.append(f"it has used {format_duration(usage['cpu'])} of CPU and {format_size(usage['peak'])}")
    return lines


def _retried(step: Step | None, at: datetime) -> list[str]:
    if step is None or step.state is not StepState.WAITING or not step.attempts:
        return []
    cause = step.attempts[-1].cause
    said = f": {cause.message}" if cause else ""
    lines = [f"attempt {len(step.attempts)} at step {step.name} failed{said}"]
    if step.not_before is not None and step.not_before > at:
        lines.append(f"it is tried again in {_length(at, step.not_before)}")
    return lines


def _length(begin: datetime, end: datetime) -> str:
    return format_duration(max(0.0, (end - begin).total_seconds()))
