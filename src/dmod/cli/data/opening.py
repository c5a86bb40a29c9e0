"""Options that all commands of the data service share, and the service that they open."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.cli.data.completing import complete_datasets
from dmod.cli.progress import progress_bar

if TYPE_CHECKING:
    from dmod.services.data.service import DataService

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder of the catalog; else DMOD_DATA_HOME, the settings, or the user's own."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
DatasetArgument = Annotated[
    str,
    typer.Argument(
        help="Dataset: NAME is the latest version, NAME@2 the second.", autocompletion=complete_datasets
    ),
]


@contextmanager
def opened(home: Path | None, *, quiet: bool = False, owner: str | None = None) -> Iterator[DataService]:
    """Open the data service; progress is drawn where somebody looks."""
    from dmod.app.wiring import open_data

    with (
        progress_bar(wanted=not quiet, rate=" MB/s") as report,
        open_data(home, owner=owner, progress=report) as service,
    ):
        yield service


def show(values: Any, lines: Sequence[str], *, as_json: bool, quiet: bool) -> None:
    """Print a result as JSON or as text."""
    if as_json:
        typer.echo(json.dumps(values, indent=1, default=str))
    elif not quiet:
        typer.echo("\n".join(lines))


def note(text: str, *, quiet: bool) -> None:
    """Say something beside the result."""
    if not quiet:
        sys.stderr.write(f"{text}\n")
