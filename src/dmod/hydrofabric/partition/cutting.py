"""Cutting a hydrofabric into balanced parts that exchange few flows."""

from __future__ import annotations

import hashlib
import heapq
import operator
from collections.abc import Iterator

import numpy as np

from dmod.errors import InputError
from dmod.hydrofabric.fabric import Floats, Hydrofabric, Index
from dmod.hydrofabric.partition.drainage import Drainage, drainage_of
from dmod.hydrofabric.partition.forest import Forest, forest_of
from dmod.hydrofabric.partition.partitioning import Partitioning, measured
from dmod.hydrofabric.partition.weights import checked_weights

TOLERANCE = 0.03

# pieces of these weights, in parts, are tried beside the fewest pieces there can be
_BOUNDS = (1.0, 0.7, 0.5, 0.35, 0.25, 1.15, 1.3, 1.5)
# one more flow a part is worth this much imbalance when divisions are compared
_FLOW_PRICE = 0.02
_NEARNESS = 1e-6


def partition_fabric(
    fabric: Hydrofabric, parts: int, *, weights: Floats | None = None, tolerance: float = TOLERANCE
) -> Partitioning:
    """Cut a fabric into parts of about equal weight with few flows between them.

    The same fabric, weights and numbers always give the same parts. They are numbered by their first
    catchment in the fabric.

    Parameters
    ----------
    parts : how many; none is empty
    weights : shape (catchments,), cost of each catchment, 0 or more; all cost the same where not given
    tolerance : imbalance that is good enough: within it, fewer flows count for more than equal weights

    Raises
    ------
    InputError
        there cannot be so many parts, the hint names how many there can be; or weights or tolerance are no
        costs and no share.
    HydrofabricError
        the fabric's network is not sound.
    """
    drainage = drainage_of(fabric)
    weight = checked_weights(fabric, weights)
    parts = _checked_parts(drainage, parts)
    if not (np.isfinite(tolerance) and tolerance >= 0.0):
        raise InputError(f"the tolerance is {tolerance}", hint="give a share of 0 or more, such as 0.03")
    part = _cut(drainage, weight, parts, tolerance)
    return measured(drainage, _numbered(part, parts), parts, weight)


def _checked_parts(drainage: Drainage, parts: int) -> int:
    try:
        count = operator.index(parts)
    except TypeError as error:
        raise InputError(f"{parts!r} is no number of parts", hint="give a whole number above 0") from error
    if count < 1:
        raise InputError(f"a fabric cannot be cut into {count} parts", hint="give a number above 0")
    catchments, most = drainage.nexus.size, drainage.most_parts
    if count > catchments:
        raise InputError(
            f"{catchments} catchments cannot be cut into {count} parts",
            hint=f"this fabric can be cut into at most {most}",
        )
    if count > most:
        raise InputError(
            f"this fabric cannot be cut into {count} parts: catchments that share a nexus where the water"
            " ends stay together",
            hint=f"it can be cut into at most {most}",
        )
    return count


def _cut(drainage: Drainage, weight: Floats, parts: int, tolerance: float) -> Index:
    """Return the best of several divisions: within the tolerance the one of fewest flows."""
    from dmod.hydrofabric.partition.moves_kernel import even_out, join_pieces
    from dmod.hydrofabric.partition.pieces_kernel import count_flows

    if parts == 1:
        return np.zeros(weight.size, np.int64)
    forest = forest_of(drainage, weight)
    mean = forest.weight.sum() / parts
    limit = (1.0 + tolerance) * mean
    best, found = np.inf, np.zeros(0, np.int64)
    for part in _divisions(forest, parts, limit):
        even_out(*forest.arrays, part, parts, limit, max(tolerance, 1e-3) ** 2, 64 + 16 * parts)
        heaviest = np.bincount(part, forest.weight).max()
        join_pieces(*forest.arrays, part, parts, max(limit, heaviest))
        flows = count_flows(forest.first, forest.receiver, part)
        cost = max(np.bincount(part, forest.weight).max(), limit) / mean + _FLOW_PRICE * flows / parts
        if cost < best:
            best, found = cost, part
    ordered = np.empty_like(found)
    ordered[forest.catchment] = found
    return ordered


def _divisions(forest: Forest, parts: int, limit: float) -> Iterator[Index]:
    """Yield divisions into exactly so many parts, from pieces of various weights."""
    from dmod.hydrofabric.partition.pieces_kernel import cut_pieces

    if parts >= forest.receiver.size:
        yield _nexuses_apart(forest, parts)
    tried = set()
    for split in (False, True):
        fewest = _largest_bound(forest, parts, split)
        for bound in sorted({fewest, *(min(share * limit, fewest) for share in _BOUNDS)}):
            piece, weight, ties = cut_pieces(*forest.arrays, bound, split)
            kind = hashlib.blake2b(piece.tobytes()).digest()
            if weight.size < parts or kind in tried:
                continue
            tried.add(kind)
            part = _packed(weight, ties, parts)
            if part[0] >= 0:
                yield part[piece]


def _largest_bound(forest: Forest, parts: int, split: bool) -> float:
    """Return the largest weight of pieces for which there are enough of them, as nearly as matters."""
    from dmod.hydrofabric.partition.pieces_kernel import cut_pieces

    def enough(bound: float) -> bool:
        return cut_pieces(*forest.arrays, bound, split)[1].size >= parts

    high = 2.0 * float(forest.weight.sum())
    if enough(high):
        return high
    low = 0.5 * high / parts
    if not enough(low):
        low = 0.5 * float(forest.weight.min())
    while high > low * (1.0 + _NEARNESS):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if enough(middle) else (low, middle)
    return low


def _packed(weight: Floats, ties: Index, parts: int) -> Index:
    """Return the part of each piece, the heaviest pieces placed first; it begins with -2 if one fits none."""
    from dmod.hydrofabric.partition.pieces_kernel import pack_pieces

    order = np.argsort(-weight, kind="stable")
    tied = np.argsort(ties, kind="stable")
    tied = tied[ties[tied] >= 0]
    tied_first = np.searchsorted(ties[tied], np.arange(weight.size + 1)).astype(np.int64)
    return pack_pieces(order, weight, ties, tied_first, tied, parts)


def _nexuses_apart(forest: Forest, parts: int) -> Index:
    """Return the division for at least as many parts as nexuses: none shares a part with another.

    The heaviest are shared out among several parts, so that no flow but those that must cross does.
    """
    weight, first = forest.weight, forest.first
    total = np.add.reduceat(weight, first[:-1])
    most = np.where(forest.receiver >= 0, np.diff(first), 1)
    shares = np.ones(total.size, np.int64)
    heap = [(-float(total[u]), u) for u in np.flatnonzero(most > 1).tolist()]
    heapq.heapify(heap)
    for _ in range(parts - total.size):
        _, u = heapq.heappop(heap)
        shares[u] += 1
        if shares[u] < most[u]:
            heapq.heappush(heap, (-float(total[u]) / float(shares[u]), u))
    start = np.cumsum(shares) - shares
    part = np.repeat(start, np.diff(first))
    for u in np.flatnonzero(shares > 1).tolist():
        own = weight[first[u] : first[u + 1]]
        part[first[u] : first[u + 1]] += _packed(own, np.full(own.size, -1), int(shares[u]))
    return part


def _numbered(part: Index, parts: int) -> Index:
    """Return the parts renumbered by their first catchment."""
    found, at = np.unique(part, return_index=True)
    assert found.size == parts
    number = np.empty(parts, np.int64)
    number[found[np.argsort(at)]] = np.arange(parts)
    return number[part]
