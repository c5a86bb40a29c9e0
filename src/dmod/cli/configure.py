"""``dmod configure``."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dmod.core.problem import Problem
    from dmod.services.configure import ConfigurationPlan

UNUSABLE = 2
"""Exit status of --dry-run where the configuration cannot be made."""

WIDTH = 100
SHOWN_IDS = 4


def configure_command(
    fabric: Annotated[
        Path | None, typer.Argument(help="Hydrofabric, or a package's folder that has one.")
    ] = None,
    package: Annotated[
        Path | None,
        typer.Argument(help="Package to configure, made if need be; the given folder if left out."),
    ] = None,
    formulation: Annotated[
        str, typer.Option("--formulation", help="A name (see --list), or your realization document (*.json).")
    ] = "cfe",
    start: Annotated[str | None, typer.Option("--start", help="First hour, UTC.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="Last hour, UTC, included.")] = None,
    fallback: Annotated[
        list[str] | None,
        typer.Option(
            "--fallback",
            help="What stands in for attributes that are missing or impossible: basin-median, upstream,"
            " neighbour, soil-texture, default; for one parameter smcmax=basin-median. May be repeated.",
        ),
    ] = None,
    forcing: Annotated[
        str,
        typer.Option(
            "--forcing", help="Forcing inside the package: a NetCDF file, or a folder of CSV files."
        ),
    ] = "./forcings/forcings.nc",
    noah_parameters: Annotated[
        Path | None,
        typer.Option("--noah-parameters", help="Folder of Noah-OWP-Modular's tables, to copy."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be made, and what is in its way.")
    ] = False,
    list_all: Annotated[
        bool, typer.Option("--list", help="List the formulations with what they need, and the fallbacks.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace documents and module files that are there.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write module configurations, realization and routing from a hydrofabric's attributes."""
    from dmod.errors import InputError

    if list_all:
        _list(as_json=as_json)
        return
    if fabric is None:
        raise InputError("no hydrofabric is given", hint="dmod configure FABRIC.gpkg PACKAGE; or --list")
    source, target = _places(fabric, package)
    options = {} if noah_parameters is None else {"noah_parameters": str(noah_parameters)}
    fallbacks = tuple(fallback or ())
    if dry_run:
        from dmod.services.configure import plan_configuration

        plan = plan_configuration(source, formulation=formulation, fallbacks=fallbacks, options=options)
        _show(plan.as_json() if as_json else None, _plan_lines(plan), quiet=quiet)
        if not plan.ok:
            raise typer.Exit(UNUSABLE)
        return
    if target is None:
        raise InputError("no package is given", hint="name the folder to make, or ask with --dry-run")
    if start is None or end is None:
        raise InputError("no period is given", hint="name its first and last hour with --start and --end")
    from dmod.core.time_axis import parse_time
    from dmod.services.configure import configure

    made = configure(
        source,
        target,
        formulation=formulation,
        start=parse_time(start, what="--start"),
        end=parse_time(end, what="--end"),
        fallbacks=fallbacks,
        forcing=forcing,
        options=options,
        overwrite=overwrite,
        progress=None if quiet or as_json else _say,
    )
    lines = [*_plan_lines(made.plan), f"made {made.package} in {made.seconds:.1f} s"]
    _show(made.as_json() if as_json else None, lines, quiet=quiet)


def _places(fabric: Path, package: Path | None) -> tuple[Path, Path | None]:
    """Return the hydrofabric, and the package that is meant."""
    if not fabric.is_dir():
        return fabric, package
    from dmod.formulation.package import find_hydrofabric

    return find_hydrofabric(fabric), package or fabric


def _plan_lines(plan: ConfigurationPlan) -> list[str]:
    engine = "the native engine (dmod run)" if plan.native else "the C++ framework (ngen), not dmod run"
    lines = [f"{plan.formulation} for {plan.catchments:,} catchments of {plan.hydrofabric}; runs in {engine}"]
    for module in plan.modules:
        lines.append(
            f"  {module.title}: {module.files:,} files, {module.size / 1e6:.1f} MB, in {module.folder}"
        )
    for replaced in plan.replacements:
        count = len(replaced.catchments)
        some = ", ".join(replaced.catchments[:SHOWN_IDS]) + (", …" if count > SHOWN_IDS else "")
        lines.append(f"  {replaced.parameter}: {replaced.method} stands in for {count:,} catchments ({some})")
    return lines + [line for problem in plan.problems for line in _problem_lines(problem)]


def _problem_lines(problem: Problem) -> list[str]:
    return [f"  {line}" for line in str(problem).splitlines()]


def _list(*, as_json: bool) -> None:
    from dmod.services.formulation_list import describe_fallbacks, describe_formulations

    formulations, fallbacks = describe_formulations(), describe_fallbacks()
    if as_json:
        typer.echo(json.dumps({"formulations": formulations, "fallbacks": fallbacks}, indent=2))
        return
    for each in formulations:
        typer.echo(f"{each['name']}: {each['text']} ({each['engine']})")
        needs = ", ".join(each["attributes"])
        typer.echo(textwrap.fill(needs, WIDTH, initial_indent="    needs ", subsequent_indent="    "))
    typer.echo("my_realization.json: a document of your own; its modules are recognised, the rest is kept")
    typer.echo("\nfallbacks:")
    for name, meaning in fallbacks.items():
        typer.echo(f"  {name}: {meaning}")


def _show(data: dict[str, Any] | None, lines: Sequence[str], *, quiet: bool) -> None:
    if data is not None:
        typer.echo(json.dumps(data, indent=2))
    elif not quiet:
        typer.echo("\n".join(lines))


def _say(phase: str) -> None:
    sys.stderr.write(f"  {phase} …\n")
