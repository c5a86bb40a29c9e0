"""``dmod subset``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.cli.region import (
    AreaRule,
    BoxOption,
    CatchmentOption,
    DomainOption,
    FlowpathOption,
    GageOption,
    HydrolocationOption,
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
    from dmod.services.subset import IdAnswer, Selected, SubsetResult

MISSING = 3
"""Exit status of --validate where an id is missing."""


def subset_command(
    hydrofabric: Annotated[Path, typer.Argument(help="GeoPackage (or GeoJSON) to cut from.")],
    output: Annotated[Path | None, typer.Argument(help="GeoPackage to write; with --split a folder.")] = None,
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
        bool, typer.Option("--split", help="One GeoPackage for each place, in place of one for all.")
    ] = False,
    validate: Annotated[
        bool, typer.Option("--validate", help="Only say which places exist; exit status 3 if one does not.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be written: catchments, area, size.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    rebuild_index: Annotated[
        bool, typer.Option("--rebuild-index", help="Build the fabric's index anew.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash every byte of fabric and index before they are trusted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Cut a basin, or any part, out of a hydrofabric."""
    from dmod.errors import InputError
    from dmod.services.subset import IndexOptions, find_region, subset, validate_ids

    places = places_of(
        {
            "gage-": gage,
            "cat-": catchment,
            "wb-": flowpath,
            "nex-": nexus,
            "poi-": poi,
            "vpu-": vpu,
            "": [*(hydrolocation or ()), *(at or ()), *(place or ())],
        },
        places_from,
    )
    options = IndexOptions(rebuild=rebuild_index, verify=verify)
    tell = None if quiet or as_json else _say
    if validate:
        if not places:
            raise InputError(
                "--validate: no place is given", hint="name them with --gage, --catchment, --place …"
            )
        answers = validate_ids(hydrofabric, places, domain=domain, index_options=options, progress=tell)
        _show_answers(answers, as_json=as_json, quiet=quiet)
        return
    region = region_of(places, bbox, polygon, rule=rule.value, upstream=upstream, domain=domain)
    if dry_run:
        found = find_region(hydrofabric, region, index_options=options, progress=tell)
        _show(found.as_json() if as_json else None, _lines(found), quiet=quiet)
        return
    if output is None:
        raise InputError("no output is given", hint="name the GeoPackage to write, or ask with --dry-run")
    made = subset(
        hydrofabric, output, region, split=split, overwrite=overwrite, index_options=options, progress=tell
    )
    _show(made.as_json() if as_json else None, _made_lines(made), quiet=quiet)


def _show_answers(answers: Sequence[IdAnswer], *, as_json: bool, quiet: bool) -> None:
    if as_json:
        typer.echo(json.dumps([answer.as_json() for answer in answers], indent=1))
    elif not quiet:
        width = max(len(answer.asked) for answer in answers)
        for answer in answers:
            typer.echo(f"{answer.asked:<{width}}  {_told(answer)}")
    if not all(answer.exists for answer in answers):
        raise typer.Exit(MISSING)


def _told(answer: IdAnswer) -> str:
    if answer.exists:
        at = f" at {', '.join(answer.ids[:5])}" if answer.ids and answer.ids != (answer.asked,) else ""
        return f"{answer.kind}{at}"
    if answer.reason:
        return f"no: {answer.reason}"
    return "missing" + (f"; near: {', '.join(answer.near)}" if answer.near else "")


def _lines(found: Selected) -> list[str]:
    bounds = found.bounds
    box = ",".join(f"{value:.4f}" for value in bounds) if bounds else "unknown"
    asked = "; ".join(f"{place.asked} ({place.description})" for place in found.places)
    lines = [
        f"region      {asked}",
        f"domain      {found.domain or 'unknown'}",
        f"catchments  {len(found.catchments):,}",
        f"flowpaths   {len(found.flowpaths):,}",
        f"nexuses     {len(found.nexuses):,}",
        f"area        {found.area_km2:,.1f} km²",
        f"bounds      {box}",
        f"outlets     {', '.join(found.outlets[:5])}"
        + (f" and {len(found.outlets) - 5} more" if len(found.outlets) > 5 else ""),
        f"size        about {found.bytes / 1e6:,.1f} MB",
    ]
    return lines + [f"note        {note}" for note in found.notes]


def _made_lines(made: SubsetResult) -> list[str]:
    lines = []
    for path, found in zip(made.outputs, made.selected, strict=True):
        lines.append(
            f"{path}: {len(found.catchments):,} catchments, {found.area_km2:,.1f} km²,"
            f" out through {', '.join(found.outlets[:3])}" + ("" if len(found.outlets) <= 3 else ", …")
        )
        lines += [f"  note: {note}" for note in found.notes]
    return lines


def _show(values: dict[str, Any] | None, lines: Sequence[str], *, quiet: bool) -> None:
    if values is not None:
        typer.echo(json.dumps(values, indent=1))
    elif not quiet:
        typer.echo("\n".join(lines))


def _say(phase: str) -> None:
    sys.stderr.write(f"  {phase} …\n")
