"""From what is asked for to where it stands in the network."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dmod.errors import CoverageError, InputError, NotFoundError
from dmod.hydrofabric.subset.areas import catchment_at
from dmod.hydrofabric.subset.domain import DOMAINS, SEVERAL, as_domain, split_namespace
from dmod.hydrofabric.subset.graph import Index
from dmod.hydrofabric.subset.index import FabricIndex
from dmod.hydrofabric.subset.near import VPU, near_names
from dmod.hydrofabric.subset.places import GAUGE, POINT, gauge_number, place_key
from dmod.hydrofabric.subset.region import Place

FORMS = (
    "write gage-10109001, cat-7, wb-7, nex-7, poi-18025, a location such as nid-UT00310,"
    " vpu-16, or latitude,longitude"
)

_POINT = re.compile(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*,\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*$")
_NAMES = {"flowpath": "flowpath", "nexus": "nexus", "divide": "catchment"}


@dataclass(frozen=True, slots=True)
class Found:
    """A place and the nodes of the network that it stands for.

    Parameters
    ----------
    whole : the nodes are all that is meant; otherwise everything that drains to them belongs to it
    """

    place: Place
    nodes: Index
    whole: bool = False


def find_place(index: FabricIndex, text: str) -> Found | None:
    """Return where a place is, None if the fabric does not have it.

    Raises
    ------
    InputError
        it is written wrongly, or is of another domain.
    CoverageError
        it is a point outside the fabric.
    """
    asked = text.strip()
    namespace, name = split_namespace(asked)
    require_domain(index, namespace, asked)
    if not name:
        raise InputError("a place is empty", hint=FORMS)
    if point := _POINT.match(name):
        return _at_point(index, asked, float(point[1]), float(point[2]))
    if name.lower().startswith(VPU):
        return _vpu(index, asked, name[len(VPU) :])
    node = max(index.find(name), index.find(name.lower()))
    if node >= 0:
        return _feature(index, asked, node)
    key = place_key(name)
    nodes = index.find_place(key)
    if not nodes.size:
        key = GAUGE + key
        nodes = index.find_place(key)
    if not nodes.size:
        return None
    kind = "gauge" if key.startswith(GAUGE) else "poi" if key.startswith(POINT) else "location"
    return Found(Place(asked, kind, index.names(nodes)), nodes)


def find_places(index: FabricIndex, places: Sequence[str]) -> list[Found]:
    """Return where several places are.

    Raises
    ------
    NotFoundError
        some are not in the fabric; names that are near are listed.
    """
    found = [find_place(index, text) for text in places]
    missing = [text for text, place in zip(places, found, strict=True) if place is None]
    if missing:
        lines = [f"{name}: {_suggestion(index, name)}" for name in missing[:10]]
        what = "that place" if len(missing) == 1 else f"{len(missing)} of the places"
        raise NotFoundError(
            f"{index.fabric.name} does not have {what}: {', '.join(missing[:10])}"
            + ("" if len(missing) <= 10 else f" and {len(missing) - 10} more"),
            hint="\n        ".join(lines),
        )
    return [place for place in found if place is not None]


def _suggestion(index: FabricIndex, name: str) -> str:
    bare = split_namespace(name)[1]
    near = near_names(index, bare)
    if near:
        return f"did you mean {', '.join(near)}?"
    if gauge_number(bare) and not _has_gauges(index):
        return "the fabric has no gauges at all; choose by catchment, nexus or point"
    return FORMS


def _has_gauges(index: FabricIndex) -> bool:
    names = index.arrays["place.name"]
    at = int(np.searchsorted(names, np.bytes_(GAUGE.encode())))
    return at < len(names) and names[at].startswith(GAUGE.encode())


def require_domain(index: FabricIndex, asked: str, what: str) -> None:
    """Refuse to look for something of one domain in the fabric of another.

    Raises
    ------
    InputError
        the domains differ: the same numbers mean other places there.
    """
    if not asked:
        return
    wanted = as_domain(asked)
    if index.domain and wanted != index.domain:
        own = DOMAINS.get(index.domain, "several domains")
        advice = f"give the fabric of {DOMAINS[wanted]}"
        if index.domain == SEVERAL:
            advice = "split the file by domain first"
        raise InputError(
            f"{what}: {index.fabric.name} covers {own}, not {DOMAINS[wanted]};"
            " the same ids are other places there",
            hint=advice,
        )


def agreed_domain(index: FabricIndex, places: Sequence[str], asked: str) -> str:
    """Return the domain that everything asked for is of: the fabric's, else the one that is asked for.

    Raises
    ------
    InputError
        it is of several domains, or of another than the fabric.
    """
    named = {place: split_namespace(place)[0] for place in places}
    named["the domain asked for"] = as_domain(asked) if asked else ""
    for what, domain in named.items():
        require_domain(index, domain, what)
    found = sorted(set(named.values()) - {""})
    if len(found) > 1:
        raise InputError(
            f"places of several domains are asked for at once: {', '.join(found)}",
            hint="cut each domain from its own fabric: the same ids are other places there",
        )
    return index.domain or (found[0] if found else "")


def kilometres(distance: float) -> str:
    """Return a distance as text with about three digits."""
    return f"{distance:,.0f} km" if distance >= 100 else f"{distance:.3g} km"


def _feature(index: FabricIndex, asked: str, node: int) -> Found:
    kind = index.kind_of(node)
    place = Place(asked, _NAMES[kind], index.names([node]))
    return Found(place, np.array([node]) if kind != "divide" else _outlet_of(index, node))


def _outlet_of(index: FabricIndex, divide: int) -> Index:
    """Return the flowpaths of a catchment, through which everything above it comes; itself without any."""
    below = index.down.of(np.array([divide]))
    flowpaths = below[below < index.first["nexus"]]
    return flowpaths if flowpaths.size else np.array([divide])


def _vpu(index: FabricIndex, asked: str, name: str) -> Found | None:
    names = [unit.lower() for unit in index.facts["vpus"]]
    wanted = name.strip().lower()
    if not wanted or wanted not in names:
        return None
    nodes = np.flatnonzero(index.arrays["vpu"] == names.index(wanted))
    return Found(Place(asked, "vpu"), nodes, whole=True)


def _at_point(index: FabricIndex, asked: str, latitude: float, longitude: float) -> Found:
    if (
        not (math.isfinite(latitude) and math.isfinite(longitude))
        or abs(latitude) > 90
        or abs(longitude) > 360
    ):
        swapped = abs(longitude) <= 90 and abs(latitude) <= 360
        raise InputError(
            f"{asked} is no point: the latitude comes first, -90 to 90",
            hint=f"did you mean {longitude:g},{latitude:g}?" if swapped else "write 41.74,-111.79",
        )
    near = catchment_at(index, longitude, latitude)
    if near is None:
        raise CoverageError(f"{asked} lies outside {index.fabric.name}", hint="choose by id instead")
    (name,) = index.names([near.node])
    if near.km > 0:
        raise CoverageError(
            f"{asked} lies outside {index.fabric.name}:"
            f" the nearest catchment, {name}, is {kilometres(near.km)} away",
            hint=f"the latitude comes first; give a point inside a catchment, or {name}",
        )
    return Found(Place(asked, "point", (name,)), _outlet_of(index, near.node))
