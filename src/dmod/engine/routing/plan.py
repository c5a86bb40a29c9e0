"""How a river network is cut into pieces that are routed side by side.

The upper pieces do not touch one another; the last one, the trunk, takes what they deliver. The
cut depends on the network alone, never on the number of threads, so that sums of inflow are taken
in the same order wherever a piece runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dmod.core.network import RiverNetwork
from dmod.engine.routing.level_pool import Reservoirs
from dmod.engine.routing.muskingum_cunge import LANES

Index = NDArray[np.int64]

_PIECES = 16
_SMALLEST_CUT = 512


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the network, in local numbers: flowpaths, padding to whole lanes, then reservoirs.

    Parameters
    ----------
    members : flowpaths of the network, in local order, stage by stage
    pools : reservoirs of the piece
    stage_offset : where each stage begins among the members, and where the last one ends. What drains
        into a flowpath is of the stage before its own, and outlets are of the last; where only the
        upstream flow of the step before is used there is a single stage
    pool_stage : shape (reservoir,)
    upstream_offset, upstream : CSR lists of local numbers
    inlet_offset, inlet : CSR lists of link numbers: water from other pieces
    outlet, outlet_link : local numbers whose flow is kept for every step, and as which link
    inside_offset, inside : CSR lists per pool of the flowpaths it replaces
    """

    members: Index
    pools: Index
    stage_offset: Index
    pool_stage: Index
    upstream_offset: Index
    upstream: Index
    inlet_offset: Index
    inlet: Index
    outlet: Index
    outlet_link: Index
    inside_offset: Index
    inside: Index

    @property
    def blocks(self) -> int:
        """Number of groups of ``LANES`` flowpaths."""
        return -(-self.members.size // LANES)


@dataclass(frozen=True, slots=True)
class Plan:
    """Pieces of a network and the links (points where flow is kept for every step) between them.

    Parameters
    ----------
    upper : pieces that do not depend on one another
    trunk : the piece below them, if there is more than one
    links : number of links
    terminal : links at which water leaves the network
    """

    upper: tuple[Piece, ...]
    trunk: Piece | None
    links: int
    terminal: Index


class _Cut(NamedTuple):
    """Of every node: those above it, its piece, its link, the nodes to its outlet, its reservoir."""

    above: list[list[int]]
    piece_of: Index
    link_of: Index
    to_outlet: Index
    pool_at: Index


def plan_routing(network: RiverNetwork, reservoirs: Reservoirs, *, staged: bool = False) -> Plan:
    """Cut a network, its reservoirs in the place of the flowpaths they replace, into pieces.

    Parameters
    ----------
    staged : order the flowpaths of a piece by stages, so that a step can go down through them
    """
    node = np.arange(len(network), dtype=np.int64)
    pool_at = np.full(len(network), -1, np.int64)
    for pool, inside in enumerate(reservoirs.flowpaths):
        outlet = reservoirs.outlet(pool, network)
        node[inside] = outlet
        pool_at[outlet] = pool
    kept = node == np.arange(len(network))
    below = np.where(network.downstream >= 0, node[network.downstream], -1)
    below[~kept] = -1
    piece_of = _assign(network, kept, below)
    crosses = kept & (below >= 0)
    crosses[crosses] = piece_of[crosses] != piece_of[below[crosses]]
    linked = np.flatnonzero(crosses | (kept & (below < 0)))
    link_of = np.full(len(network), -1, np.int64)
    link_of[linked] = np.arange(linked.size)
    above = _above(below)
    to_outlet = _to_outlet(network, below, piece_of) if staged else np.zeros(len(network), np.int64)
    cut = _Cut(above, piece_of, link_of, to_outlet, pool_at)
    build = [_piece(np.flatnonzero(piece_of == k), cut, reservoirs)
             for k in range(int(piece_of.max(initial=-1)) + 1)]  # fmt: skip
    terminal = np.flatnonzero(below[linked] < 0)
    has_trunk = bool(crosses.any())
    return Plan(
        tuple(build[:-1] if has_trunk else build), build[-1] if has_trunk else None, linked.size, terminal
    )


def _assign(network: RiverNetwork, kept: NDArray[np.bool_], below: Index) -> Index:
    """Give every node the number of its piece: subtrees packed into groups of like size, then the trunk."""
    piece = np.where(kept, 0, -1)
    count = kept.astype(np.int64)
    for i in network.order:
        if below[i] >= 0:
            count[below[i]] += count[i]
    total = int(kept.sum())
    if total < _SMALLEST_CUT:
        return piece
    trunk = kept & (count > total // _PIECES)
    root = np.arange(len(network), dtype=np.int64)
    for i in network.order[::-1]:
        if kept[i] and not trunk[i] and below[i] >= 0 and not trunk[below[i]]:
            root[i] = root[below[i]]
    roots = np.flatnonzero(kept & ~trunk & (root == np.arange(len(network))))
    load = np.zeros(_PIECES, np.int64)
    group = np.full(len(network), -1, np.int64)
    for r in roots[np.argsort(-count[roots], kind="stable")]:
        lightest = int(load.argmin())
        group[r] = lightest
        load[lightest] += count[r]
    piece = np.where(kept, group[root], -1)
    piece[trunk] = _PIECES
    return _renumber(piece)


def _renumber(piece: Index) -> Index:
    used = np.unique(piece[piece >= 0])
    number = np.full(_PIECES + 1, -1, np.int64)
    number[used] = np.arange(used.size)
    return np.where(piece >= 0, number[piece], -1)


def _above(below: Index) -> list[list[int]]:
    above: list[list[int]] = [[] for _ in range(below.size)]
    for i, down in enumerate(below):
        if down >= 0:
            above[down].append(i)
    return above


def _to_outlet(network: RiverNetwork, below: Index, piece_of: Index) -> Index:
    """Count the nodes from each one to the outlet of its piece."""
    count = np.zeros(len(network), np.int64)
    for i in network.order[::-1]:
        if below[i] >= 0 and piece_of[below[i]] == piece_of[i]:
            count[i] = count[below[i]] + 1
    return count


def _piece(nodes: Index, cut: _Cut, reservoirs: Reservoirs) -> Piece:
    above, piece_of, link_of, to_outlet, pool_at = cut
    last = int(to_outlet[nodes].max(initial=0))
    stage = last - to_outlet
    members = nodes[pool_at[nodes] < 0]
    members = members[np.argsort(stage[members], kind="stable")]
    pooled = nodes[pool_at[nodes] >= 0]
    padded = -(-members.size // LANES) * LANES
    local = np.full(piece_of.size, -1, np.int64)
    local[members] = np.arange(members.size)
    local[pooled] = padded + np.arange(pooled.size)
    sources: list[list[int]] = [[] for _ in range(padded + pooled.size)]
    inlets: list[list[int]] = [[] for _ in range(padded + pooled.size)]
    for i in nodes:
        for up in above[i]:
            if piece_of[up] == piece_of[i]:
                sources[local[i]].append(int(local[up]))
            else:
                inlets[local[i]].append(int(link_of[up]))
    linked = nodes[link_of[nodes] >= 0]
    pools = pool_at[pooled]
    return Piece(
        members,
        pools,
        np.searchsorted(stage[members], np.arange(last + 2)),
        stage[pooled],
        *_lists(sources),
        *_lists(inlets),
        local[linked],
        link_of[linked],
        *_lists([reservoirs.flowpaths[pool].tolist() for pool in pools]),
    )


def _lists(lists: list[list[int]]) -> tuple[Index, Index]:
    """Pack lists of numbers as CSR: offsets and values."""
    offset = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(values) for values in lists], out=offset[1:])
    return offset, np.array([value for values in lists for value in values], np.int64)
