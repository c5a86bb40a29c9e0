"""``dmod compare``."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dmod.client.blocking import Client

DIFFERENT = 1
"""Exit status where runs differ beyond the tolerance that was given."""


def compare_command(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Folders of results, of dmod run or with the framework's CSV; also dataset:NAME, or job:ID, "
            "of an ensemble for all its members. The first is the reference."
        ),
    ],
    name: Annotated[
        list[str] | None, typer.Option("--name", help="What a run is called, in the order of the folders.")
    ] = None,
    variable: Annotated[
        list[str] | None,
        typer.Option("--variable", help="Compare this variable, e.g. Q_OUT or flow; all if not given."),
    ] = None,
    same: Annotated[
        list[str] | None,
        typer.Option(
            "--same", help="REFERENCE=OTHER: two names for one variable in two formulations, e.g. Q_OUT=Qout."
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=0, help="Worst places to show of a variable.")] = 10,
    tolerance: Annotated[
        str | None,
        typer.Option(
            "--tolerance",
            help="What counts as the same, ABSOLUTE[/RELATIVE]; exit status 1 where runs differ by more.",
        ),
    ] = None,
    shared: Annotated[
        bool,
        typer.Option("--shared", help="Judge what runs have in common, and pass over what only one has."),
    ] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Folder for a table of every place and variable.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="HTML page with map, hydrographs and tables.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Catchment, nexus or river whose series the page shows."),
    ] = None,
    hydrofabric: Annotated[
        Path | None,
        typer.Option("--hydrofabric", help="For the page's map; that of the runs' records if not given."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compare runs with the first one: every catchment, nexus and river, worst first."""
    from dmod.cli.progress import progress_bar
    from dmod.services.comparison.compare import compare
    from dmod.services.comparison.deviation import parse_tolerance

    limits = None if tolerance is None else parse_tolerance(tolerance)
    if report is None and (at is not None or hydrofabric is not None):
        from dmod.errors import InputError

        option = "--at" if at is not None else "--hydrofabric"
        raise InputError(f"{option} is for the page, and there is none", hint="ask for it with --report FILE")
    _require_writable(csv, report)
    with _fetched(runs) as (folders, names):
        with progress_bar(wanted=not (quiet or as_json), rate=" M values/s") as progress:
            found = compare(
                folders,
                name or names,
                variables=variable,
                same=_aliases(same),
                tolerance=limits,
                progress=progress,
            )
        if report is not None:  # before the tables: it is refused where --at is nowhere
            from dmod.services.comparison.report import write_comparison_report

            write_comparison_report(report, found, at=at, hydrofabric=hydrofabric)
        if csv is not None:
            from dmod.services.comparison.tables import write_tables

            write_tables(csv, found)
    if as_json:
        typer.echo(json.dumps(found.as_dict(top), indent=1))
    elif not quiet:
        from dmod.services.comparison.terminal import comparison_text

        typer.echo(comparison_text(found, top=top, variables=variable))
    if limits is not None and not found.is_same(only_shared=shared):
        raise typer.Exit(DIFFERENT)


def _require_writable(csv: Path | None, report: Path | None) -> None:
    """Refuse what could not be written in the end, before runs are read."""
    if report is not None:
        from dmod.services.comparison.report import require_page

        require_page(report)
    if csv is not None and csv.exists() and not csv.is_dir():
        from dmod.errors import InputError

        raise InputError(f"--csv {csv} is a file", hint="name a folder, for there is a table of every run")


@contextmanager
def _fetched(runs: list[str]) -> Iterator[tuple[list[Path], list[str] | None]]:
    """Yield a folder for each run, and names where some are no folders of the user's.

    Results of jobs and datasets are fetched aside for as long as the comparison takes.
    """
    with ExitStack() as stack:
        found = [part for run in runs for part in _found(run, stack)]
        folders = [folder for _, folder in found]
        names = [name or folder.name for name, folder in found]
        named = any(name for name, _ in found) and len(set(names)) == len(names)
        yield folders, names if named else None


def _found(run: str, stack: ExitStack) -> Iterator[tuple[str, Path]]:
    """Yield the folders that a run stands for, with names: those of all its members for an ensemble."""
    kind, colon, name = run.partition(":")
    if not colon or kind not in ("job", "dataset"):
        yield "", Path(run)
        return
    aside = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dmod-compare-")))
    if kind == "dataset":
        from dmod.app.wiring import open_data

        with open_data() as data:
            data.get(name, aside / "results", link=True)
        yield name, _results(aside / "results")
        return
    from dmod.cli.jobs.connecting import connected

    with connected(None, None) as client:
        job = client.job(client.resolve(name))
        jobs = [(name, job.id)] if job.kind != "ensemble" else _members(client, job.id, job.request)
        for index, (label, job_id) in enumerate(jobs):
            target = aside / str(index)
            client.results(job_id).download(target)
            yield label, _results(target)


def _members(client: Client, ensemble: str, request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and ids of an ensemble's members, in the order of the request."""
    from dmod.jobs.control.gathering import LABEL

    ids = {job.labels.get("member", job.id): job.id for job in client.jobs(label={LABEL: ensemble})}
    order = [str(member["name"]) for member in request.get("members", ())]
    return [(name, ids[name]) for name in order if name in ids]


def _results(folder: Path) -> Path:
    """Return the folder with the files of a run: what was stored as a folder may keep its name."""
    patterns = ("catchments.nc", "cat-*.csv")
    inside = sorted(path.parent for pattern in patterns for path in folder.rglob(pattern))
    return inside[0] if inside else folder


def _aliases(texts: list[str] | None) -> dict[str, str]:
    from dmod.errors import InputError

    aliases = {}
    for text in texts or ():
        ours, equals, theirs = (part.strip() for part in text.partition("="))
        if not (equals and ours and theirs):
            raise InputError(f"--same {text!r} is not REFERENCE=OTHER", hint="for example Q_OUT=Qout")
        aliases[theirs] = ours
    return aliases
