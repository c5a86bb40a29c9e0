"""What was asked for when a job was executed, beside its inputs; the job's history keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dmod.jobs.control.clock import utc_now
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Job
from dmod.jobs.store.port import JobStore

KEY = "ogc"
EARLIEST = 200
"""Among so many first events of a job the note stands."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How results are wanted, and who is to be told.

    Parameters
    ----------
    raw : whether outputs are answered by themselves, else within a document
    modes : ``value`` or ``reference`` of each output that is wanted; empty is all of them by value
    subscriber : addresses by ``successUri``, ``inProgressUri``, ``failedUri``
    origin : address of the server, for links in what subscribers are told
    """

    raw: bool = False
    modes: Mapping[str, str] = field(default_factory=dict)
    subscriber: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""


def keep(store: JobStore, job: Job, actor: str, asked: Asked) -> None:
    """Note with a job what was asked for."""
    data = {
        "raw": asked.raw,
        "modes": dict(asked.modes),
        "subscriber": dict(asked.subscriber),
        "origin": asked.origin,
    }
    text = "executed over OGC API – Processes"
    store.note([Event(job.id, utc_now(), EventKind.NOTE, actor, text, {"text": text, KEY: data})])


def found(store: JobStore, job_id: str) -> Asked | None:
    """Return what was asked for; None where a job was not executed so."""
    for event in store.events(0, job=job_id, limit=EARLIEST):
        if event.kind is EventKind.NOTE and KEY in event.data:
            return Asked(**event.data[KEY])
    return None
