"""``dmod partition``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

UNSOUND = 2
"""Exit status of --check where the framework cannot run the file."""


def partition_command(
    fabric: Annotated[
        Path,
        typer.Argument(help="Hydrofabric (GeoPackage, or GeoJSON of the catchments), or a package's folder."),
    ],
    output: Annotated[Path | None, typer.Argument(help="Partition file to write (JSON).")] = None,
    parts: Annotated[
        int | None, typer.Option("--parts", "-k", help="How many parts: one for each process of the run.")
    ] = None,
    realization: Annotated[
        Path | None,
        typer.Option(
            "--realization",
            help="Weigh each catchment by what its modules cost in this document; all alike if not given.",
        ),
    ] = None,
    route: Annotated[
        bool | None,
        typer.Option(
            "--route/--no-route",
            help="Weigh routing as well, lakes included; by default as the realization says.",
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance",
            help="Imbalance that is good enough to prefer fewer flows between parts; 0.03 if not given.",
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(
            "--check",
            help="Write nothing; say what is wrong with this partition file; exit status 2 if anything is.",
        ),
    ] = None,
    nexus: Annotated[
        Path | None, typer.Option("--nexus", help="GeoJSON of the nexuses, with GeoJSON catchments.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Cut a hydrofabric into parts for a parallel run of the framework, or check such a division."""
    from dmod.errors import InputError
    from dmod.services.partition import TOLERANCE, Weighing, check_partition, partition

    source = _hydrofabric(fabric)
    weights = Weighing(realization, is_routed=route)
    if check is not None:
        if output is not None or parts is not None:
            raise InputError("--check writes nothing", hint="leave out the output and --parts")
        found = check_partition(check, source, nexus=nexus, weights=weights)
        if as_json:
            typer.echo(json.dumps(found.as_json(), indent=1))
        elif not quiet or not found.ok:
            typer.echo(found.summary(), err=quiet)
        if not found.ok:
            raise typer.Exit(UNSOUND)
        return
    if output is None or parts is None:
        missing = "output" if output is None else "number of parts"
        hint = "dmod partition FABRIC OUTPUT --parts 8; or --check FILE"
        raise InputError(f"no {missing} is given", hint=hint)
    made = partition(
        source,
        output,
        parts,
        nexus=nexus,
        weights=weights,
        tolerance=TOLERANCE if tolerance is None else tolerance,
        overwrite=overwrite,
        progress=None if quiet or as_json else _say,
    )
    if as_json:
        typer.echo(json.dumps(made.as_json(), indent=1))
    elif not quiet:
        typer.echo(made.summary())


def _hydrofabric(fabric: Path) -> Path:
    """Return the file of the hydrofabric that is meant."""
    if not fabric.is_dir():
        return fabric
    from dmod.formulation.package import find_hydrofabric

    return find_hydrofabric(fabric)


def _say(phase: str) -> None:
    sys.stderr.write(f"  {phase} …\n")
