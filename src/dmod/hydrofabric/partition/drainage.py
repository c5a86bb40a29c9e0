"""What the framework sees of a hydrofabric: catchments drain to nexuses, nexuses to catchments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.errors import HydrofabricError
from dmod.hydrofabric.fabric import Hydrofabric, Index, look_up


@dataclass(frozen=True, slots=True, eq=False)
class Drainage:
    """The way of the water between catchments.

    Parameters
    ----------
    nexus : shape (catchments,), the nexus that each catchment drains to
    receiver : shape (nexuses,), the catchment that each nexus drains into, -1 where its water ends
    """

    nexus: Index
    receiver: Index

    @property
    def below(self) -> Index:
        """Shape (catchments,): the catchment that each drains into, -1 where its water ends."""
        return self.receiver[self.nexus]

    @property
    def contributors(self) -> Index:
        """Shape (nexuses,): how many catchments drain to each nexus."""
        return np.bincount(self.nexus, minlength=self.receiver.size).astype(np.int64)

    @property
    def outlet(self) -> Index:
        """Shape (nexuses,): the nexus at which the water of each one ends."""
        here = np.arange(self.receiver.size)
        onward = np.where(self.receiver >= 0, self.nexus[self.receiver], here)
        while not np.array_equal(onward, here):
            here, onward = onward, onward[onward]
        return onward

    @property
    def most_parts(self) -> int:
        """The largest number of parts: all apart but those that share a nexus where the water ends."""
        count = self.contributors
        return int(np.where(self.receiver >= 0, count, np.minimum(count, 1)).sum())


def drainage_of(fabric: Hydrofabric) -> Drainage:
    """Return how a fabric drains, as far as the framework's ranks exchange water.

    A nexus above a flowpath without a catchment ends there: only routing carries its water on.

    Raises
    ------
    HydrofabricError
        the fabric has no catchments, or some drain to no nexus, or the water runs in a circle.
    """
    from dmod.hydrofabric.partition.pieces_kernel import above_first_order

    catchments = fabric.catchments
    if not len(catchments):
        raise HydrofabricError(f"{fabric.source} has no catchments", hint="give a fabric that has some")
    lost = np.flatnonzero(catchments.nexus < 0)
    if lost.size:
        raise HydrofabricError(
            f"{fabric.source}: catchments drain to no nexus of the fabric"
            f" ({name_some([catchments.ids[i] for i in lost.tolist()])})",
            hint="correct their toid, or make the subset again",
        )
    receiver = np.where(_ends_at_bare_flowpath(fabric), -1, fabric.nexus_catchment)
    drainage = Drainage(catchments.nexus, receiver)
    if above_first_order(drainage.below).size < len(catchments):
        _ = fabric.network  # refuses the cycle, and names it
    return drainage


def _ends_at_bare_flowpath(fabric: Hydrofabric) -> NDArray[np.bool_]:
    """Say which nexuses drain into a flowpath that has no catchment."""
    if fabric.flowpaths is None:
        return np.zeros(len(fabric.nexuses), dtype=bool)
    known = look_up(fabric.flowpaths.divide_id, fabric.catchment_index) >= 0
    own = fabric.catchment_flowpath
    known[own[own >= 0]] = True
    below = fabric.nexus_flowpath
    bare = below >= 0
    bare[bare] = ~known[below[bare]]
    named = look_up(fabric.nexuses.toid, fabric.catchment_index) >= 0
    return bare & ~named
