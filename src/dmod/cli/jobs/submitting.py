"""``dmod submit`` and ``dmod schema``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from dmod.cli.data.opening import QuietOption, show
from dmod.cli.jobs.changes import changed, pairs
from dmod.cli.jobs.completing import complete_labels
from dmod.cli.jobs.connecting import HomeOption, JsonOption, ServerOption, connected
from dmod.cli.jobs.following import FOLLOWED, follow
from dmod.cli.jobs.rendering import demand_text
from dmod.cli.jobs.table import table_lines

REFUSED = 2
"""Exit status of ``--dry-run`` where the request would be refused."""


def submit_command(
    request: Annotated[
        Path,
        typer.Argument(help="File of the request, YAML or JSON; - is standard input.", allow_dash=True),
    ],
    name: Annotated[str | None, typer.Option("--name", help="Name of the job, for people.")] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="Label, NAME=VALUE.", autocompletion=complete_labels),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change of the request, PLACE=VALUE: resources.cpus=4."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again what was computed before.")] = False,
    key: Annotated[
        str | None,
        typer.Option("--key", help="The same key with the same request is the same job, however often."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be done and what stands in the way; submit nothing."),
    ] = False,
    followed: Annotated[
        bool, typer.Option("--follow", "-f", help=f"Follow it until it ends; {FOLLOWED}.")
    ] = False,
    logs: Annotated[bool, typer.Option("--logs", help="While following, show what its steps write.")] = False,
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Submit a request to a server; it is one job, however often it has to be sent."""
    from dmod.client.request_file import read_request

    asked = changed(read_request(request), change or ())
    labels = pairs(label or ())
    asked |= {"name": name} if name is not None else {}
    asked |= {"labels": {**(asked.get("labels") or {}), **labels}} if labels else {}
    with connected(server, home) as client:
        if dry_run:
            plan = client.plan(asked, fresh=fresh)
            show(plan, list(plan_lines(plan)), as_json=as_json, quiet=quiet)
            if plan.get("refusal"):
                raise typer.Exit(REFUSED)
            return
        job = client.submit(asked, key, fresh=fresh)
        if not followed:
            ways = [job.id, *([] if job.is_over else [f"  follow it: dmod job follow {job.id}"])]
            show(job.document, ways, as_json=as_json, quiet=quiet)
            return
        if as_json:
            typer.echo(json.dumps(job.document))
        elif not quiet:
            typer.echo(job.id)
        follow(client, job, as_json=as_json, logs=logs, quiet=quiet)


def schema_command() -> None:
    """Print the JSON Schema of requests; no server is needed."""
    from dmod.jobs.request.request import request_schema

    typer.echo(json.dumps(request_schema(), indent=1))


def plan_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield what would become of a request."""
    from dmod.core.quantity import format_duration, format_size

    rows = [
        (
            step["name"],
            step["action"],
            str(step["state"]).replace("-", " "),
            step["group"],
            ", ".join(step["after"]),
        )
        for step in plan["steps"]
    ]
    yield from table_lines(("step", "what is done", "while the job is", "resources", "after"), rows)
    yield ""
    for group, demand in plan["demand"].items():
        yield f"{group or 'all steps'}: {demand_text(demand)}"
    estimate = plan["estimate"]
    size = ""
    if estimate["catchments"]:
        size = f" for {estimate['catchments']:,} catchments over {estimate['hours']:,} hours"
    length = f", {format_duration(estimate['seconds'])} on one CPU" if estimate["seconds"] else ""
    yield f"estimated: {format_size(estimate['memory'])} of memory{length}{size}"
    if plan.get("answered_by"):
        yield f"answered at once with the results of {plan['answered_by']}; --fresh computes it again"
    cautions = plan.get("cautions") or ()
    if cautions:
        yield "take care:"
        for caution in cautions:
            yield from finding_lines(caution)
    refusal, findings = plan.get("refusal"), plan.get("findings") or ()
    if findings:
        yield "it would be refused:"
        for finding in findings:
            yield from finding_lines(finding)
    elif refusal:
        yield f"it would be refused: {refusal['message']}"
        if refusal.get("hint"):
            yield f"  hint: {refusal['hint']}"
    elif not cautions:
        yield "nothing stands in the way"


def finding_lines(finding: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a request, by the place in it."""
    yield f"  {finding['field'] or 'the request'}: {finding['message']}"
    if finding["hint"]:
        yield f"    hint: {finding['hint']}"
