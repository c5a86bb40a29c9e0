"""The command line: a thin face over `dmod.services`."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from dmod.cli import (
    basin,
    compare,
    configure,
    environment,
    evaluate,
    example_store,
    forcing,
    module,
    observations,
    partition,
    prepare,
    serve,
    simulate,
    subset,
)
from dmod.cli.boundary import guarded
from dmod.cli.data.app import data_app
from dmod.cli.jobs.app import register

app = typer.Typer(
    name="dmod",
    help="Distributed Model on Demand: from a gauge, or a NextGen run package, to an evaluated hydrograph.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(simulate.run_command)
app.command("check")(simulate.check_command)
app.command("modules")(simulate.modules_command)
app.command("compare")(compare.compare_command)
app.add_typer(evaluate.evaluate_app)
app.add_typer(module.module_app)
app.command("prepare")(prepare.prepare_command)
app.command("forcing")(forcing.forcing_command)
app.command("subset")(subset.subset_command)
app.command("partition")(partition.partition_command)
app.command("configure")(configure.configure_command)
app.command("example")(basin.example_command)
app.command("demo")(basin.demo_command)
app.command("example-store")(example_store.example_store_command)
app.command("observations")(observations.observations_command)
app.add_typer(data_app)
app.add_typer(environment.environment_app)
register(app)
app.command("serve")(serve.serve_command)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"dmod {version('dmod')}")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Prepare and run NextGen models on this machine."""


def run() -> None:
    """Call the command line; errors of dmod end in one message and a telling exit status."""
    # a command makes many objects that stay: looking for rubbish among them costs a tenth of a short run
    gc.set_threshold(200_000, 20, 50)
    try:
        status = guarded(app)
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    _leave(status)


def _leave(status: int) -> NoReturn:
    """End the process: files are closed and threads done, and taking the interpreter apart costs 0.3 s."""
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    run()
