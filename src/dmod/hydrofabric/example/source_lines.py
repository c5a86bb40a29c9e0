"""The finer flowlines that each flowpath is said to be made of, and the rows of the network table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.example.locations import Locations

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

MORE_THAN_ONE = 1.6
"""Flowlines that a flowpath has beyond the first, in the mean."""

MOST = 12


@dataclass(frozen=True, slots=True)
class SourceLines:
    """Source flowlines, numbered from the outlet up; each flowpath has one or several in a row.

    Parameters
    ----------
    start : number of the lowest flowline of each flowpath, 0 at the outlet
    mainstem : number of the lowest flowline of each flowpath's main stem
    total : how many there are
    flowpath, line, location : per row of the network table, the flowpath, the flowline's number and the
        hydrolocation at the flowpath's lower end, -1 for none
    length : of the flowline in each row [km]
    """

    start: Index
    mainstem: Index
    total: int
    flowpath: Index
    line: Index
    location: Index
    length: Floats


def break_up(
    length: Floats,
    hydroseq: Index,
    mainstem: Index,
    downstream: Index,
    locations: Locations,
    random: np.random.Generator,
) -> SourceLines:
    """Break flowpaths into flowlines.

    Parameters
    ----------
    length : of the flowpaths [km]
    hydroseq : 1 at the outlet
    mainstem : hydroseq of the lowest flowpath of the same main stem
    """
    n = length.size
    count = np.minimum(1 + random.poisson(MORE_THAN_ONE, n), MOST)
    rising = np.argsort(hydroseq, kind="stable")
    start = np.empty(n, np.int64)
    start[rising] = np.cumsum(count[rising]) - count[rising]
    piece = _pieces(length[rising], count[rising], random)
    at = _locations_below(downstream, locations)
    first, several = at.first[:-1], np.maximum(np.diff(at.first), 1)
    falling = rising[::-1]
    rows = (count * several)[falling]
    flowpath = np.repeat(falling, rows)
    within = np.arange(rows.sum()) - np.repeat(np.cumsum(rows) - rows, rows)
    line = start[flowpath] + within // several[flowpath]
    known = np.append(at.location, -1)
    place = np.where(np.diff(at.first)[flowpath] > 0, first[flowpath] + within % several[flowpath], -1)
    return SourceLines(
        start=start,
        mainstem=start[rising][mainstem - 1],
        total=int(count.sum()),
        flowpath=flowpath,
        line=line,
        location=known[place],
        length=piece[line],
    )


@dataclass(frozen=True, slots=True)
class _Grouped:
    """Hydrolocations at the lower end of each flowpath: those of i are location[first[i] : first[i + 1]]."""

    first: Index
    location: Index


def _locations_below(downstream: Index, locations: Locations) -> _Grouped:
    """Find them for every flowpath that drains to the nexus, also those that do not stand for it."""
    n = downstream.size
    of_nexus: list[list[int]] = [[] for _ in range(n + 1)]  # the last: of the outlet's nexus
    for number, flowpath in enumerate(locations.flowpath[locations.poi].tolist()):
        of_nexus[int(downstream[flowpath])].append(number)
    found = [of_nexus[i] for i in downstream.tolist()]
    first = np.concatenate(([0], np.cumsum([len(numbers) for numbers in found])))
    return _Grouped(first, np.array([i for numbers in found for i in numbers], dtype=np.int64))


def _pieces(length: Floats, count: Index, random: np.random.Generator) -> Floats:
    """Break lengths into pieces that add up to them."""
    share = random.gamma(2.0, size=int(count.sum())) + 0.05
    share /= np.repeat(np.add.reduceat(share, np.cumsum(count) - count), count)
    return np.asarray(share * np.repeat(length, count))
