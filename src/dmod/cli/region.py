"""The options that name a part of a hydrofabric, as ``dmod subset`` and ``dmod prepare`` share them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.errors import InputError

if TYPE_CHECKING:
    from dmod.hydrofabric.subset.region import Region, Rule


Many = list[str] | None


class AreaRule(StrEnum):
    """Which catchments an area selects."""

    overlap = "overlap"
    centroid = "centroid"
    within = "within"


GageOption = Annotated[Many, typer.Option("--gage", help="Upstream of a gauge, e.g. 10109001.")]
CatchmentOption = Annotated[Many, typer.Option("--catchment", help="Upstream of a catchment: cat-7.")]
FlowpathOption = Annotated[Many, typer.Option("--flowpath", help="Upstream of a flowpath: wb-7.")]
NexusOption = Annotated[Many, typer.Option("--nexus", help="All that drains to a nexus: nex-7.")]
PoiOption = Annotated[Many, typer.Option("--poi", help="Upstream of a point of interest, e.g. 18025.")]
HydrolocationOption = Annotated[
    Many, typer.Option("--hydrolocation", help="Upstream of a location, e.g. nid-UT00310.")
]
PointOption = Annotated[
    Many,
    typer.Option("--at", help="Upstream of the catchment at LATITUDE,LONGITUDE, e.g. 41.74,-111.79."),
]
VpuOption = Annotated[Many, typer.Option("--vpu", help="A whole processing unit, e.g. 16 or 03N.")]
PlaceOption = Annotated[
    Many, typer.Option("--place", help="Any of the above in one spelling, e.g. gage-10109001, ak:cat-7.")
]
PlacesFile = Annotated[
    Path | None, typer.Option("--places-from", help="File with one place a line, as --place takes them.")
]
BoxOption = Annotated[
    str | None, typer.Option("--bbox", help="Catchments in a box: WEST,SOUTH,EAST,NORTH in degrees.")
]
PolygonFile = Annotated[
    Path | None,
    typer.Option("--polygon", help="Catchments in a polygon: GeoJSON, GeoPackage or WKT file."),
]
RuleOption = Annotated[
    AreaRule,
    typer.Option(
        "--rule", help="Catchments that overlap the area, have their centroid in it, or lie within."
    ),
]
UpstreamOption = Annotated[
    bool, typer.Option("--upstream", help="Add everything that drains into the area or unit.")
]
DomainOption = Annotated[
    str, typer.Option("--domain", help="Domain that the ids are of: conus, ak, hi, prvi, gl.")
]


def places_of(named: Mapping[str, Sequence[str] | None], listed: Path | None = None) -> tuple[str, ...]:
    """Return places in one spelling.

    Parameters
    ----------
    named : prefix (``gage-``) → names, with or without it; prefix "" → names that are whole
    listed : file with one place a line

    Raises
    ------
    InputError
        the file cannot be read.
    """
    places = [_prefixed(prefix, name) for prefix, names in named.items() for name in names or ()]
    return (*places, *_lines(listed))


def region_of(
    places: Sequence[str],
    bbox: str | None,
    polygon: Path | None,
    *,
    rule: Rule,
    upstream: bool,
    domain: str,
) -> Region:
    """Return what the options mean.

    Raises
    ------
    InputError
        the box is not four numbers.
    """
    from dmod.hydrofabric.subset.region import Region

    return Region(tuple(places), _box(bbox), polygon, rule, upstream, domain)


def _prefixed(prefix: str, name: str) -> str:
    """Return a name with its prefix, also where only the number was written, or a domain before it."""
    before, colon, bare = name.strip().rpartition(":")
    return f"{before}{colon}{prefix}{bare}" if prefix and bare[:1].isdigit() else name.strip()


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--places-from {path} cannot be read: {error}", hint="give a text file") from error
    places = [line.partition("#")[0].strip() for line in lines]
    return [place for place in places if place]


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"--bbox {text}: not four numbers", hint="write WEST,SOUTH,EAST,NORTH such as -112,41.5,-111,42"
        ) from error
    return (west, south, east, north)
