"""Following a job until it is at an end, and what the exit status then is.

| status | the job |
|---|---|
| 0 | is completed |
| 1 | failed |
| 4 | was cancelled |
| 9 | timed out |
| 130 | goes on: Ctrl-C ends the following alone |
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from dmod.cli.jobs.live import View, viewing
from dmod.cli.jobs.rendering import TAIL, cause_lines, detail_lines, event_document
from dmod.cli.stopping import Stopped
from dmod.errors import DmodError

if TYPE_CHECKING:
    from dmod.client.blocking import Client
    from dmod.client.job import Job

STATUSES = {"completed": 0, "failed": 1, "cancelled": 4, "timed-out": 9}
"""Exit status by the state in which a job ended."""
FOLLOWED = "exit status 0: completed, 1: failed, 4: cancelled, 9: timed out"
INTERRUPTED = 130
PATIENCE = 5.0
"""For how long the end of a log is waited for [s]."""


def follow(client: Client, job: Job, *, as_json: bool, logs: bool = False, quiet: bool = False) -> None:
    """Show what happens to a job until it is at an end, then how it ended; leave with that exit status.

    Parameters
    ----------
    as_json : print each event as a line of JSON, and the job as the last one
    logs : show what its steps write as well
    """
    try:
        with viewing(job, wanted=not (as_json or quiet)) as view:
            _watch(client, job, view, as_json=as_json, logs=logs)
    except (Stopped, KeyboardInterrupt):
        sys.stderr.write(f"job {job.id} goes on without you\n{_ways(job.id)}\n")
        raise typer.Exit(INTERRUPTED) from None
    except DmodError as error:
        if error.hint and error.retryable:
            error.hint = f"{error.hint}; job {job.id} goes on: dmod job follow {job.id}"
        raise
    job.refresh()
    if as_json:
        typer.echo(json.dumps(job.document))
    elif not quiet:
        _tell_end(client, job)
    status = STATUSES[job.state.value]
    if status:
        raise typer.Exit(status)


def _watch(client: Client, job: Job, view: View, *, as_json: bool, logs: bool) -> None:
    from dmod.jobs.event import EventKind

    with _logging(client, job, view.line) as begin:
        for event in client.follow(job):
            if as_json:
                typer.echo(json.dumps(event_document(event)))
            view.event(event)
            if logs and event.kind is EventKind.STEP and event.data.get("to") == "running":
                begin(str(event.data["step"]))


@contextmanager
def _logging(client: Client, job: Job, show: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Yield what begins to show the log of a step, beside all else."""
    readers: dict[str, threading.Thread] = {}

    def read(step: str) -> None:
        rest = ""
        try:
            for piece in client.follow_log(job, step):
                *lines, rest = (rest + piece).split("\n")
                for line in lines:
                    show(f"{step} | {line}")
        except DmodError as error:
            show(f"{step} | the log cannot be read: {error.message}")
        if rest:
            show(f"{step} | {rest}")

    def begin(step: str) -> None:
        if step not in readers:
            readers[step] = threading.Thread(target=read, args=(step,), daemon=True)
            readers[step].start()

    yield begin
    for reader in readers.values():
        reader.join(PATIENCE)


def _tell_end(client: Client, job: Job) -> None:
    typer.echo("\n".join(detail_lines(job) if job.cause is None else cause_report(client, job)))


def cause_report(client: Client, job: Job) -> Iterator[str]:
    """Yield how a job ended that is not completed: the cause, what to do, and the end of the log."""
    yield f"job {job.id} {job.state.words}"
    if job.cause is not None:
        yield from cause_lines(job.cause)
    step = job.telling_step()
    if job.state.value == "cancelled" or step is None:
        return
    tail = client.log(job, step, TAIL).rstrip("\n")
    if tail:
        yield f"the end of what step {step} wrote (dmod job logs {job.id} --step {step}):"
        yield from (f"  {line}" for line in tail.splitlines())


def _ways(job_id: str) -> str:
    return f"  follow it again:  dmod job follow {job_id}\n  cancel it:        dmod job cancel {job_id}"
