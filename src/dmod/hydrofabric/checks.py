"""Everything that is wrong with a hydrofabric, found at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import Problem
from dmod.hydrofabric.channels import find_channel_problems
from dmod.hydrofabric.fabric import Flowpaths, Hydrofabric, Index, through

LARGEST_AREA_KM2 = 20_000.0

_CATCHMENT_PREFIXES = frozenset({"cat", "agg", "wb"})
_NEXUS_PREFIXES = frozenset({"nex", "tnx", "cnx", "inx"})
_BELOW_NEXUS = frozenset({"wb", "cat", "agg", "fp"})


def find_problems(fabric: Hydrofabric, *, routing: bool = False) -> list[Problem]:
    """Return every problem of a fabric, errors first.

    Parameters
    ----------
    routing : whether the rivers are to be routed: what is missing or impossible in the flowpath
        attributes is then an error, otherwise a warning
    """
    problems = [
        *fabric.notes,
        *_identifiers(fabric),
        *_areas(fabric),
        *_ends_of_catchments(fabric),
        *_ends_of_nexuses(fabric),
        *_cycles(fabric),
        *_orphans(fabric),
        *_attributes_of_divides(fabric),
        *_flowpaths(fabric),
        *find_channel_problems(fabric, routing=routing),
    ]
    return sorted(problems, key=lambda problem: not problem.is_error)


def _place(fabric: Hydrofabric, part: str) -> str:
    return fabric.places.get(part, part)


def _where(ids: Sequence[str], wrong: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(ids[i] for i in np.flatnonzero(wrong).tolist())


def _identifiers(fabric: Hydrofabric) -> Iterator[Problem]:
    kinds = [("divides", fabric.catchments.ids, _CATCHMENT_PREFIXES)]
    kinds += [("nexus", fabric.nexuses.ids, _NEXUS_PREFIXES)]
    if fabric.flowpaths is not None:
        kinds += [("flowpaths", fabric.flowpaths.ids, frozenset({"wb", "fp"}))]
    if not fabric.catchments.ids:
        yield Problem("error", "no-catchments", "the fabric has no catchments", _place(fabric, "divides"))
    for part, ids, prefixes in kinds:
        place = _place(fabric, part)
        if missing := ids.count(""):
            yield Problem("error", "null-id", f"{missing} row(s) have no id", place)
        strange = tuple(i for i in ids if i and i.split("-")[0] not in prefixes)
        if strange:
            hint = "ids start with " + ", ".join(f"{prefix}-" for prefix in sorted(prefixes))
            yield Problem("warning", "unknown-prefix", "ids have another prefix", place, strange, hint)
        repeated = tuple(i for i, count in Counter(ids).items() if i and count > 1)
        if repeated and part == "nexus":
            message = "nexuses drain to more than one place"
            hint = "the network must be dendritic: keep one toid for each nexus"
            yield Problem("error", "non-dendritic-nexus", message, place, repeated, hint)
        elif repeated:
            hint = "keep one row for each id"
            yield Problem("error", "duplicate-id", "ids are given more than once", place, repeated, hint)


def _areas(fabric: Hydrofabric) -> Iterator[Problem]:
    ids, area = fabric.catchments.ids, fabric.catchments.area_km2
    place = _place(fabric, "divides")
    hint = "give the area in km² in column areasqkm"
    missing = _where(ids, np.isnan(area))
    if missing:
        yield Problem("error", "missing-area", "catchments have no area", place, missing, hint)
    negative = _where(ids, area <= 0)
    if negative:
        yield Problem("error", "non-positive-area", "areas are zero or negative", place, negative, hint)
    huge = _where(ids, area > LARGEST_AREA_KM2)
    if huge:
        message = f"areas exceed {LARGEST_AREA_KM2:g} km²"
        yield Problem("warning", "implausible-area", message, place, huge, hint)


def _ends_of_catchments(fabric: Hydrofabric) -> Iterator[Problem]:
    parts: list[tuple[str, str, Sequence[str], Sequence[str], Index]] = [
        ("divides", "catchment", fabric.catchments.ids, fabric.catchments.toid, fabric.catchments.nexus)
    ]
    if fabric.flowpaths is not None:
        flowpaths = fabric.flowpaths
        parts.append(("flowpaths", "flowpath", flowpaths.ids, flowpaths.toid, fabric.flowpath_nexus))
    for part, noun, ids, toid, nexus in parts:
        empty = np.array([not below for below in toid], dtype=bool)
        none = _where(ids, empty)
        if none:
            hint = "each drains to one nexus, named in toid"
            message = f"{noun}s drain to no nexus: toid is empty"
            yield Problem("error", f"{noun}-without-nexus", message, _place(fabric, part), none, hint)
        dangling = [(ids[i], toid[i]) for i in np.flatnonzero((nexus < 0) & ~empty).tolist()]
        if dangling:
            yield _dangling(_place(fabric, part), dangling, f"{noun}s drain to a nexus that is not there")


def _dangling(place: str, pairs: Iterable[tuple[str, str]], message: str) -> Problem:
    named = tuple(f"{above} → {below}" for above, below in pairs)
    hint = "correct toid, or add the row it names"
    return Problem("error", "dangling-toid", message, place, named, hint)


def _ends_of_nexuses(fabric: Hydrofabric) -> Iterator[Problem]:
    """Judge the nexuses that drain out of the fabric: an outlet has the number of what lies below it."""
    nexuses = fabric.nexuses
    found = (fabric.nexus_flowpath >= 0) | (fabric.nexus_catchment >= 0)
    out = [
        (nexuses.ids[i], nexuses.toid[i])
        for i, below in enumerate(nexuses.toid)
        if below and not found[i] and nexuses.ids[i]
    ]
    place = _place(fabric, "nexus")
    wrong = [pair for pair in out if pair[1].split("-")[0] not in _BELOW_NEXUS]
    if wrong:
        yield _dangling(place, wrong, "nexuses drain to something that is no catchment or flowpath")
    other = [pair for pair in out if pair not in wrong and _number(pair[0]) != _number(pair[1])]
    if other:
        yield Problem(
            "warning",
            "drains-outside",
            "nexuses drain to a flowpath that is not there; their water leaves the fabric",
            place,
            tuple(f"{above} → {below}" for above, below in other),
            "right at the outlet of a subset; elsewhere correct toid",
        )


def _number(identifier: str) -> str:
    return identifier.partition("-")[2]


def _cycles(fabric: Hydrofabric) -> Iterator[Problem]:
    """Walk every cycle, naming the nexuses between."""
    walks = [
        ("divides", fabric.catchments.ids, fabric.catchments.nexus, fabric.nexus_catchment),
    ]
    if fabric.flowpaths is not None:
        walks.append(("flowpaths", fabric.flowpaths.ids, fabric.flowpath_nexus, fabric.nexus_flowpath))
    for part, ids, nexus, below_nexus in walks:
        for cycle in cycles_of(through(nexus, below_nexus)):
            steps = [name for i in cycle for name in (ids[i], fabric.nexuses.ids[nexus[i]])]
            yield Problem(
                "error",
                "cycle",
                f"water runs in a circle: {' → '.join([*steps, ids[cycle[0]]])}",
                _place(fabric, part),
                tuple(ids[i] for i in cycle),
                "correct one of these toid entries so that the water reaches an outlet",
            )


def cycles_of(downstream: Index) -> list[list[int]]:
    """Return every cycle of a network in which each node drains to at most one other (-1: none)."""
    below = downstream.tolist()
    walk_of = [0] * len(below)
    cycles = []
    for start in range(len(below)):
        walk, node = [], start
        while node >= 0 and not walk_of[node]:
            walk_of[node] = start + 1
            walk.append(node)
            node = below[node]
        if node >= 0 and walk_of[node] == start + 1 and walk:
            cycles.append(walk[walk.index(node) :])
    return cycles


def _orphans(fabric: Hydrofabric) -> Iterator[Problem]:
    count = len(fabric.nexuses)
    fed = np.zeros(count + 1, dtype=bool)
    fed[fabric.catchments.nexus] = True
    fed[fabric.flowpath_nexus] = True
    orphans = _where(fabric.nexuses.ids, ~fed[:count])
    if orphans:
        message = "nexuses receive no water from any catchment or flowpath"
        yield Problem("warning", "orphan-nexus", message, _place(fabric, "nexus"), orphans)
    if fabric.flowpaths is not None:
        dry = np.ones(len(fabric.flowpaths) + 1, dtype=bool)
        dry[fabric.catchment_flowpath] = False
        dry[fabric.nexus_flowpath[fed[:count]]] = False
        orphans = _where(fabric.flowpaths.ids, dry[:-1])
        if orphans:
            message = "flowpaths receive no water: no catchment of their own and no nexus above"
            yield Problem("warning", "orphan-flowpath", message, _place(fabric, "flowpaths"), orphans)


def _attributes_of_divides(fabric: Hydrofabric) -> Iterator[Problem]:
    if "divide_attributes" not in fabric.places:
        return
    place = fabric.places["divide_attributes"]
    table = next(
        (fabric.table(name) for name in ("divide-attributes", "model-attributes") if fabric.table(name)), {}
    )
    known = set(table.get("divide_id", table.get("id", np.array([]))).tolist())
    without = tuple(identifier for identifier in fabric.catchments.ids if identifier not in known)
    if without:
        message = "catchments have no row of attributes"
        hint = "module configurations cannot be derived for them"
        yield Problem("warning", "missing-divide-attributes", message, place, without, hint)


def _flowpaths(fabric: Hydrofabric) -> Iterator[Problem]:
    flowpaths, catchments = fabric.flowpaths, fabric.catchments
    if flowpaths is None:
        return
    place = _place(fabric, "flowpaths")
    known = fabric.catchment_index
    lost = tuple(
        f"{wb} → {divide}"
        for wb, divide in zip(flowpaths.ids, flowpaths.divide_id, strict=True)
        if divide and divide not in known
    )
    if lost:
        message = "flowpaths name a catchment that is not there"
        yield Problem("warning", "flowpath-without-divide", message, place, lost, "add the catchment")
    bare = _where(flowpaths.ids, _should_have_divide(flowpaths))
    if bare:
        message = "flowpaths have no catchment although they should"
        yield Problem("warning", "flowpath-without-divide", message, place, bare, "name it in divide_id")
    own = fabric.catchment_flowpath
    expected = _flag(catchments.attributes.get("has_flowline"), len(catchments))
    without = _where(catchments.ids, (own < 0) & expected)
    if without:
        message = "catchments have no flowpath; their water enters the river at the next one below"
        yield Problem("warning", "divide-without-flowpath", message, _place(fabric, "divides"), without)
    ends = fabric.flowpath_nexus
    differ = (own >= 0) & (catchments.nexus >= 0)
    differ[differ] = ends[own[differ]] != catchments.nexus[differ]
    apart = _where(catchments.ids, differ)
    if apart:
        message = "catchment and flowpath drain to different nexuses"
        yield Problem("warning", "toid-differs", message, _place(fabric, "divides"), apart)


def _should_have_divide(flowpaths: Flowpaths) -> NDArray[np.bool_]:
    empty = np.array([not divide for divide in flowpaths.divide_id], dtype=bool)
    return empty & _flag(flowpaths.attributes.get("has_divide"), len(flowpaths))


def _flag(column: NDArray[np.float64] | None, count: int) -> NDArray[np.bool_]:
    """Return a yes/no column; yes where it is absent or null."""
    if column is None or column.dtype == object:
        return np.ones(count, dtype=bool)
    return np.not_equal(column, 0.0)
