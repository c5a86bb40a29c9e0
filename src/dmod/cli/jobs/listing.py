"""``dmod jobs``."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.cli.data.moments import DURATION, parse_duration
from dmod.cli.data.rendering import terminal_width
from dmod.cli.jobs.changes import pairs
from dmod.cli.jobs.completing import complete_kinds, complete_labels, complete_states
from dmod.cli.jobs.connecting import HomeOption, JsonOption, ServerOption, connected
from dmod.cli.jobs.rendering import job_lines
from dmod.cli.jobs.screen import redrawn

if TYPE_CHECKING:
    from dmod.client.blocking import Client

INTERVAL = 2.0
"""Seconds between two looks."""


def jobs_command(
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="Only those in this state.", autocompletion=complete_states),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only those of this kind.", autocompletion=complete_kinds),
    ] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Only those of this user.")] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", help="Only those with this label, NAME=VALUE.", autocompletion=complete_labels
        ),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Only those with this in id or name.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only those submitted since: 2d, 12h, or a date, UTC.")
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", help="Only those submitted before: 2d, 12h, or a date, UTC.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", help="How many at most.", min=1)] = 20,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Look again every few seconds, until Ctrl-C.")
    ] = False,
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List jobs, the latest first."""
    wanted: dict[str, Any] = {
        "state": state or (),
        "kind": kind or (),
        "owner": owner,
        "label": pairs(label or ()),
        "text": text,
        "created_after": _moment(since, "--since"),
        "created_before": _moment(before, "--before"),
    }
    with connected(server, home) as client:
        if as_json:
            typer.echo(json.dumps([job.document for job in client.jobs(limit=limit, **wanted)], indent=1))
            return
        with redrawn(live=watch and sys.stdout.isatty()) as draw:
            draw(_lines(client, wanted, limit))
            while watch and sys.stdout.isatty():
                time.sleep(INTERVAL)
                draw(_lines(client, wanted, limit))


def _lines(client: Client, wanted: dict[str, Any], limit: int) -> list[str]:
    found = list(client.jobs(limit=limit, **wanted))
    if not found:
        is_asked = any(wanted.values())
        return ["no job is like that" if is_asked else "no jobs: dmod submit REQUEST.yaml submits one"]
    return job_lines(found, terminal_width())


def _moment(text: str | None, what: str) -> datetime | None:
    """Return the moment of a length of time ago, or of a date."""
    if text is None:
        return None
    if DURATION.fullmatch(text):
        return datetime.now(UTC) - parse_duration(text, what)
    from dmod.core.time_axis import parse_time

    return parse_time(text, what=what)
