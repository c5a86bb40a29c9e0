"""What is wrong with the channels and lakes: needed for routing, of no concern otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from dmod.core.problem import Problem, Severity
from dmod.hydrofabric.assemble import numbers
from dmod.hydrofabric.fabric import ROUTING_ATTRIBUTES, Flowpaths, Hydrofabric, Lakes


@dataclass(frozen=True, slots=True)
class Range:
    """Values that a channel attribute can take: ``low`` to ``high``; beyond ``usual`` it is doubtful."""

    low: float
    high: float
    usual: float
    meaning: str
    above_low: bool = True

    def impossible(
        self, values: np.ndarray[tuple[int], np.dtype[np.float64]]
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return where a value lies outside what is physically possible."""
        below = values <= self.low if self.above_low else values < self.low
        return below | (values > self.high)


CHANNEL_RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "n": Range(0.0, 10.0, 1.0, "Manning's roughness of the channel [s m-1/3]"),
        "nCC": Range(0.0, 10.0, 2.0, "Manning's roughness of the flood plain [s m-1/3]"),
        "So": Range(0.0, 10.0, 1.0, "bed slope [m m-1]"),
        "BtmWdth": Range(0.0, 1e5, 1e4, "bottom width [m]"),
        "TopWdth": Range(0.0, 1e5, 1e4, "top width [m]"),
        "TopWdthCC": Range(0.0, 1e6, 1e5, "top width of the flood plain [m]"),
        "ChSlp": Range(0.0, 1e4, 1e3, "side slope of the channel [m m-1]"),
        "MusX": Range(0.0, 0.5, 0.5, "Muskingum X [-]", above_low=False),
        "MusK": Range(0.0, 1e7, 1e6, "Muskingum K [s]"),
    }
)
LENGTH_RANGE = Range(0.0, 1e6, 2e5, "length of the flowpath [m]")

_LAKE_ATTRIBUTES = ("LkArea", "LkMxE", "WeirL", "WeirE", "WeirC", "OrificeA", "OrificeC", "OrificeE", "ifd")


def find_channel_problems(fabric: Hydrofabric, *, routing: bool = False) -> Iterator[Problem]:
    """Yield what is missing or impossible in the attributes of flowpaths and lakes."""
    severity: Severity = "error" if routing else "warning"
    flowpaths = fabric.flowpaths
    place = fabric.places.get("flowpath_attributes", fabric.places.get("flowpaths", fabric.source.name))
    if flowpaths is None or not flowpaths.has_routing_attributes:
        lacking = "flowpaths" if flowpaths is None else "table of flowpath attributes"
        message = f"the fabric has no {lacking}: the rivers cannot be routed"
        hint = "use a fabric with flowpath-attributes, or run without routing"
        yield Problem(severity, "no-flowpath-attributes", message, fabric.source.name, (), hint)
        return
    yield from _missing(flowpaths, severity, place)
    yield from _out_of_range(flowpaths, severity, place)
    yield from _widths(flowpaths, severity, place)
    yield from _lakes(flowpaths, fabric.lakes, severity, fabric.places.get("lakes", "lakes"))


def _missing(flowpaths: Flowpaths, severity: Severity, place: str) -> Iterator[Problem]:
    columns = {name: numbers(flowpaths.attributes, name, len(flowpaths)) for name in ROUTING_ATTRIBUTES}
    columns["length_m"] = flowpaths.length_m
    for name, values in columns.items():
        absent = tuple(flowpaths.ids[i] for i in np.flatnonzero(np.isnan(values)))
        if absent:
            message = f"flowpaths have no {name}"
            hint = "routing needs it for every flowpath"
            yield Problem(severity, "missing-routing-attribute", message, place, absent, hint)


def _out_of_range(flowpaths: Flowpaths, severity: Severity, place: str) -> Iterator[Problem]:
    columns = {name: numbers(flowpaths.attributes, name, len(flowpaths)) for name in CHANNEL_RANGES}
    checked = [(name, columns[name], CHANNEL_RANGES[name]) for name in CHANNEL_RANGES]
    for name, values, allowed in [*checked, ("length_m", flowpaths.length_m, LENGTH_RANGE)]:
        impossible = allowed.impossible(values)
        if impossible.any():
            first = int(np.flatnonzero(impossible)[0])
            message = (
                f"{name} is impossible, as {values[first]:g} of {flowpaths.ids[first]}: {allowed.meaning}"
            )
            hint = f"above {allowed.low:g}, at most {allowed.high:g}"
            ids = tuple(flowpaths.ids[i] for i in np.flatnonzero(impossible))
            yield Problem(severity, "impossible-attribute", message, place, ids, hint)
        doubtful = tuple(flowpaths.ids[i] for i in np.flatnonzero((values > allowed.usual) & ~impossible))
        if doubtful:
            message = f"{name} exceeds {allowed.usual:g}: {allowed.meaning}"
            yield Problem("warning", "implausible-attribute", message, place, doubtful, "check its unit")


def _widths(flowpaths: Flowpaths, severity: Severity, place: str) -> Iterator[Problem]:
    for narrow, wide in (("BtmWdth", "TopWdth"), ("TopWdth", "TopWdthCC")):
        inner = numbers(flowpaths.attributes, narrow, len(flowpaths))
        outer = numbers(flowpaths.attributes, wide, len(flowpaths))
        ids = tuple(flowpaths.ids[i] for i in np.flatnonzero(inner > outer))
        if ids:
            message = f"{narrow} exceeds {wide}: the channel would narrow upwards"
            yield Problem(severity, "impossible-attribute", message, place, ids, "check both columns")


def _lakes(flowpaths: Flowpaths, lakes: Lakes | None, severity: Severity, place: str) -> Iterator[Problem]:
    known = set(() if lakes is None else lakes.ids)
    named = {lake: wb for wb, lake in zip(flowpaths.ids, flowpaths.waterbody, strict=True) if lake}
    lost = tuple(f"{wb} → {lake}" for lake, wb in named.items() if lake not in known)
    if lost:
        message = "flowpaths lie in lakes that the lakes table lacks; they are routed as rivers"
        yield Problem("warning", "unknown-lake", message, place, lost)
    if lakes is None:
        return
    used = np.array([lake in named for lake in lakes.ids], dtype=bool)
    for name in _LAKE_ATTRIBUTES:
        values = numbers(lakes.attributes, name, len(lakes))
        absent = tuple(lakes.ids[i] for i in np.flatnonzero(np.isnan(values) & used))
        if absent:
            yield Problem(severity, "missing-lake-attribute", f"lakes have no {name}", place, absent)
    area = numbers(lakes.attributes, "LkArea", len(lakes))
    flat = tuple(lakes.ids[i] for i in np.flatnonzero((area <= 0) & used))
    if flat:
        yield Problem(severity, "impossible-attribute", "LkArea is zero or negative [km²]", place, flat)
