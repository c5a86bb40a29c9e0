"""What is wrong with a division of a hydrofabric, found at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import Problem
from dmod.hydrofabric.fabric import Hydrofabric
from dmod.hydrofabric.partition.connections import connections_of
from dmod.hydrofabric.partition.drainage import Drainage, drainage_of
from dmod.hydrofabric.partition.partitioning import Partitioning

_CUT_HINT = "cut only where all contributors are in other parts than the catchment below"
_Row = tuple[int, int, bool, int, int]


def check_partitioning(fabric: Hydrofabric, partitioning: Partitioning, *, where: str = "") -> list[Problem]:
    """Return everything that keeps a division from being run: none if it is sound.

    It is sound if every catchment is in one part and no part is empty, if no nexus has contributors both in
    the part of the catchment below it and in another (the framework waits for ever there), if the
    contributors of a nexus where the water ends share a part (two parts would write one file), and if
    each flow that crosses is listed by the part that sends it and by the part that receives it.

    Parameters
    ----------
    where : file that the partitioning comes from

    Raises
    ------
    HydrofabricError
        the fabric's network is not sound.
    """
    drainage = drainage_of(fabric)
    count, parts = partitioning.part.size, partitioning.parts
    if count != len(fabric.catchments):
        message = f"the parts are of {count} catchments, the fabric has {len(fabric.catchments)}"
        return [Problem("error", "other-fabric", message, where, hint="give the fabric that was cut")]
    return [
        *_members(fabric, partitioning, where),
        *_parts(partitioning, where),
        *_cuts(fabric, drainage, np.where(partitioning.part < parts, partitioning.part, -1), where),
        *_listed(fabric, drainage, partitioning, where),
    ]


def _members(fabric: Hydrofabric, partitioning: Partitioning, where: str) -> Iterator[Problem]:
    ids, part = fabric.catchments.ids, partitioning.part
    missing = tuple(ids[i] for i in np.flatnonzero(part < 0).tolist())
    if missing:
        hint = "list each catchment of the fabric in one part"
        yield Problem("error", "missing-catchment", "catchments are in no part", where, missing, hint)
    beyond = tuple(ids[i] for i in np.flatnonzero(part >= partitioning.parts).tolist())
    if beyond:
        message = f"catchments are in parts that do not exist; there are {partitioning.parts}"
        yield Problem("error", "unknown-part", message, where, beyond)


def _parts(partitioning: Partitioning, where: str) -> Iterator[Problem]:
    empty = np.setdiff1d(np.arange(partitioning.parts), partitioning.part)
    if empty.size:
        hint = "cut into fewer parts: a rank without catchments has nothing to do"
        numbers = tuple(str(number) for number in empty.tolist())
        yield Problem("error", "empty-part", "parts have no catchments", where, numbers, hint)


def _cuts(fabric: Hydrofabric, drainage: Drainage, part: NDArray[np.int64], where: str) -> Iterator[Problem]:
    nexus, below = drainage.nexus, drainage.below
    theirs = np.where(below >= 0, part[below], -1)
    known = (part >= 0) & (theirs >= 0)
    local = np.unique(nexus[known & (theirs == part)])
    remote = np.unique(nexus[known & (theirs != part)])
    mixed = _nexus_ids(fabric, np.intersect1d(local, remote))
    if mixed:
        message = "nexuses have contributors in the part of the catchment below and in others"
        yield Problem("error", "mixed-nexus", message, where, mixed, _CUT_HINT)
    ends = (part >= 0) & (below < 0)
    pairs = np.unique(np.column_stack((nexus[ends], part[ends])), axis=0)
    at, times = np.unique(pairs[:, 0], return_counts=True)
    torn = _nexus_ids(fabric, at[times > 1])
    if torn:
        message = "nexuses where the water ends have contributors in several parts"
        hint = "keep them together: each part would write the flow of the nexus to the same file"
        yield Problem("error", "split-outlet", message, where, torn, hint)


def _listed(
    fabric: Hydrofabric, drainage: Drainage, partitioning: Partitioning, where: str
) -> Iterator[Problem]:
    """Compare what is listed with what must be, entry by entry."""
    part = np.where(partitioning.part < partitioning.parts, partitioning.part, -1)
    due = set(connections_of(drainage, part).rows)
    listed = set(partitioning.connections.rows)
    pairs = {_pair(row) for row in listed & due}
    missing = sorted(due - listed)
    one_sided = [row for row in missing if _pair(row) in pairs]
    unlisted = [row for row in missing if _pair(row) not in pairs]
    kinds: list[tuple[str, str, str, Sequence[_Row]]] = [
        (
            "one-sided-connection",
            "flows are not listed completely by both of their parts",
            "list what is missing",
            one_sided,
        ),
        ("missing-connection", "flows that cross between parts are not listed", "list both sides", unlisted),
        (
            "unneeded-connection",
            "connections are listed where no flow crosses",
            "remove them: a part would wait for what is never sent",
            sorted(listed - due),
        ),
    ]
    for code, message, hint, rows in kinds:
        if rows:
            yield Problem("error", code, message, where, tuple(_described(fabric, rows)), hint)


def _pair(row: _Row) -> tuple[int, int, int]:
    """Return what the two sides of a flow share: nexus, sending part, receiving part."""
    part, nexus, sends, remote, _ = row
    return (nexus, part, remote) if sends else (nexus, remote, part)


def _described(fabric: Hydrofabric, rows: Iterable[_Row]) -> Iterator[str]:
    for part, nexus, sends, remote, catchment in rows:
        way = "→" if sends else "←"
        names = f"{fabric.nexuses.ids[nexus]} {way} {fabric.catchments.ids[catchment]}"
        yield f"part {part}: {names} of part {remote}"


def _nexus_ids(fabric: Hydrofabric, indices: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(fabric.nexuses.ids[i] for i in indices.tolist())
