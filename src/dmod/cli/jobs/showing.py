"""``dmod job show``, ``logs``, ``why``, ``history`` and ``results``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.cli.data.opening import QuietOption, show
from dmod.cli.data.rendering import counted, size_text
from dmod.cli.jobs.completing import complete_steps
from dmod.cli.jobs.connecting import HomeOption, JobArgument, JsonOption, ServerOption, connected
from dmod.cli.jobs.rendering import detail_lines, event_document, event_line

if TYPE_CHECKING:
    from dmod.client.results import Results

FILES = 20
"""How many files are named."""


def show_command(
    job: JobArgument, server: ServerOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Show a job: its state, its steps, and why it failed."""
    with connected(server, home) as client:
        found = client.job(client.resolve(job))
    show(found.document, list(detail_lines(found)), as_json=as_json, quiet=False)


def why_command(
    job: JobArgument, server: ServerOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Say why a job is where it is: what it waits for, what it does, or why it ended."""
    with connected(server, home) as client:
        lines = client.why(client.resolve(job))
    show({"lines": lines}, lines, as_json=as_json, quiet=False)


def history_command(
    job: JobArgument, server: ServerOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Show what has happened to a job."""
    with connected(server, home) as client:
        events = client.history(client.resolve(job))
    documents = [event_document(event) for event in events]
    show(documents, [event_line(event) for event in events], as_json=as_json, quiet=False)


def logs_command(
    job: JobArgument,
    step: Annotated[
        str | None,
        typer.Option(
            "--step",
            help="Which step; else the one that failed, that is under way, or the last.",
            autocompletion=complete_steps,
        ),
    ] = None,
    followed: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as more is written, until the step is over.")
    ] = False,
    tail: Annotated[
        int | None, typer.Option("--tail", "-n", help="Only so many lines from the end.", min=0)
    ] = None,
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what a step of a job has written."""
    from dmod.errors import InputError

    if followed and (as_json or tail is not None):
        raise InputError("--follow goes with neither --json nor --tail", hint="leave out one of them")
    with connected(server, home) as client:
        job_id = client.resolve(job)
        if followed:
            for piece in client.follow_log(job_id, step):
                typer.echo(piece, nl=False)
            return
        text = client.log(job_id, step, tail)
    typer.echo(json.dumps({"job": job_id, "step": step, "text": text}) if as_json else text, nl=as_json)


def results_command(
    job: JobArgument,
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder to fetch all files into; made if it is not there.")
    ] = None,
    opened: Annotated[
        bool, typer.Option("--open", help="Open the report in the browser of this machine.")
    ] = False,
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show what a job has found, or fetch it, every byte compared with its hash."""
    from dmod.cli.progress import progress_bar

    with connected(server, home) as client:
        found = client.results(client.resolve(job))
        paths: list[Path] = []
        if to is not None:
            with progress_bar(wanted=not (quiet or as_json), rate=" MB/s") as report:
                paths = found.download(to, told=report)
        report_path = found.report if opened else None
    files = [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in found.files]
    values = {**found.document, "files": files}
    if to is not None:
        values["fetched"] = [str(path) for path in paths]
    lines = list(_lines(found))
    if to is not None:
        lines.append(f"{to}: {counted(len(paths), 'file')}, {size_text(sum(f.size for f in found.files))}")
    show(values, lines, as_json=as_json, quiet=quiet)
    if report_path is not None:
        import webbrowser

        if not webbrowser.open(report_path.as_uri()):
            typer.echo(f"there is no browser here; the report is {report_path}", err=True)


def _lines(found: Results) -> Iterator[str]:
    document = found.document
    yield f"{'dataset':<12}  {found.dataset or 'none yet'}"
    if document.get("evaluation"):
        yield f"{'evaluation':<12}  {document['evaluation']}"
    for name, value in (found.scores or {}).items():
        if isinstance(value, int | float):
            yield f"  {name:<10}  {value:.4g}"
    for item in found.files[:FILES]:
        yield f"  {item.sha256[:12]}  {size_text(item.size):>8}  {item.path}"
    if len(found.files) > FILES:
        yield f"  … and {len(found.files) - FILES:,} more"
