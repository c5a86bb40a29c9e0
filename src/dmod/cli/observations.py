"""``dmod observations``."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dmod.services.observations import ObservationResult


class ValueKind(StrEnum):
    """What a value holds for."""

    instantaneous = "instantaneous"
    daily = "daily"


def observations_command(
    gage: Annotated[str, typer.Argument(help="USGS site number, zeros in front included: 01073000.")],
    output: Annotated[Path, typer.Argument(help="CSV file to write; its description becomes .json.")],
    start: Annotated[
        str | None, typer.Option("--start", help="First time, or day of daily values; UTC.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--end", help="Last time, or day of daily values, included; UTC.")
    ] = None,
    kind: Annotated[
        ValueKind, typer.Option("--kind", help="Readings of the moment (every 15 minutes), or of days.")
    ] = ValueKind.instantaneous,
    source: Annotated[
        str,
        typer.Option(
            "--source", help="'usgs', the address of a service of the same kind, or a file or folder."
        ),
    ] = "usgs",
    parameter: Annotated[
        str, typer.Option("--parameter", help="00060 streamflow, 00065 gage height.")
    ] = "00060",
    statistic: Annotated[
        str, typer.Option("--statistic", help="Of daily values: 00003 mean, 00001 maximum, 00002 minimum.")
    ] = "00003",
    zone: Annotated[
        str | None,
        typer.Option("--zone", help="Zone of the gauge where a file does not say: MST, -07:00."),
    ] = None,
    unit: Annotated[str, typer.Option("--unit", help="Unit where a file does not say, e.g. ft3/s.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fetch what a stream gauge observed, from the USGS or from files, as CSV to score a run with."""
    from dmod.core.time_axis import parse_time
    from dmod.services.observations import fetch_observations

    result = fetch_observations(
        gage,
        output,
        start=None if start is None else parse_time(start, what="--start"),
        end=None if end is None else parse_time(end, what="--end"),
        kind=kind.value,
        source=source,
        parameter=parameter,
        statistic=statistic,
        zone=zone,
        unit=unit,
        overwrite=overwrite,
        progress=None if quiet or as_json else _say,
    )
    if as_json:
        typer.echo(json.dumps(result.as_json(), indent=1))
    elif not quiet:
        typer.echo(result_text(result))


def result_text(result: ObservationResult) -> str:
    """Return what was found, for the terminal."""
    from dmod.core.time_axis import format_time
    from dmod.observations.series import PARAMETERS, STATISTICS
    from dmod.observations.zones import offset_text

    what = PARAMETERS.get(result.parameter, (f"parameter {result.parameter}", ""))[0]
    sort = result.kind if result.day_offset is None else f"daily {STATISTICS.get(result.statistic, '')}"
    marks = [f"{result.provisional} provisional (subject to revision)"] if result.provisional else []
    marks += [f"{result.estimated} estimated"] if result.estimated else []
    lines = [
        f"{result.site} {result.name}".rstrip(),
        f"  {what}, {sort.strip()}, {result.unit}, from {result.source}",
        f"  {format_time(result.first)} to {format_time(result.last)} UTC: "
        + ", ".join([_counted(result.count, "value"), f"{result.missing} missing", *marks]),
        f"  covers {result.coverage:.1%} of the period, {_counted(result.gap_count, 'gap')}",
    ]
    lines += [f"    gap from {format_time(g.start)}, {_length(g.length)}" for g in result.gaps]
    if result.day_offset is not None:
        lines.append(f"  days begin at 00:00 of the clock {offset_text(result.day_offset)}")
    lines += [f"  note: {note}" for note in result.notes]
    return "\n".join(
        [*lines, f"  wrote {result.path}; score with: dmod run PACKAGE --observed {result.path}"]
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _length(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:g} h"


def _say(phase: str) -> None:
    sys.stderr.write(f"  {phase} …\n")
