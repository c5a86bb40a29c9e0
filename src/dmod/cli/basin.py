"""``dmod example`` and ``dmod demo``."""

from __future__ import annotations

import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dmod.errors import AlreadyExists, InputError


class ForcingKind(StrEnum):
    """How the forcing is written."""

    netcdf = "netcdf"
    csv = "csv"


class FormulationKind(StrEnum):
    """Which chain of modules the example runs."""

    cfe = "cfe"
    topmodel = "topmodel"


def example_command(
    context: typer.Context,
    package: Annotated[Path, typer.Argument(help="Folder to make; with --fabric-only, GeoPackage to write.")],
    catchments: Annotated[int, typer.Option("--catchments", "-n", help="How many catchments.")] = 100,
    seed: Annotated[int, typer.Option("--seed", help="Another seed makes another basin.")] = 1,
    years: Annotated[float, typer.Option("--years", help="Length of the hourly weather.")] = 1.0,
    start: Annotated[str, typer.Option("--start", help="First hour, UTC.")] = "2015-10-01",
    forcing: Annotated[
        ForcingKind, typer.Option("--forcing", help="One NetCDF file, or a CSV file per catchment.")
    ] = ForcingKind.netcdf,
    formulation: Annotated[
        FormulationKind, typer.Option("--formulation", help="SLoTH + PET + CFE, or PET + TOPMODEL.")
    ] = FormulationKind.cfe,
    gaps: Annotated[bool, typer.Option("--gaps", help="Leave gaps in the forcing.")] = False,
    lakes: Annotated[int, typer.Option("--lakes", help="How many flowpaths are reservoirs.")] = 0,
    observed: Annotated[
        bool, typer.Option("--observed/--no-observed", help="Make a synthetic gauge series.")
    ] = True,
    fabric_only: Annotated[
        bool,
        typer.Option(
            "--fabric-only",
            help="Write a hydrofabric alone, up to a continent of millions of catchments; "
            "only --catchments and --seed apply.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write a synthetic run package: a river basin, weather, soils and a gauge, made by code."""
    if fabric_only:
        _refuse(context, "years", "start", "forcing", "formulation", "gaps", "lakes", "observed")
        _make_fabric(package, catchments, seed, quiet=quiet)
        return
    from dmod.cli.progress import compiling_line
    from dmod.core.time_axis import parse_time
    from dmod.services.example import make_example

    with compiling_line(wanted=not quiet):
        made = make_example(
            package,
            catchments=catchments,
            seed=seed,
            years=years,
            start=parse_time(start, what="--start"),
            forcing=forcing.value,
            formulation=formulation.value,
            gaps=gaps,
            lakes=lakes,
            observed=observed,
            progress=None if quiet else _say,
        )
    if not quiet:
        gauge = f" --observed {made.observed}" if made.observed else ""
        typer.echo(f"made {made.path} (synthetic); run it with: dmod run {made.path}{gauge}")


def demo_command(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for package and results; replaced.")
    ] = Path("demo"),
    catchments: Annotated[int, typer.Option("--catchments", "-n", help="How many catchments.")] = 100,
    seed: Annotated[int, typer.Option("--seed", help="Another seed makes another basin.")] = 1,
) -> None:
    """Make an example basin, run it, and show the evaluated hydrograph."""
    import shutil
    import time

    from dmod.cli.progress import compiling_line, progress_bar
    from dmod.cli.simulate import show_result
    from dmod.services.example import make_example
    from dmod.services.options import RunOptions
    from dmod.services.run import run

    if output.exists() and any(output.iterdir()) and not (output / "metadata" / "example.json").is_file():
        raise AlreadyExists(
            f"{output} holds something else than an earlier demo", hint="name another folder with --output"
        )
    begin = time.perf_counter()
    typer.echo(f"Making a synthetic basin of {catchments} catchments with a year of hourly weather …")
    output.absolute().parent.mkdir(parents=True, exist_ok=True)
    with (
        compiling_line(wanted=True),
        tempfile.TemporaryDirectory(prefix=".demo-", dir=output.absolute().parent) as folder,
    ):
        made = make_example(Path(folder) / output.name, catchments=catchments, seed=seed, progress=_say)
        shutil.rmtree(output, ignore_errors=True)
        made.path.replace(output)
    typer.echo(f"  made in {time.perf_counter() - begin:.1f} s (everything in it is synthetic)\n")
    from datetime import timedelta

    gauge = next((output / "observed").glob("*.csv"))
    typer.echo(f"$ dmod run {output} --observed {gauge} --warm-up 30")
    with progress_bar(wanted=True) as progress:
        result = run(output, RunOptions(observed=gauge, warm_up=timedelta(days=30)), progress=progress)
    typer.echo("")
    show_result(result)
    typer.echo(f"\nOpen {result.report} in a browser for map, hydrograph, scores and balance.")


def _refuse(context: typer.Context, *options: str) -> None:
    """Refuse options that were given and have no meaning for a hydrofabric alone."""
    sources = ((name, context.get_parameter_source(name)) for name in options)
    given = [name for name, source in sources if source is not None and source.name == "COMMANDLINE"]
    if given:
        named = ", ".join(f"--{name}" for name in given)
        raise InputError(
            f"{named} cannot go with --fabric-only: a hydrofabric has no weather, formulation or series",
            hint="leave it out; with --fabric-only only --catchments and --seed apply",
        )


def _make_fabric(path: Path, catchments: int, seed: int, *, quiet: bool) -> None:
    from dmod.services.example_fabric import make_example_fabric

    if path.suffix.lower() != ".gpkg":
        raise InputError(
            f"{path} is no name of a GeoPackage", hint=f"for example {path.name or 'conus'}.gpkg"
        )
    made = make_example_fabric(path, catchments=catchments, seed=seed, progress=None if quiet else _say)
    if quiet:
        return
    typer.echo(
        f"made {made.path} (synthetic): catchments {made.catchments:,}, basins {made.basins:,}, "
        f"gauges {len(made.gauges):,}, VPU {', '.join(made.regions)}"
    )
    sizes = [10**digits for digits in range(1, len(str(catchments)))] or [1]
    for gauge in dict.fromkeys(made.gauge_of(size) for size in sizes):
        typer.echo(f"  gage-{gauge.id} at {gauge.flowpath}: {gauge.catchments:,} upstream")


def _say(phase: str) -> None:
    sys.stderr.write(f"  {phase} …\n")
