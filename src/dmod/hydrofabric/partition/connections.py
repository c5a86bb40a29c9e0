"""The flows that cross from part to part, as each side lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.fabric import Index
from dmod.hydrofabric.partition.drainage import Drainage

SENDS, RECEIVES = "nex-to-dest_cat", "orig_cat-to-nex"


@dataclass(frozen=True, slots=True, eq=False)
class Connections:
    """What each part knows of the others, one entry an element of every array.

    A part whose catchments drain to a nexus above a catchment of another part *sends*: it names that
    catchment, once for the nexus. The part of that catchment *receives*: it names each contributor.

    Parameters
    ----------
    part : the part that lists the entry
    remote : the part that it is connected to
    nexus : index of the nexus between them
    catchment : index of the remote catchment
    sends : whether the listing part sends, else it receives
    """

    part: Index
    remote: Index
    nexus: Index
    catchment: Index
    sends: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.part.size

    @classmethod
    def from_rows(cls, rows: NDArray[np.int64]) -> Connections:
        """Return connections from rows (n, 5): part, nexus, sends (0 or 1), remote, catchment; sorted."""
        rows = np.unique(rows.reshape(-1, 5), axis=0)
        part, nexus, sends, remote, catchment = (np.ascontiguousarray(rows[:, i]) for i in range(5))
        return cls(part, remote, nexus, catchment, sends.astype(np.bool_))

    @property
    def rows(self) -> Iterator[tuple[int, int, bool, int, int]]:
        """Part, nexus, whether it sends, remote part and catchment of each entry."""
        columns = (self.part, self.nexus, self.sends, self.remote, self.catchment)
        return zip(*(column.tolist() for column in columns), strict=True)

    @property
    def flows(self) -> int:
        """How many flows cross at each step: one for each nexus and each part that sends to it."""
        return int(np.count_nonzero(self.sends))


def connections_of(drainage: Drainage, part: Index) -> Connections:
    """Return all connections of a division; catchments without a part (-1) have none."""
    nexus, below = drainage.nexus, drainage.below
    theirs = np.where(below >= 0, part[below], -1)
    across = np.flatnonzero((part >= 0) & (theirs >= 0) & (theirs != part))
    one, zero = np.ones(across.size, np.int64), np.zeros(across.size, np.int64)
    here, there, at = part[across], theirs[across], nexus[across]
    sent = np.column_stack((here, at, one, there, below[across]))
    received = np.column_stack((there, at, zero, here, across))
    return Connections.from_rows(np.concatenate((sent, received)))


def nexuses_of_parts(drainage: Drainage, part: Index) -> NDArray[np.int64]:
    """Return rows (part, nexus) of the nexuses that each part lists, sorted.

    A part lists every nexus that one of its catchments drains to or receives from. Of a nexus that two
    parts list, the part of the receiving catchment computes the flow; the others send their share.
    """
    above = np.flatnonzero(drainage.receiver >= 0)
    parts = np.concatenate((part, part[drainage.receiver[above]]))
    nexus = np.concatenate((drainage.nexus, above))
    key = np.unique((parts * drainage.receiver.size + nexus)[parts >= 0])
    return np.column_stack(np.divmod(key, drainage.receiver.size))
