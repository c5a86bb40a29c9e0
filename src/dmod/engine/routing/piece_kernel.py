"""The loop over time and flowpaths of one piece of a network.

All flowpaths of a piece are stepped together, sixteen at a time. With the assumption of a short
time step the inflow of a step is the upstream outflow of the step before, so they do not depend on
one another. In the full scheme it is that of the same step; there a flowpath waits for those above
it: at any moment it is one step behind them, and all are again independent. A pass over the piece
then is a front that runs through space and time, and a chunk takes as many passes more as the
piece has flowpaths one below the other.

The loops over lanes have no branches and compile to vector instructions; a lane whose search has
ended is carried along unchanged, so the result of a flowpath does not depend on its neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dmod.engine.compile import kernel
from dmod.engine.routing.inline import inlined
from dmod.engine.routing.level_pool import pool_step
from dmod.engine.routing.muskingum_cunge import LANES, Array, Numbers, channel_velocity, section

Index = NDArray[np.int64]

MAX_ITERATIONS = 100
MORE_ITERATIONS = 25
MAX_TRIES = 4


@inlined
def _step_block(
    block: int,
    members: Index,
    p: Array,
    dt: float,
    num: Numbers,
    side: Array,
    inflow_before: Array,
    inflow: Array,
    flow: Array,
    depth: Array,
    work: Array,
    missed: Index,
) -> None:
    """Advance one block of flowpaths by one step.

    The rows of ``work`` hold per lane: the lower and upper estimate of depth (0, 1); travel time,
    diffusion and normal flow of the lower one (2, 3, 4); its residual (5); routed inflow and
    lateral inflow of the latest estimate (6, 7); whether its search goes on (8); what the inflow
    at the end of the step has in the routed one (9); inflow before and after, outflow before and
    lateral inflow (10 to 13), for loops that touch one array alone become vector code more readily;
    whether there is any water (14).
    """
    lanes = LANES
    base = block * lanes
    half_dt = dt * num.half
    for j in range(lanes):
        i = base + j
        work[10 * LANES + j] = inflow_before[i]
        work[11 * LANES + j] = inflow[i]
        work[12 * LANES + j] = flow[i]
        work[13 * LANES + j] = side[i]
    wet = 0
    for j in range(lanes):
        most = max(work[10 * LANES + j], work[11 * LANES + j], work[12 * LANES + j])
        flows = max(most, work[13 * LANES + j]) > num.zero
        work[8 * LANES + j] = num.one if flows else num.zero
        work[14 * LANES + j] = num.one if flows else num.zero
        wet += flows
    if wet == 0:
        for j in range(lanes):
            flow[base + j] = num.zero
            depth[base + j] = num.zero
        return
    for j in range(lanes):
        lower = depth[base + j] * num.below
        work[j] = lower
        work[LANES + j] = depth[base + j] * num.above + num.tolerance
        work[2 * LANES + j], work[3 * LANES + j], work[4 * LANES + j] = section(lower, p, j, dt, num)
        work[5 * LANES + j] = num.zero
    iterations = 0
    limit = MAX_ITERATIONS
    tries = 0
    while True:
        left = 0
        for j in range(lanes):
            on = work[8 * LANES + j] > num.zero
            q_in = work[10 * LANES + j]
            q_new = work[11 * LANES + j]
            q_before = work[12 * LANES + j]
            q_side = work[13 * LANES + j]
            # the lower estimate; its X is judged by the residual of the search, not by the flow
            h0 = work[j]
            k0 = work[2 * LANES + j]
            x0 = work[3 * LANES + j]
            n0 = work[4 * LANES + j]
            r_before = work[5 * LANES + j]
            weight = min(num.half, max(num.zero, num.half - x0 * r_before))
            kx = k0 * weight
            rest = k0 - kx
            routed = (
                (kx + half_dt) * q_in + (half_dt - kx) * q_new + (rest - half_dt) * q_before + q_side * dt
            ) / (rest + half_dt)
            r0 = routed - n0
            # the upper estimate
            h = work[LANES + j]
            k1, x1, n1 = section(h, p, j, dt, num)
            weight = min(num.half, max(num.quarter, num.half - x1 * routed))
            kx = k1 * weight
            rest = k1 - kx
            per_d = num.one / (rest + half_dt)
            ahead = (half_dt - kx) * q_new
            through = ((kx + half_dt) * q_in + ahead + (rest - half_dt) * q_before) * per_d
            added = q_side * dt * per_d
            added = -through if (added < num.zero) & (-added > through) else added
            r1 = through + added - n1
            # secant
            span = r0 - r1
            h1 = h if span == num.zero else h - r1 * (h0 - h) / span
            h1 = h if h1 < num.zero else h1
            error = abs(h1 - h)
            go = on & (error > num.tolerance * h) & (error >= num.tolerance) & (h1 >= num.tolerance)
            work[8 * LANES + j] = num.one if go else num.zero
            left += go
            work[j] = h if on else h0
            work[LANES + j] = h1 if on else h
            work[2 * LANES + j] = k1 if on else k0
            work[3 * LANES + j] = x1 if on else x0
            work[4 * LANES + j] = n1 if on else n0
            work[5 * LANES + j] = r0 if on else r_before
            work[6 * LANES + j] = through if on else work[6 * LANES + j]
            work[7 * LANES + j] = added if on else work[7 * LANES + j]
            work[9 * LANES + j] = ahead * per_d if on else work[9 * LANES + j]
        iterations += 1
        if left == 0:
            break
        if iterations > limit:
            tries += 1
            if tries > MAX_TRIES:
                for j in range(min(lanes, members.size - base)):
                    missed[members[base + j]] += work[8 * LANES + j] > num.zero
                break
            iterations = 0
            limit += MORE_ITERATIONS
            for j in range(lanes):
                work[j] *= num.below if work[8 * LANES + j] > num.zero else num.one
                work[LANES + j] *= num.above if work[8 * LANES + j] > num.zero else num.one
    for j in range(lanes):
        i = base + j
        flows = work[14 * LANES + j] > num.zero
        total = work[6 * LANES + j] + work[7 * LANES + j]
        # a steep rise makes it negative through the inflow at the end of the step, which is left out then
        total = total - work[9 * LANES + j] if total < num.zero else total
        flow[i] = max(total, num.zero) if flows else num.zero
        depth[i] = work[LANES + j] if flows else num.zero


@inlined
def _step_part(
    block: int,
    first: int,
    end: int,
    members: Index,
    p: Array,
    dt: float,
    num: Numbers,
    side: Array,
    inflow_before: Array,
    inflow: Array,
    flow: Array,
    depth: Array,
    work: Array,
    kept: Array,
    missed: Index,
) -> None:
    """Advance those flowpaths of a block that lie in ``first`` … ``end``; the others are left as they are."""
    base = block * LANES
    for j in range(LANES):
        i = base + j
        if i < first or i >= end:
            kept[j], kept[LANES + j], kept[2 * LANES + j] = flow[i], depth[i], inflow[i]
            flow[i] = depth[i] = inflow[i] = inflow_before[i] = side[i] = num.zero
    _step_block(block, members, p, dt, num, side, inflow_before, inflow, flow, depth, work, missed)
    for j in range(LANES):
        i = base + j
        if i < first or i >= end:
            flow[i], depth[i], inflow[i] = kept[j], kept[LANES + j], kept[2 * LANES + j]


@inlined
def _write_stage(
    first: int,
    end: int,
    period: int,
    members: Index,
    parameters: Array,
    num: Numbers,
    flow: Array,
    depth: Array,
    work: Array,
    out_flow: Array,
    out_velocity: Array,
    out_depth: Array,
) -> None:
    """Write the end of a period for the flowpaths ``first`` … ``end``."""
    for block in range(first // LANES, (end + LANES - 1) // LANES):
        p = parameters[block]
        base = block * LANES
        for j in range(LANES):
            work[j] = channel_velocity(depth[base + j], p, j, num)
        for j in range(max(first - base, 0), min(LANES, end - base)):
            i = members[base + j]
            out_flow[i, period] = flow[base + j]
            out_depth[i, period] = depth[base + j]
            out_velocity[i, period] = work[j]


@kernel
def route_piece(
    members: Index,
    pools: Index,
    stage_offset: Index,
    pool_stage: Index,
    upstream_offset: Index,
    upstream: Index,
    inlet_offset: Index,
    inlet: Index,
    outlet: Index,
    outlet_link: Index,
    inside_offset: Index,
    inside: Index,
    parameters: Array,
    pool_parameters: Array,
    dt: float,
    substeps: int,
    short_step: bool,
    num: Numbers,
    lateral: Array,
    links: Array,
    state_flow: Array,
    state_depth: Array,
    state_level: Array,
    state_inflow: Array,
    out_flow: Array,
    out_velocity: Array,
    out_depth: Array,
    missed: Index,
) -> None:
    """Route a piece through a chunk of time.

    Parameters
    ----------
    members … inside : as in `dmod.engine.routing.plan.Piece`
    parameters : shape (block, parameter, lane), see `PARAMETERS`; its type is that of all arithmetic
    pool_parameters : shape (reservoir, 9)
    dt : step [s]
    substeps : steps of dt per period of lateral inflow and output
    short_step : whether the inflow at the end of a step is taken to be that at its start
    num : Numbers in the type of ``parameters``
    lateral : shape (flowpath, period), constant over its period [m3 s-1]
    links : shape (step + 1, link), flow at the start and after every step; own outlets are filled
    state_* : of the whole network, read at the start and left at the end
    out_* : shape (flowpath, period), values at the end of the period, filled
    missed : shape (flowpath,), counts steps whose search did not converge
    """
    size = parameters.shape[0] * LANES
    steps = lateral.shape[1] * substeps
    stages = stage_offset.size - 1
    real = parameters[0, 0] * num.zero if size > 0 else num.zero
    flow = np.zeros(size + pools.size, parameters.dtype)
    inflow = np.zeros(size + pools.size, parameters.dtype)
    inflow_before = inflow if short_step else np.zeros(size + pools.size, parameters.dtype)
    depth = np.zeros(size, parameters.dtype)
    side = np.zeros(size, parameters.dtype)
    work = np.zeros(15 * LANES, parameters.dtype)
    kept = np.zeros(3 * LANES, parameters.dtype)
    level = np.zeros(pools.size)
    for i in range(members.size):
        flow[i] = state_flow[members[i]]
        depth[i] = state_depth[members[i]]
    for k in range(pools.size):
        level[k] = state_level[pools[k]]
        flow[size + k] = state_flow[inside[inside_offset[k]]]
    for k in range(outlet.size):
        links[0, outlet_link[k]] = flow[outlet[k]]
    for i in range(size + pools.size):
        total = real
        for k in range(upstream_offset[i], upstream_offset[i + 1]):
            total += flow[upstream[k]]
        for k in range(inlet_offset[i], inlet_offset[i + 1]):
            total += links[0, inlet[k]]
        inflow[i] = total

    # a flowpath of stage g takes step n in pass n + g, when those above it, of stage g - 1, have taken it
    for number in range(steps + stages - 1):
        early = max(0, number - steps + 1)
        late = min(stages - 1, number)
        first = stage_offset[early]
        end = stage_offset[late + 1]
        for stage in range(early, late + 1):
            step = number - stage
            if step % substeps == 0:
                for i in range(stage_offset[stage], stage_offset[stage + 1]):
                    side[i] = lateral[members[i], step // substeps]
            now = step if short_step else step + 1
            for i in range(stage_offset[stage], stage_offset[stage + 1]):
                total = real
                for k in range(upstream_offset[i], upstream_offset[i + 1]):
                    total += flow[upstream[k]]
                for k in range(inlet_offset[i], inlet_offset[i + 1]):
                    total += links[now, inlet[k]]
                inflow_before[i] = inflow[i]
                inflow[i] = total
        for k in range(pools.size):
            step = number - pool_stage[k]
            if step >= 0 and step < steps:
                now = step if short_step else step + 1
                i = size + k
                total = real
                for m in range(upstream_offset[i], upstream_offset[i + 1]):
                    total += flow[upstream[m]]
                for m in range(inlet_offset[i], inlet_offset[i + 1]):
                    total += links[now, inlet[m]]
                inflow[i] = total
        for block in range(first // LANES, (end + LANES - 1) // LANES):
            p = parameters[block]
            base = block * LANES
            if base >= first and min(base + LANES, members.size) <= end:
                _step_block(
                    block, members, p, dt, num, side, inflow_before, inflow, flow, depth, work, missed
                )
            else:
                _step_part(
                    block, first, end, members, p, dt, num,
                    side, inflow_before, inflow, flow, depth, work, kept, missed,
                )  # fmt: skip
        for k in range(pools.size):
            step = number - pool_stage[k]
            if step >= 0 and step < steps:
                received = float(inflow[size + k])
                for j in range(inside_offset[k], inside_offset[k + 1]):
                    received += lateral[inside[j], step // substeps]
                pool = pools[k]
                level[k], flow[size + k] = pool_step(
                    level[k], state_inflow[pool], received, float(dt), pool_parameters[pool]
                )
                state_inflow[pool] = received
                if (step + 1) % substeps == 0:
                    for j in range(inside_offset[k], inside_offset[k + 1]):
                        out_flow[inside[j], step // substeps] = flow[size + k]
                        out_velocity[inside[j], step // substeps] = 0.0
                        out_depth[inside[j], step // substeps] = level[k]
        # outlets are of the last stage
        step = number - stages + 1
        if step >= 0:
            for k in range(outlet.size):
                links[step + 1, outlet_link[k]] = flow[outlet[k]]
        for stage in range(early, late + 1):
            step = number - stage
            if (step + 1) % substeps == 0:
                _write_stage(
                    stage_offset[stage], stage_offset[stage + 1], step // substeps, members,
                    parameters, num, flow, depth, work, out_flow, out_velocity, out_depth,
                )  # fmt: skip

    for i in range(members.size):
        state_flow[members[i]] = flow[i]
        state_depth[members[i]] = depth[i]
    for k in range(pools.size):
        state_level[pools[k]] = level[k]
        for j in range(inside_offset[k], inside_offset[k + 1]):
            state_flow[inside[j]] = flow[size + k]
