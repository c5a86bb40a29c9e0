"""Options that all commands about a server share, and the client that they use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.cli.jobs.completing import complete_jobs

if TYPE_CHECKING:
    from dmod.client.blocking import Client

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server", help="Address; else DMOD_SERVER, the settings, or the server that runs on this machine."
    ),
]
HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Folder of this machine's server, if it is not the usual one.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
JobArgument = Annotated[
    str,
    typer.Argument(help="Id of the job, or as much of it as no other has.", autocompletion=complete_jobs),
]


@contextmanager
def connected(server: str | None, home: Path | None) -> Iterator[Client]:
    """Yield a client of the server that is meant."""
    from dmod.client.blocking import Client

    with Client(server, home=home) as client:
        yield client
