"""What belongs to a region: flowpaths, nexuses and catchments, and what the user should know about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.core.problem import name_some
from dmod.errors import CoverageError, InputError
from dmod.hydrofabric.schema import GEOGRAPHIC
from dmod.hydrofabric.subset.areas import catchment_at, covered_by, rectangle
from dmod.hydrofabric.subset.finding import FORMS, Found, agreed_domain, find_places, kilometres
from dmod.hydrofabric.subset.graph import Index, distinct
from dmod.hydrofabric.subset.index import FabricIndex
from dmod.hydrofabric.subset.polygon_file import read_polygon
from dmod.hydrofabric.subset.region import RULES, Place, Region

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

REPORTED_OUTSIDE = 1e-3
"""A smaller share of an area outside the fabric is taken for the width of its border."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Features of a fabric, by number.

    Parameters
    ----------
    nodes : flowpaths, nexuses and catchments, ascending
    inflows : flowpaths that also take water from outside the selection
    outlets : nexuses where the water leaves it
    domain : of the fabric, else as it was asked for; "" where it is not known
    outside : share of the area that was asked for and that no catchment covers; 0 without an area
    """

    nodes: Index
    inflows: Index
    outlets: Index
    places: tuple[Place, ...] = ()
    domain: str = ""
    outside: float = 0.0
    notes: tuple[str, ...] = ()


def select(index: FabricIndex, region: Region, tell: Callable[[str], None]) -> Selection:
    """Return what belongs to a region.

    Raises
    ------
    InputError
        nothing is asked for, or what is asked for is impossible or of another domain.
    NotFoundError
        a place or file is not there; near names are listed.
    CoverageError
        a point or area lies outside the fabric.
    """
    domain = agreed_domain(index, region.places, region.domain)
    if not region.places and region.bbox is None and region.polygon is None:
        raise InputError("no region is given", hint=f"{FORMS}, or a bounding box or polygon")
    if region.rule not in RULES:
        raise InputError(f"there is no rule {region.rule!r}", hint=f"one of {', '.join(RULES)}")
    found = find_places(index, region.places)
    chosen = [place.nodes if place.whole else index.upstream(place.nodes) for place in found]
    notes = [note for place in found for note in _beside(index, place)]
    places = [place.place for place in found]
    outside = 0.0
    for place, area, system in _areas(region):
        tell(f"looking for catchments in the {place.kind}")
        covered = covered_by(index, area, system, region.rule)
        if not covered.nodes.size:
            raise _nothing_in(index, place, area, system, covered.outside, region.rule)
        if covered.outside > REPORTED_OUTSIDE:
            notes.append(
                f"{100 * covered.outside:.1f} % of the {place.kind} lies outside {index.fabric.name}"
            )
        outside = max(outside, covered.outside)
        chosen.append(_with_flowpaths(index, covered.nodes))
        places.append(place)
    nodes = distinct(np.concatenate(chosen))
    if region.upstream:
        nodes = index.upstream(nodes)
    return replace(_completed(index, nodes, notes), places=tuple(places), domain=domain, outside=outside)


def _completed(index: FabricIndex, nodes: Index, notes: Sequence[str]) -> Selection:
    """Add the nexuses that flowpaths and catchments drain to, and look at what crosses the border."""
    flowpaths, divides = index.of_kind(nodes, "flowpath"), index.of_kind(nodes, "divide")
    below = np.concatenate((index.down.of(flowpaths), index.drains.of(divides)))
    first, end = index.first["nexus"], index.first["divide"]
    nexuses = np.concatenate((index.of_kind(nodes, "nexus"), below[(below >= first) & (below < end)]))
    nodes = distinct(np.concatenate((flowpaths, nexuses, divides)))
    inside = np.zeros(len(index.above), dtype=bool)
    inside[nodes] = True
    inflows = _inflows(index, flowpaths, inside)
    if inflows.size:
        names = name_some(index.ids(inflows, "flowpath"))
        where = "flowpath takes" if inflows.size == 1 else "flowpaths take"
        notes = [
            *notes,
            f"{inflows.size} {where} water from outside the selection ({names});"
            " choose it with what is upstream to have it all",
        ]
    nexuses = index.of_kind(nodes, "nexus")
    going = np.zeros(len(index.above), dtype=bool)
    going[_senders(index, nexuses, inside)] = True
    return Selection(nodes, inflows, nexuses[~going[nexuses]], notes=tuple(notes))


def _senders(index: FabricIndex, nexuses: Index, inside: NDArray[np.bool_]) -> Index:
    """Return the nexuses that drain into something of the selection."""
    start = index.down.offset[nexuses].astype(np.int64)
    count = index.down.offset[nexuses + 1].astype(np.int64) - start
    sender, below = np.repeat(nexuses, count), index.down.of(nexuses)
    return sender[inside[below]]


def _inflows(index: FabricIndex, flowpaths: Index, inside: NDArray[np.bool_]) -> Index:
    """Return the flowpaths into which something outside the selection drains, directly or by a nexus."""
    first, end = index.first["nexus"], index.first["divide"]
    start = index.above.offset[flowpaths].astype(np.int64)
    owner = np.repeat(flowpaths, index.above.offset[flowpaths + 1].astype(np.int64) - start)
    above = index.above.of(flowpaths)
    by_nexus = (above >= first) & (above < end)
    direct = owner[~by_nexus & ~inside[above] & (above < first)]
    nexuses, below = above[by_nexus], owner[by_nexus]
    count = (index.above.offset[nexuses + 1] - index.above.offset[nexuses]).astype(np.int64)
    source, target = index.above.of(nexuses), np.repeat(below, count)
    return distinct(np.concatenate((direct, target[~inside[source]])))


def _with_flowpaths(index: FabricIndex, nodes: Index) -> Index:
    """Add the flowpaths of catchments."""
    below = index.down.of(index.of_kind(nodes, "divide"))
    return distinct(np.concatenate((nodes, below[below < index.first["nexus"]])))


def _beside(index: FabricIndex, found: Found) -> list[str]:
    """Say which tributaries join at the outlet and are not part of what drains through it."""
    if found.whole:
        return []
    starts = found.nodes[found.nodes < index.first["nexus"]]
    below = index.down.of(starts)
    nexuses = distinct(below[(below >= index.first["nexus"]) & (below < index.first["divide"])])
    notes = []
    for nexus in nexuses.tolist():
        joining = index.above.of(np.array([nexus]))
        others = np.setdiff1d(joining[joining < index.first["nexus"]], starts)
        if others.size:
            names, (name,) = name_some(index.ids(others, "flowpath")), index.names([nexus])
            notes.append(
                f"{found.place.asked}: {names} also drain{'s' * (others.size == 1)} to {name}"
                f" and {'is' if others.size == 1 else 'are'} not part of it; choose {name} for all"
            )
    return notes


def _areas(region: Region) -> list[tuple[Place, BaseGeometry, Any]]:
    areas: list[tuple[Place, BaseGeometry, Any]] = []
    if region.bbox is not None:
        text = ",".join(f"{value:g}" for value in region.bbox)
        areas.append((Place(text, "bbox"), rectangle(*_checked(region.bbox)), GEOGRAPHIC))
    if region.polygon is not None:
        area, system = read_polygon(region.polygon)
        areas.append((Place(str(region.polygon), "polygon"), area, system))
    return areas


def _checked(bbox: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = bbox
    text = ",".join(f"{value:g}" for value in bbox)
    order = "the order is west,south,east,north in degrees, such as -112,41.5,-111,42"
    if not all(math.isfinite(value) for value in bbox) or max(abs(south), abs(north)) > 90:
        raise InputError(f"bounding box {text}: latitudes lie between -90 and 90", hint=order)
    if max(abs(west), abs(east)) > 180:
        raise InputError(f"bounding box {text}: longitudes lie between -180 and 180", hint=order)
    if west >= east or south >= north:
        raise InputError(
            f"bounding box {text}: west must be less than east, south less than north",
            hint=order + "; cut a box across the date line in two",
        )
    return bbox


def _nothing_in(
    index: FabricIndex, place: Place, area: BaseGeometry, system: Any, outside: float, rule: str
) -> CoverageError:
    if outside < 1.0 - 1e-9 and rule != "overlap":
        return CoverageError(
            f"no catchment of {index.fabric.name} fits the {place.kind} {place.asked} by the rule {rule!r}",
            hint="take every catchment that it overlaps",
        )
    away = ""
    if system == GEOGRAPHIC:
        middle = area.centroid
        near = catchment_at(index, middle.x, middle.y)
        if near is not None:
            (name,) = index.names([near.node])
            away = f"; the nearest catchment, {name}, is {kilometres(near.km)} from its middle"
    return CoverageError(
        f"the {place.kind} {place.asked} lies outside {index.fabric.name}{away}",
        hint="coordinates are longitude, then latitude; check the reference system of a polygon",
    )
