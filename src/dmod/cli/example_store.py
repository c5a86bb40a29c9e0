"""``dmod example-store``."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class StoreLayout(StrEnum):
    """How the store is laid out."""

    aorc = "aorc"
    nwm = "nwm"
    nwm_netcdf = "nwm-netcdf"
    cf = "cf"


def example_store_command(
    store: Annotated[Path, typer.Argument(help="Folder to make; of layout cf a name in .zarr or .nc.")],
    around: Annotated[Path, typer.Option("--around", help="Hydrofabric whose catchments the store covers.")],
    layout: Annotated[
        StoreLayout,
        typer.Option(
            "--layout", help="As AORC or the National Water Model are published, or by CF conventions."
        ),
    ] = StoreLayout.aorc,
    start: Annotated[str, typer.Option("--start", help="First hour, UTC.")] = "2019-03-01",
    days: Annotated[float, typer.Option("--days", help="Length of the hourly weather.")] = 92.0,
    seed: Annotated[int, typer.Option("--seed", help="Another seed makes other weather.")] = 1,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an example store that is there.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write a synthetic store of gridded forcing around a hydrofabric, to try things without a network."""
    from dmod.core.time_axis import format_time, parse_time
    from dmod.services.example_store import make_example_store

    made = make_example_store(
        store,
        around=around,
        layout=layout.value,
        start=parse_time(start, what="--start"),
        days=days,
        seed=seed,
        overwrite=overwrite,
        progress=None if quiet else _say,
    )
    if not quiet:
        typer.echo(
            f"made {made.path} (synthetic, layout {made.layout}): {made.rows} × {made.columns} cells, "
            f"{format_time(made.axis.start)} to {format_time(made.axis.end)} UTC"
        )


def _say(phase: str) -> None:
    sys.stderr.write(f"  {phase} …\n")
