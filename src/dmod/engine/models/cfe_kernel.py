"""The time loop of the Conceptual Functional Equivalent model, for both revisions.

Columns of the parameter and state arrays are named here; `cfe` fills them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dmod.engine.compile import kernel
from dmod.engine.models.module import Array
from dmod.engine.process.conceptual_reservoir import exponential_outflow, threshold_outflow
from dmod.engine.process.giuh import route_by_unit_hydrograph
from dmod.engine.process.nash_cascade import route_lateral_flow, route_surface_runoff
from dmod.engine.process.schaake import schaake_infiltration, unfrozen_fraction
from dmod.engine.process.soil_evapotranspiration import (
    evaporation_from_water,
    evapotranspiration_from_soil,
)
from dmod.engine.process.xinanjiang import impervious_fraction, xinanjiang_runoff

SCHAAKE, XINANJIANG = 1, 2
GIUH, NASH_CASCADE = 1, 2
DT = 3600.0

# Columns of the parameter array; the GIUH ordinates follow them.
(
    PARTITIONING,
    ROUTING,
    SOIL_MAX,
    FIELD_CAPACITY,
    FREE_SPAN,
    WILTING_POINT,
    TENSION_SPAN,
    PERCOLATION_COEFFICIENT,
    PERCOLATION_EXPONENT,
    LATERAL_COEFFICIENT,
    LATERAL_EXPONENT,
    CAPACITY_FRACTION,
    ICE_COUPLED,
    FROZEN_INDEX,
    A_XINANJIANG,
    B_XINANJIANG,
    X_XINANJIANG,
    URBAN,
    GW_MAX,
    GW_COEFFICIENT,
    GW_EXPONENT,
    K_LATERAL,
    N_LATERAL,
    N_GIUH,
    GIUH_LOSS,
    N_SURFACE,
    K_SURFACE,
    SUBSTEPS,
    K_INFILTRATION,
    RETENTION,
    IS_PINNED,
    GIUH_WIDTH,
    LATERAL_WIDTH,
    N_PARAMETERS,
) = range(34)

# Columns of the state array; GIUH queue, lateral and surface cascade follow them, each as wide as the
# largest of the block.
SOIL, GROUNDWATER, PERCOLATION, N_STATES = range(4)


@kernel
def step_cfe(
    parameters: Array,
    state: Array,
    rain_rate: Array,
    potential_et: Array,
    ice_schaake: Array,
    ice_xinanjiang: Array,
    rain_out: Array,
    excess_out: Array,
    direct_out: Array,
    lateral_out: Array,
    baseflow_out: Array,
    percolation_out: Array,
    q_out: Array,
    pet_out: Array,
    aet_out: Array,
    gw_out: Array,
    soil_out: Array,
    change_out: Array,
    ponded_out: Array,
    balance: Array,
    failed_step: NDArray[np.int64],
) -> None:
    """Step every catchment through every hour of a chunk; see `Kernel` for shapes and units.

    Parameters
    ----------
    rain_rate, potential_et : shape (catchment, time) [mm h-1], [m s-1]
    ice_schaake, ice_xinanjiang : shape (catchment, time) [m], [1]
    rain_out, … : shape (catchment, time); all in m, per step where they are flows
    ponded_out : shape (catchment, time), or (catchment, 0) where it is not wanted
    """
    n_steps = rain_rate.shape[1]
    wants_ponded = ponded_out.shape[1] > 0
    for c in range(parameters.shape[0]):
        p = parameters[c]
        lateral_start = N_STATES + int(p[GIUH_WIDTH])
        surface_start = lateral_start + int(p[LATERAL_WIDTH])
        pinned = p[IS_PINNED] != 0.0
        by_schaake = p[PARTITIONING] == SCHAAKE
        by_giuh = p[ROUTING] == GIUH
        ice_coupled = p[ICE_COUPLED] != 0.0
        soil_max = p[SOIL_MAX]
        field_capacity = p[FIELD_CAPACITY]
        free_span = p[FREE_SPAN]
        wilting_point = p[WILTING_POINT]
        tension_span = p[TENSION_SPAN]
        percolation_coefficient = p[PERCOLATION_COEFFICIENT]
        percolation_exponent = p[PERCOLATION_EXPONENT]
        lateral_coefficient = p[LATERAL_COEFFICIENT]
        lateral_exponent = p[LATERAL_EXPONENT]
        capacity_fraction = p[CAPACITY_FRACTION]
        gw_max = p[GW_MAX]
        gw_coefficient = p[GW_COEFFICIENT]
        gw_exponent = p[GW_EXPONENT]
        k_lateral = p[K_LATERAL]
        n_lateral = int(p[N_LATERAL])
        n_giuh = int(p[N_GIUH])
        giuh_loss = p[GIUH_LOSS]
        n_surface = int(p[N_SURFACE])
        substeps = int(p[SUBSTEPS])
        ordinates = p[N_PARAMETERS : N_PARAMETERS + n_giuh]
        queue = state[c, N_STATES : N_STATES + n_giuh]
        lateral_storage = state[c, lateral_start : lateral_start + n_lateral]
        surface_storage = state[c, surface_start : surface_start + n_surface]

        soil = state[c, SOIL]
        groundwater = state[c, GROUNDWATER]
        percolation = state[c, PERCOLATION]
        stored = soil + groundwater + queue.sum() + lateral_storage.sum() + surface_storage.sum()
        inflow = 0.0
        outflow = 0.0
        unaccounted = 0.0
        for t in range(n_steps):
            soil_before = soil
            rain = rain_rate[c, t] / 1000.0
            inflow += rain
            demand = potential_et[c, t] * DT
            pet_out[c, t] = demand
            rain_out[c, t] = rain_rate[c, t] if pinned else rain

            # evapotranspiration
            actual_et = 0.0
            if rain > 0.0:
                evaporated = evaporation_from_water(rain, demand)
                rain -= evaporated
                demand -= evaporated
                actual_et += evaporated
            if not by_giuh and demand > 0.0:
                evaporated = evaporation_from_water(min(surface_storage[0], p[RETENTION]), demand)
                surface_storage[0] -= evaporated
                demand -= evaporated
                actual_et += evaporated
            from_soil = evapotranspiration_from_soil(
                demand, soil, wilting_point, field_capacity, tension_span
            )
            soil -= from_soil
            actual_et += from_soil

            # partitioning
            deficit = soil_max - soil
            excess = 0.0
            infiltration = 0.0
            if rain > 0.0:
                if by_schaake:
                    infiltration = schaake_infiltration(rain, deficit, capacity_fraction)
                    if ice_coupled:
                        infiltration *= unfrozen_fraction(ice_schaake[c, t], p[FROZEN_INDEX])
                    excess = rain - infiltration
                else:
                    ice = ice_xinanjiang[c, t] if ice_coupled else 0.0
                    impervious = impervious_fraction(p[URBAN], ice) * rain
                    pervious = rain - impervious
                    excess = impervious + xinanjiang_runoff(
                        pervious,
                        soil,
                        field_capacity,
                        soil_max,
                        p[A_XINANJIANG],
                        p[B_XINANJIANG],
                        p[X_XINANJIANG],
                    )
                    infiltration = rain - excess
                    if not pinned:
                        # The newer revision takes the impervious runoff off twice.
                        infiltration = pervious - excess
                        unaccounted += impervious
            if deficit < infiltration:
                # The soil is set to full and the deficit is added to it all the same.
                unaccounted -= soil_max - soil
                excess += infiltration - deficit
                infiltration = deficit
                soil = soil_max
                deficit = 0.0
            if percolation > deficit:
                # What percolated in the step before, not what infiltrates now, is held against the room.
                surplus = percolation - deficit
                unaccounted -= surplus + (deficit - infiltration)
                infiltration = deficit
                excess += surplus
                deficit = 0.0
            soil += infiltration

            # soil to groundwater and to lateral flow
            percolation = 0.0
            lateral = 0.0
            above = soil - field_capacity
            if above > 0.0:
                percolation = min(
                    threshold_outflow(above, free_span, percolation_coefficient, percolation_exponent), above
                )
                lateral = min(
                    threshold_outflow(above, free_span, lateral_coefficient, lateral_exponent),
                    above - percolation,
                )
            percolation = min(percolation, gw_max - groundwater)
            groundwater += percolation
            soil -= percolation
            soil -= lateral
            baseflow = exponential_outflow(groundwater, gw_max, gw_coefficient, gw_exponent)
            groundwater -= baseflow

            change_out[c, t] = soil - soil_before

            # routing
            if by_giuh:
                direct = route_by_unit_hydrograph(excess, ordinates, queue, n_giuh)
                unaccounted += giuh_loss * excess
            else:
                direct = 0.0
                if excess > 0.0 or surface_storage.sum() > 0.0:
                    direct, sunk, surplus = route_surface_runoff(
                        excess,
                        deficit,
                        p[K_SURFACE],
                        substeps,
                        p[K_INFILTRATION],
                        p[RETENTION],
                        surface_storage,
                        n_surface,
                    )
                    soil += sunk
                    unaccounted -= surplus
            from_lateral = route_lateral_flow(lateral, k_lateral, lateral_storage, n_lateral)
            discharge = direct + from_lateral + baseflow
            outflow += discharge + actual_et

            excess_out[c, t] = excess
            direct_out[c, t] = direct
            lateral_out[c, t] = from_lateral
            baseflow_out[c, t] = baseflow
            percolation_out[c, t] = percolation
            q_out[c, t] = discharge
            aet_out[c, t] = actual_et
            gw_out[c, t] = groundwater
            soil_out[c, t] = soil
            if wants_ponded:
                ponded_out[c, t] = queue.sum() if by_giuh else surface_storage.sum()
            finite = discharge + soil + groundwater + rain + demand
            if finite - finite != 0.0:
                if failed_step[c] < 0:
                    failed_step[c] = t
                break
        state[c, SOIL] = soil
        state[c, GROUNDWATER] = groundwater
        state[c, PERCOLATION] = percolation
        left = soil + groundwater + queue.sum() + lateral_storage.sum() + surface_storage.sum()
        balance[c, 0] += inflow
        balance[c, 1] += outflow
        balance[c, 2] += left - stored
        balance[c, 3] += unaccounted
