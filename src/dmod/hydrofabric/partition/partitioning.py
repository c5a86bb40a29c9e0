"""A hydrofabric in parts, and how good the division is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    river_pieces : shape (parts,), how many of them belong to basins that are divided; the others are basins
        as a whole, between which nothing can be connected
    """

    part: Index
    parts: int
    weight: Floats
    connections: Connections
    pieces: Index
    river_pieces: Index

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

    @property
    def sizes(self) -> Index:
        """Shape (parts,): how many catchments each part has."""
        within = (self.part >= 0) & (self.part < self.parts)
        return np.bincount(self.part[within], minlength=self.parts).astype(np.int64)

    def members(self, part: int) -> Index:
        """Return the indices of a part's catchments, in the order of the fabric."""
        return np.flatnonzero(self.part == part)

    def quality(self) -> dict[str, Any]:
        """Return the measures of the division as JSON data."""
        weight, sizes = self.part_weight, self.sizes
        return {
            "catchments": self.part.size,
            "parts": self.parts,
            "imbalance": self.imbalance,
            "crossings": self.crossings,
            "connected_parts": int(np.count_nonzero(self.river_pieces <= 1)),
            "most_pieces": int(self.river_pieces.max()),
            "weight": {"min": float(weight.min()), "mean": float(weight.mean()), "max": float(weight.max())},
            "size": {"min": int(sizes.min()), "mean": float(sizes.mean()), "max": int(sizes.max())},
        }

    def summary(self) -> str:
        """Return the quality of the division in a few lines of text."""
        weight, sizes = self.part_weight, self.sizes
        scattered = int(np.count_nonzero(self.river_pieces > 1))
        connected = (
            "each part is connected"
            if not scattered
            else f"{self.parts - scattered:,} of {self.parts:,} parts are connected,"
            f" the others have up to {self.river_pieces.max()} pieces"
        )
        if self.pieces.max() > max(1, self.river_pieces.max()):
            connected += ", whole basins beside"
        return (
            f"{self.part.size:,} catchments in {self.parts:,} parts"
            f" of {sizes.min():,} to {sizes.max():,}\n"
            f"weight of a part: {weight.min():.6g} to {weight.max():.6g}, mean {weight.mean():.6g};"
            f" imbalance {100.0 * self.imbalance:.1f} %\n"
            f"{self.crossings:,} flows cross between parts; {connected}"
        )


def measured(drainage: Drainage, part: Index, parts: int, weight: Floats) -> Partitioning:
    """Return the partitioning with its connections and pieces."""
    pieces, river_pieces = pieces_of(drainage, part, parts)
    return Partitioning(part, parts, weight, connections_of(drainage, part), pieces, river_pieces)


def pieces_of(drainage: Drainage, part: Index, parts: int) -> tuple[Index, Index]:
    """Count the connected pieces of each part, and those that belong to basins that are divided.

    A catchment hangs together with the one below it, if both are in the part, and with the others of the
    part that drain to the same nexus.
    """
    nexus, below = drainage.nexus, drainage.below
    across = (below >= 0) & (part[below] != part)
    foot = (part >= 0) & ((below < 0) | across)
    found = np.unique(np.column_stack((part[foot], nexus[foot])), axis=0)
    outlet = drainage.outlet
    divided = np.zeros(outlet.size, dtype=bool)
    divided[outlet[nexus[across]]] = True
    of_river = found[divided[outlet[found[:, 1]]], 0]
    pieces = np.bincount(found[:, 0], minlength=parts)
    return pieces.astype(np.int64), np.bincount(of_river, minlength=parts).astype(np.int64)
