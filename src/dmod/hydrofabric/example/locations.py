"""Gauges, sub-basin outlets and reservoirs along the rivers of an example basin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]

CATCHMENTS_PER_GAUGE = 80
CATCHMENTS_PER_OUTLET = 12
GAUGED_SIZES = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000)
"""Catchments upstream of gauges that every basin has, as far as it is large enough (about)."""


@dataclass(frozen=True, slots=True)
class Locations:
    """Hydrolocations, each at the lower end of a flowpath; those of one flowpath are one point of interest.

    Of several flowpaths that meet at a nexus only the largest has any.

    Parameters
    ----------
    kind : gages, huc12, wbin (inflow of a lake), wbout (its outflow), nid (its dam)
    poi : index of each location's point of interest
    lake : flowpath of the lake that each belongs to, -1 for none
    flowpath : per point of interest
    """

    kind: tuple[str, ...]
    poi: Index
    lake: Index
    flowpath: Index

    @property
    def gauged(self) -> Index:
        """Flowpaths with a gauge."""
        of_gauges = np.array([kind == "gages" for kind in self.kind], dtype=bool)
        return np.asarray(self.flowpath[self.poi[of_gauges]])


def choose_locations(
    downstream: Index,
    upstream_count: Index,
    drainage: NDArray[np.float64],
    lakes: Index,
    random: np.random.Generator,
) -> Locations:
    """Choose them.

    Parameters
    ----------
    downstream : flowpath below, -1 at the outlet
    upstream_count : catchments that drain through each flowpath, its own included
    drainage : area that drains through each
    lakes : flowpaths that are lakes
    """
    largest = _largest_above(downstream, drainage)
    main = np.zeros(downstream.size, dtype=bool)
    main[largest[largest >= 0]] = True
    main[downstream < 0] = True
    found = [("gages", i, -1) for i in _gauges(downstream, upstream_count, main, random).tolist()]
    outlets = random.permutation(np.flatnonzero(main))[: downstream.size // CATCHMENTS_PER_OUTLET]
    found += [("huc12", i, -1) for i in np.sort(outlets).tolist()]
    for lake in lakes.tolist():
        if main[lake]:
            found += [("wbout", lake, lake), ("nid", lake, lake)]
        if largest[lake] >= 0:
            found.append(("wbin", int(largest[lake]), lake))
    at = np.array([i for _, i, _ in found], dtype=np.int64)
    flowpath, poi = np.unique(at, return_inverse=True)
    lake_of = np.array([lake for *_, lake in found], dtype=np.int64)
    return Locations(tuple(kind for kind, *_ in found), poi, lake_of, flowpath)


def _largest_above(downstream: Index, drainage: NDArray[np.float64]) -> Index:
    """Return for each flowpath the one that drains most of those that end at its head, -1 for none."""
    largest = np.full(downstream.size, -1)
    rising = np.argsort(drainage, kind="stable")
    rising = rising[downstream[rising] >= 0]
    largest[downstream[rising]] = rising  # the largest is written last
    return largest


def _gauges(
    downstream: Index, upstream_count: Index, main: NDArray[np.bool_], random: np.random.Generator
) -> Index:
    """Choose the outlet, flowpaths of all sizes, and others at random."""
    n = downstream.size
    free = main & (upstream_count > 1)
    chosen = [int(np.flatnonzero(downstream < 0)[0])]
    free[chosen] = False
    for size in GAUGED_SIZES:
        if size < 0.7 * n and free.any():
            near = np.where(free, np.abs(np.log(upstream_count / size)), np.inf)
            chosen.append(int(np.argmin(near)))
            free[chosen] = False
    more = max(0, n // CATCHMENTS_PER_GAUGE - len(chosen))
    return np.sort(np.concatenate((chosen, random.permutation(np.flatnonzero(free))[:more])).astype(np.int64))
