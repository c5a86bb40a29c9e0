"""What the Tab key offers: jobs, states, kinds, labels, steps; nothing where no server answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from dmod.errors import DmodError

if TYPE_CHECKING:
    from dmod.client.job import Job

RECENT = 100
"""How many jobs are looked at, the latest first."""


def complete_jobs(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of recent jobs that start like this, with what each is."""
    with _recent(context) as jobs:
        return [
            (job.id, f"{job.state.words} {job.name or job.kind}")
            for job in jobs
            if job.id.startswith(incomplete.lower())
        ]


def complete_labels(context: typer.Context, incomplete: str) -> list[str]:
    """Return the labels of recent jobs that start like this."""
    with _recent(context) as jobs:
        pairs = {f"{name}={value}" for job in jobs for name, value in job.labels.items()}
    return sorted(pair for pair in pairs if pair.startswith(incomplete))


def complete_steps(context: typer.Context, incomplete: str) -> list[str]:
    """Return the steps of the job that is named that start like this."""
    from dmod.client.blocking import Client

    server, home = context.params.get("server"), context.params.get("home")
    try:
        with Client(server, home=home, patience=0.0) as client:
            job = client.job(client.resolve(str(context.params.get("job"))))
            return [step.name for step in job.steps if step.name.startswith(incomplete)]
    except DmodError:
        return []


def complete_states(incomplete: str) -> list[str]:
    """Return the states that start like this."""
    from dmod.jobs.state import JobState

    return [state.value for state in JobState if state.value.startswith(incomplete)]


def complete_kinds(incomplete: str) -> list[str]:
    """Return the kinds of jobs that start like this."""
    from dmod.jobs.job import JobKind

    return [kind.value for kind in JobKind if kind.value.startswith(incomplete)]


@contextmanager
def _recent(context: typer.Context) -> Iterator[list[Job]]:
    from dmod.client.blocking import Client

    server, home = context.params.get("server"), context.params.get("home")
    found: list[Job] = []
    try:
        with Client(server, home=home, patience=0.0) as client:
            found = list(client.jobs(limit=RECENT))
    except DmodError:
        pass  # a shell that completes has nowhere to show an error
    yield found
