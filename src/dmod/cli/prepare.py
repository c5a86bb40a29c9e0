"""``dmod prepare``: from a gauge to a run package."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.cli.forcing import (
    Gaps,
    Kind,
    Layout,
    LayoutOption,
    MethodOption,
    MissingOption,
    PartialOption,
    Partly,
    StoreOption,
    VariablesOption,
    WorkersOption,
    parse_options,
    progress_line,
)
from dmod.cli.region import (
    AreaRule,
    BoxOption,
    CatchmentOption,
    DomainOption,
    FlowpathOption,
    GageOption,
    HydrolocationOption,
    Many,
    NexusOption,
    PlaceOption,
    PlacesFile,
    PointOption,
    PoiOption,
    PolygonFile,
    RuleOption,
    UpstreamOption,
    VpuOption,
    places_of,
    region_of,
)

if TYPE_CHECKING:
    from dmod.services.prepare.package import PreparedPackage


class ObservedKind(StrEnum):
    """What is fetched of a gauge."""

    instantaneous = "instantaneous"
    daily = "daily"


def prepare_command(
    output: Annotated[Path, typer.Argument(help="Run package to make: a folder.")],
    hydrofabric: Annotated[
        Path, typer.Option("--hydrofabric", help="GeoPackage (or GeoJSON) to cut the basin out of.")
    ],
    start: Annotated[str, typer.Option("--start", help="First hour, UTC: 'YYYY-MM-DD HH:MM'.")],
    end: Annotated[str, typer.Option("--end", help="Last hour, included, UTC.")],
    gage: GageOption = None,
    catchment: CatchmentOption = None,
    flowpath: FlowpathOption = None,
    nexus: NexusOption = None,
    poi: PoiOption = None,
    hydrolocation: HydrolocationOption = None,
    at: PointOption = None,
    vpu: VpuOption = None,
    place: PlaceOption = None,
    places_from: PlacesFile = None,
    bbox: BoxOption = None,
    polygon: PolygonFile = None,
    rule: RuleOption = AreaRule.overlap,
    upstream: UpstreamOption = False,
    domain: DomainOption = "",
    split: Annotated[
        bool, typer.Option("--split", help="One package for each place, in place of one for all.")
    ] = False,
    formulation: Annotated[
        str,
        typer.Option("--formulation", help="A name (see dmod configure --list), or your realization.json."),
    ] = "cfe",
    fallback: Annotated[
        Many,
        typer.Option(
            "--fallback",
            help="What stands in for attributes that are missing or impossible: basin-median, or for one"
            " parameter smcmax=basin-median.",
        ),
    ] = None,
    noah_parameters: Annotated[
        Path | None,
        typer.Option("--noah-parameters", help="Folder of Noah-OWP-Modular's tables, to copy."),
    ] = None,
    forcing: Annotated[
        str,
        typer.Option(
            "--forcing",
            help="Gridded forcing: a path, an address (s3://, gs://, https://), aorc or nwm; without it the"
            " package has none yet.",
        ),
    ] = "",
    layout: LayoutOption = Layout.auto,
    option: StoreOption = None,
    variables: VariablesOption = None,
    method: MethodOption = Kind.area,
    partial: PartialOption = Partly.error,
    missing: MissingOption = Gaps.error,
    csv: Annotated[
        bool, typer.Option("--csv", help="Forcing as a CSV file per catchment in place of NetCDF.")
    ] = False,
    observations: Annotated[
        str,
        typer.Option("--observations", help="Observed streamflow of the gauges: usgs, or a file or folder."),
    ] = "",
    observed_kind: Annotated[
        ObservedKind, typer.Option("--observed-kind", help="Instantaneous values, or daily means.")
    ] = ObservedKind.instantaneous,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made, read and needed, and stop.")
    ] = False,
    map_file: Annotated[
        Path | None, typer.Option("--map", help="Draw what was selected: a .html or .png file.")
    ] = None,
    workers: WorkersOption = 0,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Discard what an interrupted command left, and start over.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a package that was prepared before.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """From a gauge to a run package: basin, configuration, forcing; interrupted, it goes on where it was."""
    from dmod.core.time_axis import parse_time
    from dmod.services.prepare import PrepareOptions, plan_preparation, prepare, prepare_each

    named = {
        "gage-": gage, "cat-": catchment, "wb-": flowpath, "nex-": nexus, "poi-": poi, "vpu-": vpu,
        "": [*(hydrolocation or ()), *(at or ()), *(place or ())],
    }  # fmt: skip
    region = region_of(
        places_of(named, places_from), bbox, polygon, rule=rule.value, upstream=upstream, domain=domain
    )
    options = PrepareOptions(
        start=parse_time(start, what="--start"),
        end=parse_time(end, what="--end"),
        forcing=forcing,
        layout=layout.value,
        store_options=parse_options(option or []),
        variables=() if variables is None else tuple(name.strip() for name in variables.split(",")),
        formulation=formulation,
        fallbacks=tuple(fallback or ()),
        noah_parameters=noah_parameters,
        partial=partial.value,
        missing=missing.value,
        method=method.value,
        csv=csv,
        observations=observations,
        observed_kind=observed_kind.value,
        workers=workers,
        overwrite=overwrite,
        fresh=fresh,
    )
    with progress_line(wanted=not (quiet or as_json)) as progress:
        if dry_run:
            plan = plan_preparation(
                hydrofabric, output, region, options, map_file=map_file, progress=progress
            )
        elif split:
            made = prepare_each(hydrofabric, output, region, options, progress=progress)
        else:
            made = [prepare(hydrofabric, output, region, options, map_file=map_file, progress=progress)]
    if dry_run:
        typer.echo(json.dumps(plan.as_json(), indent=1) if as_json else plan.as_text())
        if not plan.ok:
            raise typer.Exit(2)
    elif as_json:
        found = [package.as_json() for package in made]
        typer.echo(json.dumps(found if split else found[0], indent=1))
    elif not quiet:
        typer.echo("\n".join(_told(package) for package in made))


def _told(made: PreparedPackage) -> str:
    from dmod.core.time_axis import format_time

    lines = [
        f"{made.path}: {made.catchments:,} catchments, {made.area_km2:,.1f} km²,"
        f" {format_time(made.start)} to {format_time(made.end)} UTC, made in {made.seconds:.1f} s"
    ]
    if made.resumed:
        lines.append(f"  gone on from an earlier attempt: {', '.join(made.resumed)}")
    lines += [f"  {problem.severity}: {problem}" for problem in made.problems if not problem.is_error]
    lines += [f"  note: {note}" for note in made.notes]
    lines.append(f"  map: {made.map}")
    observed = next(iter(made.observed.values()), None)
    if made.forcing is None:
        lines.append("  it has no forcing yet; derive it with: dmod forcing STORE FABRIC FILE")
    elif not made.native:
        lines.append("  its modules are not native: run it with the C++ framework")
    else:
        lines.append(f"  run it with: dmod run {made.path}{f' --observed {observed}' if observed else ''}")
    return "\n".join(lines)
