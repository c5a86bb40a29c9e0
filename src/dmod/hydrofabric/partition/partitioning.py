"""A hydrofabric in parts, and how good the division is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dmod.hydrofabric.fabric import Floats, Index
from dmod.hydrofabric.partition.connections import Connections, connections_of
from dmod.hydrofabric.partition.drainage import Drainage


@dataclass(frozen=True, slots=True, eq=False)
class Partitioning:
    """Which part each catchment belongs to, and what crosses between parts.

    Parameters
    ----------
    part : shape (catchments,), number of the part, from 0; -1 where a file names none
    parts : how many parts there are
    weight : shape (catchments,), cost of each catchment
    connections : the crossing flows, as both sides list them
    pieces : shape (parts,), how many connected pieces each part consists of
    """

    part: Index
    parts: int
    weight: Floats
    connections: Connections
    pieces: Index

    @property
    def part_weight(self) -> Floats:
        """Shape (parts,): cost of each part."""
        within = (self.part >= 0) & (self.part < self.parts)
        weight = np.bincount(self.part[within], self.weight[within], minlength=self.parts)
        return weight.astype(np.float64)

    @property
    def crossings(self) -> int:
        """Flows that cross at each step: one for each nexus and each part that sends to it."""
        return self.connections.flows

    @property
    def imbalance(self) -> float:
        """How much the heaviest part exceeds the mean: largest weight / mean - 1."""
        weight = self.part_weight
        mean = weight.mean()
        return float(weight.max() / mean - 1.0) if mean > 0.0 else 0.0

    def members(self, part: int) -> Index:
        """Return the indices of a part's catchments, in the order of the fabric."""
        return np.flatnonzero(self.part == part)

    def summary(self) -> str:
        """Return the quality of the division in a few lines of text."""
        weight = self.part_weight
        scattered = int(np.count_nonzero(self.pieces > 1))
        connected = (
            "each part is connected"
            if not scattered
            else f"{self.parts - scattered} of {self.parts} parts are connected,"
            f" the others have up to {self.pieces.max()} pieces"
        )
        return (
            f"{self.part.size:,} catchments in {self.parts:,} parts\n"
            f"weight of a part: {weight.min():.6g} to {weight.max():.6g}, mean {weight.mean():.6g};"
            f" imbalance {100.0 * self.imbalance:.1f} %\n"
            f"{self.crossings:,} flows cross between parts; {connected}"
        )


def measured(drainage: Drainage, part: Index, parts: int, weight: Floats) -> Partitioning:
    """Return the partitioning with its connections and pieces."""
    return Partitioning(part, parts, weight, connections_of(drainage, part), pieces_of(drainage, part, parts))


def pieces_of(drainage: Drainage, part: Index, parts: int) -> Index:
    """Count the connected pieces of each part.

    A catchment hangs together with the one below it, if both are in the part, and with the others of the
    part that drain to the same nexus.
    """
    nexus, below = drainage.nexus, drainage.below
    foot = (part >= 0) & ((below < 0) | (part[below] != part))
    found = np.unique(np.column_stack((part[foot], nexus[foot])), axis=0)
    return np.bincount(found[:, 0], minlength=parts).astype(np.int64)
