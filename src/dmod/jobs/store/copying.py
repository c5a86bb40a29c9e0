"""Values as a database would give them back: what was put in may change afterwards, what is kept does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dmod.jobs.event import Event
from dmod.jobs.job import Job
from dmod.jobs.store.document import text_of
from dmod.jobs.store.rows import Large, job_of, job_row, step_row, summary_text


def copied(job: Job) -> Job:
    """Return a job as it is after it was written and read.

    Raises
    ------
    InputError
        something of it has no form in JSON.
    """
    request = text_of(job.request)
    steps = {step.number: step_row(job, step) for step in job.steps}
    large = Large(request, {number: (row["inputs"], row["result"]) for number, row in steps.items()})
    return job_of(_Columns(job_row(job, request)), summary_text(job), large)


def copied_event(event: Event) -> Event:
    """Return an event as it is after it was written and read."""
    return replace(event, data=copied_document(event.data))


def copied_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as it is after it was written and read."""
    found: dict[str, Any] = json.loads(text_of(document))
    return found


def without_large(job: Job) -> Job:
    """Return a job as it is in lists."""
    steps = tuple(replace(step, plan=replace(step.plan, inputs={}), result=None) for step in job.steps)
    return replace(job, request={}, steps=steps)


@dataclass(frozen=True, slots=True)
class _Columns:
    """A row whose columns are attributes, as those of a database are."""

    row: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.row[name]
