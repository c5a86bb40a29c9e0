"""The time loop of TOPMODEL."""

from __future__ import annotations

import math

from dmod.engine.compile import kernel
from dmod.engine.models.module import INFLOW, OUTFLOW, STORAGE_CHANGE, UNACCOUNTED
from dmod.engine.process.topmodel_channel_routing import route_by_time_delay
from dmod.engine.process.topmodel_overland_flow import saturation_overland_flow
from dmod.engine.process.topmodel_saturated_zone import local_deficit, saturated_base_flow
from dmod.engine.process.topmodel_unsaturated_zone import root_zone_evaporation, unsaturated_drainage

# Columns of the parameter array; then index offset, class area and interval area of each class, and the
# ordinates of the time delay histogram, each as wide as the largest of the block.
(
    DECAY,
    DELAY_PER_DEFICIT,
    ROOT_ZONE_CAPACITY,
    FLOW_AT_SATURATION,
    INFILTRATION_EXCESS,
    INITIAL_BALANCE,
    REPRESENTED_AREA,
    N_CLASSES,
    WIDTH_CLASSES,
    N_ORDINATES,
    WIDTH_ORDINATES,
    ROUTING_DELAY,
    N_PARAMETERS,
) = range(13)

# Columns of the state array; root zone deficit and unsaturated storage of each class and the routing
# queue follow them.
(
    MEAN_DEFICIT,
    TOTAL_PRECIPITATION,
    TOTAL_EVAPORATION,
    TOTAL_RUNOFF,
    ROOT_ZONE_DEFICIT,
    UNSATURATED_STORAGE,
    STEPS,
    N_STATES,
) = range(8)

# Less unsaturated storage than this is dropped by the program [m].
SMALLEST_STORAGE = 0.0000001


@kernel
def topmodel_kernel(parameters, state, inputs, outputs, balance, failed_step):  # type: ignore[no-untyped-def]
    """Step every catchment; see `dmod.engine.models.module.Kernel`.

    One step is one hour whatever the time step of the run, as in the program. Inputs and outputs in the
    order of `dmod.engine.models.topmodel.TOPMODEL`.
    """
    precipitation, potential_evaporation = inputs
    for i in range(parameters.shape[0]):
        row = parameters[i]
        decay = row[DECAY]
        delay_per_deficit = row[DELAY_PER_DEFICIT]
        capacity = row[ROOT_ZONE_CAPACITY]
        flow_at_saturation = row[FLOW_AT_SATURATION]
        infiltration_excess = row[INFILTRATION_EXCESS] == 1.0
        represented_area = row[REPRESENTED_AREA]
        classes = int(row[N_CLASSES])
        width = int(row[WIDTH_CLASSES])
        count = int(row[N_ORDINATES])
        routing_delay = int(row[ROUTING_DELAY])
        offset = row[N_PARAMETERS:]
        class_area = row[N_PARAMETERS + width :]
        interval_area = row[N_PARAMETERS + 2 * width :]
        ordinates = row[N_PARAMETERS + 3 * width :]
        root_zone = state[i, N_STATES:]
        unsaturated = state[i, N_STATES + width :]
        queue = state[i, N_STATES + 2 * width :]
        mean_deficit = state[i, MEAN_DEFICIT]
        total_precipitation = state[i, TOTAL_PRECIPITATION]
        total_evaporation = state[i, TOTAL_EVAPORATION]
        total_runoff = state[i, TOTAL_RUNOFF]
        root_zone_deficit = state[i, ROOT_ZONE_DEFICIT]
        unsaturated_storage = state[i, UNSATURATED_STORAGE]
        step = int(state[i, STEPS])
        storage_before = unsaturated_storage - root_zone_deficit - mean_deficit
        inflow = 0.0
        outflow = 0.0
        lost = 0.0
        failed_step[i] = -1
        for t in range(precipitation.shape[1]):
            step += 1
            rain = precipitation[i, t]
            potential = potential_evaporation[i, t]
            total_precipitation += rain
            inflow += rain
            overland_flow = 0.0
            if infiltration_excess:
                # the program truncates the rainfall rate in m h-1 to an integer: nothing infiltrates
                overland_flow = rain
                rain = 0.0
            infiltration_runoff = overland_flow
            overland_flow = 0.0
            recharge = 0.0
            evaporation = 0.0
            root_zone_deficit = 0.0
            unsaturated_storage = 0.0
            upslope_excess = 0.0
            for k in range(classes):
                area = class_area[k]
                deficit = local_deficit(mean_deficit, offset[k])
                dryness = root_zone[k] - rain
                storage = unsaturated[k]
                if dryness < 0.0:
                    storage -= dryness
                    dryness = 0.0
                excess = 0.0
                if storage > deficit:
                    excess = storage - deficit
                    storage = deficit
                    lost += excess * area
                if storage > 0.0:
                    drainage = unsaturated_drainage(storage, deficit, delay_per_deficit)
                    storage -= drainage
                    if storage < SMALLEST_STORAGE:
                        lost += storage * area
                        storage = 0.0
                    recharge += drainage * area
                if potential > 0.0:
                    evaporated = root_zone_evaporation(potential, dryness, capacity)
                    dryness += evaporated
                    total_evaporation += evaporated * area
                    evaporation += evaporated * area
                if k > 0 and (excess > 0.0 or upslope_excess > 0.0):
                    overland_flow += saturation_overland_flow(excess, upslope_excess, interval_area[k], area)
                upslope_excess = excess
                root_zone[k] = dryness
                unsaturated[k] = storage
                root_zone_deficit += dryness * area
                unsaturated_storage += storage * area
            lost += (1.0 - represented_area) * rain - overland_flow
            overland_flow += infiltration_runoff
            base_flow = saturated_base_flow(mean_deficit, decay, flow_at_saturation)
            mean_deficit += -recharge + base_flow
            runoff = base_flow + overland_flow
            routed = route_by_time_delay(runoff, ordinates, queue, count, routing_delay, step)
            total_runoff += routed
            outflow += runoff + evaporation
            outputs[0][i, t] = runoff
            outputs[1][i, t] = rain
            outputs[2][i, t] = potential
            outputs[3][i, t] = routed
            outputs[4][i, t] = recharge
            outputs[5][i, t] = base_flow
            outputs[6][i, t] = mean_deficit
            outputs[7][i, t] = overland_flow
            outputs[8][i, t] = total_precipitation
            outputs[9][i, t] = total_evaporation
            outputs[10][i, t] = total_runoff
            outputs[11][i, t] = root_zone_deficit
            outputs[12][i, t] = unsaturated_storage
            outputs[13][i, t] = row[INITIAL_BALANCE]
            if failed_step[i] < 0 and not math.isfinite(
                runoff + mean_deficit + root_zone_deficit + unsaturated_storage + potential
            ):
                failed_step[i] = t
        state[i, MEAN_DEFICIT] = mean_deficit
        state[i, TOTAL_PRECIPITATION] = total_precipitation
        state[i, TOTAL_EVAPORATION] = total_evaporation
        state[i, TOTAL_RUNOFF] = total_runoff
        state[i, ROOT_ZONE_DEFICIT] = root_zone_deficit
        state[i, UNSATURATED_STORAGE] = unsaturated_storage
        state[i, STEPS] = step
        balance[i, INFLOW] += inflow
        balance[i, OUTFLOW] += outflow
        balance[i, STORAGE_CHANGE] += unsaturated_storage - root_zone_deficit - mean_deficit - storage_before
        balance[i, UNACCOUNTED] += lost
