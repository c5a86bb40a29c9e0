"""``dmod job follow``, ``cancel`` and ``retry``."""

from __future__ import annotations

from typing import Annotated

import typer

from dmod.cli.data.opening import QuietOption, show
from dmod.cli.jobs.completing import complete_jobs
from dmod.cli.jobs.connecting import HomeOption, JobArgument, JsonOption, ServerOption, connected
from dmod.cli.jobs.following import FOLLOWED, follow

FollowOption = Annotated[bool, typer.Option("--follow", "-f", help=f"Follow it until it ends; {FOLLOWED}.")]
LogsOption = Annotated[bool, typer.Option("--logs", help="Show what its steps write, too.")]


def follow_command(
    job: JobArgument,
    logs: LogsOption = False,
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Follow a job until it ends; exit status 0: completed, 1: failed, 4: cancelled, 9: timed out."""
    with connected(server, home) as client:
        follow(client, client.job(client.resolve(job)), as_json=as_json, logs=logs, quiet=quiet)


def cancel_command(
    jobs: Annotated[
        list[str],
        typer.Argument(
            metavar="JOB...", help="Ids, or as much of each as no other has.", autocompletion=complete_jobs
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why, for people.")] = "",
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Cancel jobs: what waits ends at once, what runs is asked to end and then made to."""
    with connected(server, home) as client:
        ids = [client.resolve(job) for job in jobs]
        found = [client.cancel(job_id, reason) for job_id in ids]
    lines = [f"{job.id}: {job.state.words if job.is_over else 'is being cancelled'}" for job in found]
    show([job.document for job in found], lines, as_json=as_json, quiet=quiet)


def retry_command(
    job: JobArgument,
    followed: FollowOption = False,
    logs: LogsOption = False,
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Let a job that failed, was cancelled or timed out go on from the step where it ended."""
    with connected(server, home) as client:
        found = client.retry(client.resolve(job))
        if followed:
            follow(client, found, as_json=as_json, logs=logs, quiet=quiet)
            return
    show(found.document, [f"{found.id}: {found.state.words}"], as_json=as_json, quiet=quiet)
