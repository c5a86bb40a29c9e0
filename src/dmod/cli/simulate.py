"""``dmod run``, ``dmod check``, ``dmod modules``."""

from __future__ import annotations

import json
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.cli.environment import environment_wish

if TYPE_CHECKING:
    from dmod.services.options import Locations, RunOptions
    from dmod.services.result import RunResult


class Precision(StrEnum):
    """Of NetCDF output."""

    double = "double"
    single = "single"


class RoutedBy(StrEnum):
    """Who routes."""

    dmod = "dmod"
    framework = "framework"


Package = Annotated[Path, typer.Argument(help="Run package: its folder, or its realization document.")]
FabricFile = Annotated[
    Path | None, typer.Option("--hydrofabric", help="GeoPackage or GeoJSON of the catchments.")
]
NexusFile = Annotated[
    Path | None, typer.Option("--nexus", help="GeoJSON of the nexuses, with GeoJSON catchments.")
]
RealizationFile = Annotated[Path | None, typer.Option("--realization", help="Realization document (JSON).")]
ForcingPath = Annotated[Path | None, typer.Option("--forcing", help="Forcing file, or folder of CSV files.")]
RoutingFile = Annotated[Path | None, typer.Option("--routing", help="Routing configuration (t-route YAML).")]
Start = Annotated[str | None, typer.Option("--start", help="First step, UTC: 'YYYY-MM-DD HH:MM'.")]
End = Annotated[str | None, typer.Option("--end", help="Last step, included, UTC.")]
Fill = Annotated[
    str | None,
    typer.Option(
        "--fill",
        help="Fill missing forcing: linear, previous, nearest, zero-precipitation; or several, with commas.",
    ),
]
Revision = Annotated[
    list[str] | None, typer.Option("--revision", help="Revision of a module to follow, e.g. cfe=a349a95.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Parameter of a module in every catchment, e.g. cfe.refkdt=2.5."),
]
Route = Annotated[
    bool | None,
    typer.Option(
        "--route/--no-route", help="Route streamflow; by default where the hydrofabric has channels."
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        help="native; bmi for modules of others (Python, libraries) beside native ones; ngen for the C++ "
        "framework.",
    ),
]
WithEnvironment = Annotated[
    list[str] | None,
    typer.Option(
        "--environment",
        help="Where modules in Python run: a virtual environment's path, a file of requirements (.txt), or "
        "requirements, each with the option.",
    ),
]
Patience = Annotated[
    float, typer.Option("--module-patience", help="Seconds that a module of others may take for a step.")
]
ModuleMemory = Annotated[
    int, typer.Option("--module-memory", help="MiB for a process with modules of others; 0: no limit.")
]
Program = Annotated[
    Path | None,
    typer.Option("--program", help="The C++ framework's, for ngen; or DMOD_NGEN, or the ngen in PATH."),
]
Ranks = Annotated[int, typer.Option("--ranks", help="Processes of the C++ framework, by MPI.")]
LibraryPath = Annotated[
    list[Path] | None,
    typer.Option("--library-path", help="Folder with libraries of the C++ framework and its modules."),
]
PartitionFile = Annotated[
    Path | None,
    typer.Option("--partition-file", help="The C++ framework's, with a part for each rank; else it is made."),
]
TimeLimit = Annotated[
    str | None, typer.Option("--time-limit", help="That the C++ framework may take, e.g. '90 min' or 2h.")
]
SilenceLimit = Annotated[
    str | None,
    typer.Option("--silence-limit", help="For which the C++ framework may show no sign of work, e.g. 5m."),
]
Routed = Annotated[
    RoutedBy,
    typer.Option("--routed-by", help="Who routes a run of the C++ framework: dmod, or its own t-route."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def run_command(
    package: Package,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for results; PACKAGE/outputs if not given.")
    ] = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="Write the framework's CSV files in place of NetCDF.")
    ] = False,
    start: Start = None,
    end: End = None,
    observed: Annotated[
        Path | None, typer.Option("--observed", help="Gauge series (CSV or NetCDF) to score against.")
    ] = None,
    observed_unit: Annotated[
        str | None, typer.Option("--observed-unit", help="Unit of the gauge series, e.g. ft3/s.")
    ] = None,
    observed_column: Annotated[
        str | None, typer.Option("--observed-column", help="Column of the gauge series.")
    ] = None,
    outlet: Annotated[
        str | None,
        typer.Option(
            "--outlet",
            help="Nexus, flowpath, catchment or gauge to look at; the largest basin's outlet if not given.",
        ),
    ] = None,
    warm_up: Annotated[float, typer.Option("--warm-up", help="Days left out of the scores.")] = 0.0,
    warm_start: Annotated[
        Path | None, typer.Option("--warm-start", help="states.nc of an earlier run to go on from.")
    ] = None,
    states: Annotated[bool, typer.Option("--states/--no-states", help="Save the states at the end.")] = True,
    route: Route = None,
    fill: Fill = None,
    revision: Revision = None,
    chosen: Set = None,
    precision: Annotated[Precision, typer.Option("--precision", help="Of NetCDF output.")] = Precision.double,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of an earlier run.")
    ] = False,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write report.html.")] = True,
    workers: Annotated[int, typer.Option("--workers", help="Threads; 0 takes all cores.")] = 0,
    hydrofabric: FabricFile = None,
    nexus: NexusFile = None,
    realization: RealizationFile = None,
    forcing: ForcingPath = None,
    routing: RoutingFile = None,
    engine: Engine = "native",
    environment: WithEnvironment = None,
    module_patience: Patience = 300.0,
    module_memory: ModuleMemory = 0,
    program: Program = None,
    ranks: Ranks = 1,
    library_path: LibraryPath = None,
    partition_file: PartitionFile = None,
    time_limit: TimeLimit = None,
    silence_limit: SilenceLimit = None,
    routed_by: Routed = RoutedBy.dmod,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run a package: simulate, route, evaluate, report."""
    from dmod.cli.progress import progress_bar
    from dmod.services.options import Locations, parse_days
    from dmod.services.run import run

    options = _options(
        Locations(hydrofabric, nexus, realization, forcing, routing),
        start,
        end,
        fill=fill,
        revision=revision,
        chosen=chosen,
        route=route,
    )
    from dataclasses import replace

    options = replace(
        options,
        output=output,
        csv=csv,
        observed=observed,
        observed_unit=observed_unit,
        observed_column=observed_column,
        outlet=outlet,
        warm_up=parse_days(warm_up),
        warm_start=warm_start,
        save_states=states,
        precision=precision.value,
        overwrite=overwrite,
        report=report,
        workers=workers,
        engine=engine,
        environment=environment_wish(environment),
        module_patience=module_patience,
        module_memory=module_memory << 20,
        program=program,
        ranks=ranks,
        library_path=tuple(library_path or ()),
        partition_file=partition_file,
        time_limit=_seconds(time_limit, "--time-limit"),
        silence_limit=_seconds(silence_limit, "--silence-limit"),
        routed_by=routed_by.value,
    )
    with progress_bar(wanted=not (quiet or as_json)) as progress:
        result = run(package, options, progress=progress)
    if as_json:
        typer.echo(json.dumps(result.summary(), indent=1))
    elif not quiet:
        show_result(result)


def check_command(
    package: Package,
    start: Start = None,
    end: End = None,
    route: Route = None,
    fill: Fill = None,
    revision: Revision = None,
    chosen: Set = None,
    hydrofabric: FabricFile = None,
    nexus: NexusFile = None,
    realization: RealizationFile = None,
    forcing: ForcingPath = None,
    routing: RoutingFile = None,
    engine: Engine = "native",
    environment: WithEnvironment = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say everything that is wrong with a package, before a run; exit status 2 if it cannot run."""
    from dataclasses import replace

    from dmod.cli.progress import compiling_line
    from dmod.services.check import check
    from dmod.services.options import Locations

    options = _options(
        Locations(hydrofabric, nexus, realization, forcing, routing),
        start,
        end,
        fill=fill,
        revision=revision,
        chosen=chosen,
        route=route,
    )
    with compiling_line(wanted=not (quiet or as_json)):
        found = check(package, replace(options, engine=engine, environment=environment_wish(environment)))
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=1))
    elif not quiet:
        typer.echo(found.as_text())
    elif not found.ok:
        typer.echo(replace(found, problems=found.errors, facts={}).as_text(), err=True)
    if not found.ok:
        raise typer.Exit(2)


def modules_command(
    name: Annotated[str | None, typer.Argument(help="Module to describe; all if not given.")] = None,
    as_json: Json = False,
) -> None:
    """List the native modules, or describe one: parameters, inputs, outputs, states."""
    from dmod.services.catalogue import describe_modules, module_table

    chosen = describe_modules(name)
    if as_json:
        typer.echo(json.dumps(chosen, indent=1))
    else:
        typer.echo(module_table(chosen, whole=name is not None))


def _seconds(text: str | None, option: str) -> float | None:
    from dmod.core.quantity import parse_duration
    from dmod.errors import InputError

    try:
        return None if text is None else parse_duration(text)
    except InputError as error:
        raise InputError(f"{option}: {error.message}", hint=error.hint) from error


def _options(
    locations: Locations,
    start: str | None,
    end: str | None,
    *,
    fill: str | None,
    revision: list[str] | None,
    chosen: list[str] | None,
    route: bool | None,
) -> RunOptions:
    from dmod.core.time_axis import parse_time
    from dmod.services.options import RunOptions, parse_model_params, parse_revisions

    return RunOptions(
        locations=locations,
        start=None if start is None else parse_time(start, what="--start"),
        end=None if end is None else parse_time(end, what="--end"),
        fill=fill,
        revisions=parse_revisions(revision or []),
        model_params=parse_model_params(chosen or []),
        route=route,
    )


def show_result(result: RunResult) -> None:
    """Print the hydrograph, the scores and where the results are."""
    from dmod.cli.summary import result_text

    width = max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))
    typer.echo(result_text(result, width=width, colour=sys.stdout.isatty()))
