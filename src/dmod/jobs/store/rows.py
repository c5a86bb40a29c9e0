"""A job as rows of tables, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from dmod.database.moment import LAST_MOMENT, moment, time_of
from dmod.jobs.demand import Demand
from dmod.jobs.job import Attempt, Job, JobKind, Step
from dmod.jobs.state import AttemptState, JobState, StepState
from dmod.jobs.store.document import (
    Document,
    allocation_document,
    allocation_of,
    cause_or_none,
    moment_or_none,
    said,
    step_document,
    step_of,
    text_of,
    time_or_none,
    wish_document,
    wish_of,
)

Row = dict[str, Any]


CHANGING = ("state", "is_over", "revision", "ended", "answered_by", "words", "face")
"""Columns of the row that jobs are found by which can change."""


class Large(NamedTuple):
    """What is large of a job: its request, and inputs and result of each step by number, as JSON."""

    request: str
    steps: Mapping[int, tuple[str, str | None]]


def job_row(job: Job, request: str) -> Row:
    """Return the row that jobs are found by.

    Parameters
    ----------
    request : the job's, as JSON
    """
    return {
        "id": job.id,
        "kind": job.kind.value,
        "owner": job.owner,
        "digest": job.digest,
        "created": moment(job.created),
        "idempotency_key": job.idempotency_key or None,
        "origin": origin_of(job, request),
        **changing_row(job),
    }


def changing_row(job: Job) -> Row:
    """Return what can change of that row."""
    return {
        "state": job.state.value,
        "is_over": job.is_over,
        "revision": job.revision,
        "ended": moment_or_none(job.ended),
        "answered_by": job.answered_by,
        "words": words_of(job),
        "face": face_of(job),
    }


def words_of(job: Job) -> str:
    """Return the text that a part is looked for in."""
    return f"{job.id}\n{folded(job.name)}"


def folded(text: str) -> str:
    """Return a text without regard to capitals, and without what databases do not take."""
    return text.casefold().replace("\x00", "").encode(errors="replace").decode()


def origin_of(job: Job, request: str) -> bytes:
    """Return the hash of what stays as it was submitted."""
    fixed = [job.kind.value, job.owner, job.digest, moment(job.created), job.idempotency_key]
    return _hash(request, text_of(fixed))


def face_of(job: Job) -> bytes:
    """Return the hash of what labels, viewers and words are made from."""
    return _hash(text_of([job.name, sorted(job.labels.items()), sorted(job.shared_with)]))


def label_rows(job: Job) -> list[Row]:
    """Return the rows of a job's labels."""
    return [{"job_id": job.id, "name": name, "value": value} for name, value in job.labels.items()]


def viewer_rows(job: Job) -> list[Row]:
    """Return a row for everybody who may see a job."""
    people = {job.owner, *job.shared_with}
    return [{"job_id": job.id, "viewer": name, "state": job.state.value} for name in sorted(people)]


def step_row(job: Job, step: Step) -> Row:
    """Return the row of a step, with a mark that is another whenever it or its attempts' rows are."""
    inputs = text_of(step.plan.inputs)
    result = None if step.result is None else text_of(step.result)
    key = step.key if step.state is StepState.DONE and step.key else None
    used = [[row["number"], row["cpus"], row["begun"], row["ended"]] for row in attempt_rows(job, step)]
    return {
        "job_id": job.id,
        "number": step.number,
        "name": step.name,
        "mark": _hash(inputs, result or "", text_of([step.name, key, used])),
        "done_key": key,
        "inputs": inputs,
        "result": result,
    }


def attempt_rows(job: Job, step: Step) -> list[Row]:
    """Return what each attempt at a step takes of nodes, and from when to when."""
    spans = [span_of(job, attempt) for attempt in step.attempts]
    return [
        {
            "job_id": job.id,
            "step": step.number,
            "number": attempt.number,
            "owner": job.owner,
            "cpus": sum(share.cpus for share in attempt.allocation),
            "begun": moment(begun),
            "ended": LAST_MOMENT if ended is None else moment(ended),
        }
        for attempt, (begun, ended) in zip(step.attempts, spans, strict=True)
    ]


def span_of(job: Job, attempt: Attempt) -> tuple[datetime, datetime | None]:
    """Return from when to when an attempt has what it was given; None while it has it still."""
    if attempt.ended is not None:
        return attempt.intended, attempt.ended
    if attempt.state is AttemptState.ENDED or job.is_over:
        return attempt.intended, job.ended or job.updated or attempt.intended
    return attempt.intended, None


def summary_text(job: Job) -> str:
    """Return all of a job that its columns do not hold and that is not large, as JSON."""
    return text_of(
        said(
            {
                "name": job.name,
                "labels": job.labels,
                "priority": job.priority,
                "updated": moment_or_none(job.updated),
                "started": moment_or_none(job.started),
                "demand": {name: demand.as_json() for name, demand in job.demand.items()},
                "allocation": allocation_document(job.allocation),
                "steps": [step_document(step) for step in job.steps],
                "cause": job.cause.as_json() if job.cause else None,
                "wish": wish_document(job.wish),
                "shared_with": list(job.shared_with),
                "is_confined": True if job.is_confined else None,
            }
        )
    )


def job_of(row: Any, summary: str, large: Large | None = None) -> Job:
    """Return a job.

    Parameters
    ----------
    row : of the table of jobs
    large : left out of jobs in lists
    """
    document: Document = json.loads(summary)
    found = document.get
    return Job(
        row.id,
        JobKind(row.kind),
        row.owner,
        {} if large is None else json.loads(large.request),
        row.digest,
        time_of(row.created),
        found("name", ""),
        found("labels", {}),
        document["priority"],
        row.idempotency_key or "",
        JobState(row.state),
        row.revision,
        time_or_none(found("updated")),
        time_or_none(found("started")),
        time_or_none(row.ended),
        {name: Demand.of_json(item) for name, item in found("demand", {}).items()},
        allocation_of(found("allocation", ())),
        tuple(_steps(found("steps", ()), large)),
        cause_or_none(found("cause")),
        row.answered_by,
        wish_of(found("wish")),
        tuple(found("shared_with", ())),
        bool(found("is_confined", False)),
    )


def _steps(documents: Iterable[Document], large: Large | None) -> Iterable[Step]:
    for number, document in enumerate(documents):
        inputs, result = ("{}", None) if large is None else large.steps[number]
        yield step_of(number, document, json.loads(inputs), None if result is None else json.loads(result))


def _hash(*texts: str) -> bytes:
    digest = blake2b(digest_size=16)
    for text in texts:
        digest.update(b"%d:" % len(text))
        digest.update(text.encode(errors="surrogatepass"))
    return digest.digest()
