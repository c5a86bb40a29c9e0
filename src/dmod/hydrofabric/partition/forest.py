"""The drainage as a forest of nexuses, stored so that what lies above comes first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dmod.hydrofabric.fabric import Floats, Index
from dmod.hydrofabric.partition.drainage import Drainage


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Nexuses with contributors, and catchments, renumbered: everything after what drains to it.

    Parameters
    ----------
    first : shape (nexuses + 1,), the contributors of *u* are catchments ``first[u]`` up to ``first[u + 1]``
    receiver : shape (nexuses,), the catchment below, -1 where the water ends
    above_first, above : CSR lists; the nexuses that drain into catchment *c* are
        ``above[above_first[c]:above_first[c + 1]]``
    weight : shape (catchments,), above 0
    catchment : shape (catchments,), index in the fabric of each renumbered catchment
    """

    first: Index
    receiver: Index
    above_first: Index
    above: Index
    weight: Floats
    catchment: Index

    @property
    def arrays(self) -> tuple[Index, Index, Index, Index, Floats]:
        """The arrays that every kernel walks."""
        return self.first, self.receiver, self.above_first, self.above, self.weight


def forest_of(drainage: Drainage, weight: Floats) -> Forest:
    """Return the forest; catchments that weigh nothing get a trifle, so that every piece weighs something."""
    from dmod.hydrofabric.partition.pieces_kernel import above_first_order

    nexuses, own = np.unique(drainage.nexus, return_inverse=True)
    below = drainage.receiver[nexuses]
    next_below = np.where(below >= 0, own[below], -1)
    place = np.empty(nexuses.size, np.int64)
    order = above_first_order(next_below)
    place[order] = np.arange(order.size)
    catchment = np.argsort(place[own], kind="stable")
    renumbered = np.empty(catchment.size, np.int64)
    renumbered[catchment] = np.arange(catchment.size)
    receiver = np.empty(nexuses.size, np.int64)
    receiver[place] = np.where(below >= 0, renumbered[below], -1)
    first = np.searchsorted(place[own][catchment], np.arange(nexuses.size + 1))
    drains = np.flatnonzero(receiver >= 0)
    above = drains[np.argsort(receiver[drains], kind="stable")]
    above_first = np.searchsorted(receiver[above], np.arange(catchment.size + 1))
    heavy = weight[catchment] + 1e-9 * weight.mean()
    return Forest(first.astype(np.int64), receiver, above_first.astype(np.int64), above, heavy, catchment)
