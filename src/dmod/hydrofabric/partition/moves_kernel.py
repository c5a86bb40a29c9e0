"""Moving subtrees between parts: to even out their weights, and to join what need not be cut.

Both keep the cut rule: the contributors of a nexus are all in the part of the receiving catchment or
none is; those of a nexus where the water ends share one part. No part ever becomes empty.
"""

from __future__ import annotations

import numpy as np

from dmod.core.compiled import compiled
from dmod.hydrofabric.fabric import Floats, Index

_LEAST_GAIN = 1e-12


@compiled
def even_out(
    first: Index,
    receiver: Index,
    above_first: Index,
    above: Index,
    weight: Floats,
    part: Index,
    parts: int,
    limit: float,
    price: float,
    most: int,
) -> int:
    """Move subtrees out of the heaviest part until it weighs at most ``limit``, or nothing helps.

    Each time the move is made that gains most: the decrease of the sum of the parts' squared weights, in
    squares of the mean weight, less ``price`` for every flow that begins to cross. A move takes

    - a nexus: all its contributors and what is connected above them,
    - or one contributor of a nexus that is cut already,
    - or a connected piece except for what is above one of its nexuses,

    to the lightest part of all, or to the lightest that borders on the heaviest.

    Parameters
    ----------
    part : shape (catchments,), changed in place
    most : the largest number of moves

    Returns
    -------
    moves : how many were made
    """
    nexuses, catchments = receiver.size, weight.size
    load, members = np.zeros(parts), np.zeros(parts, np.int64)
    for c in range(catchments):
        load[part[c]] += weight[c]
        members[part[c]] += 1
    mean = load.sum() / parts
    own, own_members = np.zeros(catchments), np.zeros(catchments, np.int64)
    own_close, own_bar = np.zeros(catchments, np.int64), np.zeros(catchments, np.int64)
    sub, sub_members = np.zeros(nexuses), np.zeros(nexuses, np.int64)
    sub_close, sub_bar = np.zeros(nexuses, np.int64), np.zeros(nexuses, np.int64)
    inside, arrived = np.zeros(nexuses, np.int64), np.zeros(nexuses, np.int64)
    root = np.zeros(catchments, np.int64)  # contributor at the foot of the piece; -1 - nexus at an end
    stack, unit = np.zeros(catchments, np.int64), np.zeros(catchments, np.int64)
    after, before = np.full(catchments, -1), np.full(catchments, -1)  # the members of a part, as a chain
    chain = np.full(parts, -1)
    for u in range(nexuses):
        unit[first[u] : first[u + 1]] = u
    for c in range(catchments - 1, -1, -1):
        after[c] = chain[part[c]]
        if after[c] >= 0:
            before[after[c]] = c
        chain[part[c]] = c
    for step in range(most):
        heavy = int(np.argmax(load))
        if load[heavy] <= limit:
            return step
        lightest, near = int(np.argmin(load)), -1
        found = np.zeros(members[heavy], np.int64)
        c = chain[heavy]
        for i in range(found.size):
            found[i] = unit[c]
            c = after[c]
        mine = np.unique(found)  # in their order: each after all above it
        count = mine.size
        for u in mine:
            inside[u] = 0
            sub[u] = 0.0
            sub_members[u] = 0
            for c in range(first[u], first[u + 1]):
                if part[c] != heavy:
                    continue
                inside[u] += 1
                own[c], own_members[c] = weight[c], 1
                for j in range(above_first[c], above_first[c + 1]):
                    x = above[j]
                    if part[first[x]] == heavy:
                        own[c] += sub[x]
                        own_members[c] += sub_members[x]
                        continue
                    for e in range(first[x], first[x + 1]):
                        if near < 0 or load[part[e]] < load[near]:
                            near = part[e]
                sub[u] += own[c]
                sub_members[u] += own_members[c]
            if receiver[u] >= 0:
                below = part[receiver[u]]
                if below != heavy and (near < 0 or load[below] < load[near]):
                    near = below
        best, best_kind, best_from, best_but, best_to = 0.0, -1, -1, -1, -1
        for turn in range(2):
            to = lightest if turn == 0 else near
            if to < 0 or to == heavy or (turn == 1 and near == lightest):
                continue
            for i in range(count):  # what else a move to that part would close, or is barred by
                u = mine[i]
                sub_close[u], sub_bar[u], arrived[u] = 0, 0, 0
                for c in range(first[u], first[u + 1]):
                    arrived[u] += part[c] == to
                    if part[c] != heavy:
                        continue
                    own_close[c], own_bar[c] = 0, 0
                    for j in range(above_first[c], above_first[c + 1]):
                        x = above[j]
                        if part[first[x]] == heavy:
                            own_close[c] += sub_close[x]
                            own_bar[c] += sub_bar[x]
                            continue
                        there = 0
                        for e in range(first[x], first[x + 1]):
                            there += part[e] == to
                        if there == first[x + 1] - first[x]:
                            own_close[c] += 1
                        elif there:
                            own_bar[c] += 1
                    sub_close[u] += own_close[c]
                    sub_bar[u] += own_bar[c]
            room = load[heavy] - load[to]
            for i in range(count - 1, -1, -1):
                u = mine[i]
                size = first[u + 1] - first[u]
                ends = receiver[u] < 0
                below = -1 if ends else part[receiver[u]]
                joined = below == heavy
                foot = root[receiver[u]] if joined else -1 - u
                for c in range(first[u], first[u + 1]):
                    if part[c] == heavy:
                        root[c] = foot if joined or ends else c
                # the whole nexus
                if inside[u] == size and sub_bar[u] == 0 and sub_members[u] < members[heavy]:
                    gain = 2.0 * sub[u] * (room - sub[u]) / (mean * mean)
                    flows = -sub_close[u]
                    if joined:
                        flows += 1
                    elif below == to:
                        flows -= 1
                    if gain > _LEAST_GAIN and gain - price * flows > best:
                        best, best_kind, best_from, best_but = gain - price * flows, 0, u, -1
                        best_to = to
                # one contributor of a nexus that is cut
                if not joined and not ends and size > 1 and below != to:
                    for c in range(first[u], first[u + 1]):
                        if part[c] != heavy or own_bar[c] or own_members[c] >= members[heavy]:
                            continue
                        gain = 2.0 * own[c] * (room - own[c]) / (mean * mean)
                        flows = (arrived[u] == 0) - (inside[u] == 1) - own_close[c]
                        if gain > _LEAST_GAIN and gain - price * flows > best:
                            best, best_kind, best_from, best_but = gain - price * flows, 1, c, -1
                            best_to = to
                # the piece below the nexus
                if joined:
                    flows = 1
                    if foot < 0:
                        r = -1 - foot
                        moved, people = sub[r] - sub[u], sub_members[r] - sub_members[u]
                        flows -= sub_close[r] - sub_close[u]
                        barred = sub_bar[r] - sub_bar[u]
                    else:
                        r = unit[foot]
                        moved, people = own[foot] - sub[u], own_members[foot] - sub_members[u]
                        flows -= own_close[foot] - sub_close[u]
                        barred = own_bar[foot] - sub_bar[u]
                        if first[r + 1] - first[r] == 1:
                            flows -= part[receiver[r]] == to
                        elif part[receiver[r]] == to:
                            barred = 1
                        else:
                            flows += int(arrived[r] == 0) - int(inside[r] == 1)
                    gain = 2.0 * moved * (room - moved) / (mean * mean)
                    if barred == 0 and people > 0 and gain > _LEAST_GAIN and gain - price * flows > best:
                        best, best_kind, best_from, best_but = gain - price * flows, 2, foot, u
                        best_to = to
        if best_kind < 0:
            return step
        depth = 0
        if best_kind == 1 or (best_kind == 2 and best_from >= 0):
            stack[0] = best_from
            depth = 1
        else:
            u = best_from if best_kind == 0 else -1 - best_from
            for c in range(first[u], first[u + 1]):
                stack[depth] = c
                depth += 1
        while depth:
            depth -= 1
            c = stack[depth]
            part[c] = best_to
            load[heavy] -= weight[c]
            load[best_to] += weight[c]
            members[heavy] -= 1
            members[best_to] += 1
            if before[c] >= 0:
                after[before[c]] = after[c]
            else:
                chain[heavy] = after[c]
            if after[c] >= 0:
                before[after[c]] = before[c]
            before[c], after[c] = -1, chain[best_to]
            if after[c] >= 0:
                before[after[c]] = c
            chain[best_to] = c
            for j in range(above_first[c], above_first[c + 1]):
                x = above[j]
                if x != best_but and part[first[x]] == heavy:
                    for e in range(first[x], first[x + 1]):
                        stack[depth] = e
                        depth += 1
    return most


@compiled
def join_pieces(
    first: Index,
    receiver: Index,
    above_first: Index,
    above: Index,
    weight: Floats,
    part: Index,
    parts: int,
    limit: float,
) -> int:
    """Move pieces into the part that receives their water, where that part stays within ``limit``.

    Returns
    -------
    joined : how many nexuses are no longer cut on that account; ``part`` is changed in place
    """
    load, members = np.zeros(parts), np.zeros(parts, np.int64)
    for c in range(weight.size):
        load[part[c]] += weight[c]
        members[part[c]] += 1
    stack = np.zeros(weight.size, np.int64)
    joined = 0
    for u in range(receiver.size):
        here = part[first[u]]
        if receiver[u] < 0 or part[receiver[u]] == here:
            continue
        to = part[receiver[u]]
        depth, moved, allowed = 0, 0.0, True
        for c in range(first[u], first[u + 1]):
            allowed = allowed and part[c] == here
            stack[depth] = c
            depth += 1
        at = 0
        while allowed and at < depth:
            c = stack[at]
            at += 1
            moved += weight[c]
            allowed = load[to] + moved <= limit
            for j in range(above_first[c], above_first[c + 1]):
                x = above[j]
                there = 0
                for e in range(first[x], first[x + 1]):
                    there += part[e] == to
                    if part[first[x]] == here:
                        stack[depth] = e
                        depth += 1
                allowed = allowed and there in (0, first[x + 1] - first[x])
        if not allowed or depth >= members[here]:
            continue
        joined += 1
        load[here] -= moved
        load[to] += moved
        members[here] -= depth
        members[to] += depth
        for i in range(depth):
            part[stack[i]] = to
    return joined
