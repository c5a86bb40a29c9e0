"""The command line: a thin face over `dmod.services`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from dmod.cli import basin, simulate
from dmod.errors import DmodError

app = typer.Typer(
    name="dmod",
    help="Distributed Model on Demand: a NextGen run package in, an evaluated hydrograph out.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(simulate.run_command)
app.command("check")(simulate.check_command)
app.command("modules")(simulate.modules_command)
app.command("example")(basin.example_command)
app.command("demo")(basin.demo_command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dmod {version('dmod')}")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Run NextGen models on this machine."""


def run() -> None:
    """Call the command line; errors of dmod end in one message and a telling exit status."""
    try:
        app(standalone_mode=True)
    except DmodError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: nothing was left half-written\n")
        sys.exit(130)


if __name__ == "__main__":
    run()
