"""Cutting a forest into connected pieces below a weight, and packing pieces into parts.

Cutting goes from the headwaters down: whatever grows too heavy sheds the heaviest nexus above it.
For trees this needs the fewest cuts for a given weight (Kundu and Misra 1977, doi:10.1137/0206012).
"""

from __future__ import annotations

import numpy as np

from dmod.core.compiled import compiled
from dmod.hydrofabric.fabric import Floats, Index


@compiled
def above_first_order(below: Index) -> Index:
    """Return the nodes in an order in which each follows all above it; nodes of a cycle are left out.

    Each river is followed from a headwater down to where another joins that is not done yet.
    """
    waiting = np.zeros(below.size, np.int64)
    for x in below:
        if x >= 0:
            waiting[x] += 1
    headwater = waiting == 0
    order = np.zeros(below.size, np.int64)
    count = 0
    for start in range(below.size):
        x = start if headwater[start] else -1
        while x >= 0:
            order[count] = x
            count += 1
            x = below[x]
            if x >= 0:
                waiting[x] -= 1
                if waiting[x]:
                    x = -1
    return order[:count]


@compiled
def cut_pieces(
    first: Index,
    receiver: Index,
    above_first: Index,
    above: Index,
    weight: Floats,
    bound: float,
    split: bool,
) -> tuple[Index, Floats, Index]:
    """Return the piece of each catchment, the pieces' weights, and what each piece must not join.

    A nexus that is cut is cut from all its contributors. They stay one piece; only with ``split`` and
    where they are heavier than ``bound`` together do they become several. None of several may share a
    part with the piece that receives the water: that piece is the third result, -1 where joining is free.
    """
    nexuses, catchments = receiver.size, weight.size
    rest = np.zeros(nexuses)
    own = np.zeros(catchments)
    piece = np.full(catchments, -1)
    cut = receiver < 0
    for u in range(nexuses):
        begin, end = first[u], first[u + 1]
        for c in range(begin, end):
            own[c] = weight[c]
            for j in range(above_first[c], above_first[c + 1]):
                own[c] += rest[above[j]]
        apart = split and receiver[u] >= 0 and end - begin > 1 and weight[begin:end].sum() > bound
        width = 1 if apart else end - begin
        for b in range(begin, end, width):
            total = own[b : b + width].sum()
            if total <= bound:
                continue
            start, stop = above_first[b], above_first[b + width]
            for j in np.argsort(-rest[above[start:stop]], kind="mergesort"):
                x = above[start + j]
                if total <= bound or rest[x] == 0.0:
                    break
                own[receiver[x]] -= rest[x]
                total -= rest[x]
                rest[x] = 0.0
                cut[x] = True
        if apart:
            cut[u] = True
        elif receiver[u] >= 0:
            rest[u] = own[begin:end].sum()
    pieces = np.zeros(catchments)
    ties = np.full(catchments, -1)
    count = 0
    for u in range(nexuses):
        if not cut[u]:
            continue
        begin, end = first[u], first[u + 1]
        total = own[begin:end].sum()
        start = count
        apart = split and receiver[u] >= 0 and weight[begin:end].sum() > bound
        if end - begin == 1 or not apart:
            piece[begin:end] = count
            pieces[count] = total
            count += 1
            continue
        for j in np.argsort(-own[begin:end], kind="mergesort"):
            group = start
            while group < count and pieces[group] + own[begin + j] > bound:
                group += 1
            if group == count:
                count += 1
            piece[begin + j] = group
            pieces[group] += own[begin + j]
        if count - start > 1:
            ties[start:count] = receiver[u]
    for u in range(nexuses - 1, -1, -1):
        if not cut[u]:
            piece[first[u] : first[u + 1]] = piece[receiver[u]]
    for p in range(count):
        if ties[p] >= 0:
            ties[p] = piece[ties[p]]
    return piece, pieces[:count], ties[:count]


@compiled
def pack_pieces(
    order: Index, weight: Floats, ties: Index, tied_first: Index, tied: Index, parts: int
) -> Index:
    """Return the part of each piece: one after the other, each to the lightest part that it may join.

    Parameters
    ----------
    order : the pieces, heaviest first
    tied_first, tied : CSR lists of the pieces whose ``ties`` is this piece

    Returns
    -------
    part : shape (pieces,); the first is -2 if some piece may join none
    """
    part = np.full(weight.size, -1)
    load = np.zeros(parts)
    closed_to = np.full(parts, -1)
    for i in range(order.size):
        p = order[i]
        if ties[p] >= 0 and part[ties[p]] >= 0:
            closed_to[part[ties[p]]] = i
        for j in range(tied_first[p], tied_first[p + 1]):
            if part[tied[j]] >= 0:
                closed_to[part[tied[j]]] = i
        lightest = i if i < parts else -1
        if lightest < 0:
            for b in range(parts):
                if closed_to[b] != i and (lightest < 0 or load[b] < load[lightest]):
                    lightest = b
        if lightest < 0:
            part[0] = -2
            return part
        part[p] = lightest
        load[lightest] += weight[p]
    return part


@compiled
def count_flows(first: Index, receiver: Index, part: Index) -> int:
    """Count the flows between parts: one for each nexus and each other part that sends to it."""
    flows = 0
    for u in range(receiver.size):
        if receiver[u] < 0:
            continue
        for c in range(first[u], first[u + 1]):
            new = part[c] != part[receiver[u]]
            e = first[u]
            while new and e < c:
                new = part[e] != part[c]
                e += 1
            flows += new
    return flows
