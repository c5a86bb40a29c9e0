"""``dmod forcing``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dmod.services.forcing_result import ForcingResult


class Layout(StrEnum):
    """How a store is laid out."""

    auto = "auto"
    aorc = "aorc"
    nwm = "nwm"
    cf = "cf"


class Partly(StrEnum):
    """What to do with catchments that the grid covers in part."""

    error = "error"
    renormalise = "renormalise"


class Gaps(StrEnum):
    """What to do where the grid has no value."""

    error = "error"
    renormalise = "renormalise"
    keep = "keep"


class Kind(StrEnum):
    """How means are taken."""

    area = "area"
    linear = "linear"


LayoutOption = Annotated[Layout, typer.Option("--layout", help="How the store is laid out.")]
MethodOption = Annotated[
    Kind, typer.Option("--method", help="Means of cells by area, or of planes through them.")
]
PartialOption = Annotated[
    Partly,
    typer.Option(
        "--partial",
        help="Catchments that the grid covers in part: refuse, or take the mean of that part.",
    ),
]
MissingOption = Annotated[
    Gaps,
    typer.Option(
        "--missing",
        help="Cells without a value: refuse, take the mean of the others, or keep as gaps for --fill.",
    ),
]
StoreOption = Annotated[
    list[str] | None,
    typer.Option("--option", help="KEY=VALUE of the store: endpoint, region, stamp, crs and others."),
]
VariablesOption = Annotated[
    str | None,
    typer.Option("--variables", help="Columns to derive, with commas; all eight if not given."),
]
WorkersOption = Annotated[int, typer.Option("--workers", help="Threads; 0 takes all cores.")]


def forcing_command(
    store: Annotated[
        str,
        typer.Argument(help="Gridded forcing: a path, an address (s3://, gs://, https://), or aorc, nwm."),
    ],
    hydrofabric: Annotated[Path, typer.Argument(help="GeoPackage or GeoJSON of the catchments.")],
    output: Annotated[
        Path, typer.Argument(help="NetCDF file to write; with --csv a folder for a file per catchment.")
    ],
    start: Annotated[str, typer.Option("--start", help="First hour, UTC: 'YYYY-MM-DD HH:MM'.")],
    end: Annotated[str, typer.Option("--end", help="Last hour, included, UTC.")],
    layout: LayoutOption = Layout.auto,
    variables: VariablesOption = None,
    method: MethodOption = Kind.area,
    partial: PartialOption = Partly.error,
    missing: MissingOption = Gaps.error,
    least_share: Annotated[
        float,
        typer.Option(
            "--least-share", help="Share of a catchment that must be there for such a mean, 0 to 1."
        ),
    ] = 0.0,
    option: StoreOption = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="Write a CSV file per catchment in place of NetCDF.")
    ] = False,
    workers: WorkersOption = 0,
    block_hours: Annotated[
        int | None,
        typer.Option(
            "--block-hours", help="Hours that are read at once; by the store's chunks if not given."
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            "--work", help="Folder in which to keep what is under way; beside the output if not given."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read and needed, and stop.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Discard what an interrupted command left, and start over.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Derive the forcing of catchments from a grid; interrupted, the same command goes on where it was."""
    from dmod.core.time_axis import parse_time
    from dmod.services.derive_forcing import derive_forcing, plan_forcing

    period = {"start": parse_time(start, what="--start"), "end": parse_time(end, what="--end")}
    choices = {
        "layout": layout.value,
        "variables": None
        if variables is None
        else [name.strip() for name in variables.split(",") if name.strip()],
        "partial": partial.value,
        "missing": missing.value,
        "least_share": least_share,
        "method": method.value,
        "options": parse_options(option or []),
        "csv": csv,
        "workers": workers,
        "block_hours": block_hours,
    }
    with progress_line(wanted=not (quiet or as_json)) as progress:
        if dry_run:
            plan = plan_forcing(store, hydrofabric, output=output, progress=progress, **period, **choices)  # type: ignore[arg-type]
        else:
            result = derive_forcing(
                store, hydrofabric, output, work=work, fresh=fresh, overwrite=overwrite, progress=progress,
                **period, **choices,  # type: ignore[arg-type]
            )  # fmt: skip
    if dry_run:
        typer.echo(json.dumps(plan.summary(), indent=1) if as_json else plan.as_text())
        if not plan.ok:
            raise typer.Exit(2)
    elif as_json:
        typer.echo(json.dumps(result.summary(), indent=1))
    elif not quiet:
        _show(result)


def parse_options(texts: Sequence[str]) -> dict[str, str]:
    """Read ``key=value`` entries.

    Raises
    ------
    InputError
        an entry is not of that form.
    """
    from dmod.errors import InputError

    options = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--option {text!r} is not KEY=VALUE", hint="for example region=us-west-2")
        options[key.strip()] = value.strip()
    return options


def _show(result: ForcingResult) -> None:
    typer.echo(result.report_text.read_text(encoding="utf-8"), nl=False)


@contextmanager
def progress_line(*, wanted: bool) -> Iterator[Callable[[str, float], None] | None]:
    """Yield ``report(text, share)``; draws to standard error if that is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from dmod.cli.progress import compiling_line

    columns = (
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with compiling_line(wanted=True), Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def report(text: str, share: float) -> None:
            phase = text.split(maxsplit=1)[0]
            if phase not in tasks:
                for task in tasks.values():
                    bar.remove_task(task)
                tasks.clear()
                tasks[phase] = bar.add_task(text, total=1.0)
            bar.update(tasks[phase], completed=share, description=text)

        yield report
