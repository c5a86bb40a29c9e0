"""Water delayed by a cascade of linear reservoirs (Nash 1957), below and above ground."""

from __future__ import annotations

from dmod.engine.compile import scalar
from dmod.engine.models.module import Array


@scalar
def route_lateral_flow(inflow: float, rate: float, storage: Array, count: int) -> float:
    """Step a cascade once and return its outflow.

    Every reservoir releases ``rate`` of what it held at the start of the step.

    Parameters
    ----------
    inflow : scalar [m]
    rate : fraction that leaves a reservoir per step [1]
    storage : shape (count,) [m], changed
    count : number of reservoirs

    References
    ----------
    Nash (1957), IAHS Publ. 45, 114-121.
    """
    arriving = inflow
    for i in range(count):
        leaving = rate * storage[i]
        storage[i] = storage[i] - leaving + arriving
        arriving = leaving
    return arriving


@scalar
def route_surface_runoff(
    runoff: float,
    deficit: float,
    rate: float,
    substeps: int,
    infiltration_rate: float,
    retention: float,
    storage: Array,
    count: int,
) -> tuple[float, float, float]:
    """Step a cascade on the ground, which loses water into the soil, and return its flows.

    In each substep, reservoir by reservoir, water first infiltrates as far as the soil has room, then
    ``rate`` of what is left flows on; the first reservoir keeps its retention depth.

    Parameters
    ----------
    runoff : scalar [m]
    deficit : storage capacity that is left in the soil [m]
    rate, infiltration_rate : fraction of a reservoir that flows on, or infiltrates, per hour [h-1]
    substeps : number of substeps of the hour
    retention : depth that the first reservoir does not release [m]
    storage : shape (count,) [m], changed
    count : number of reservoirs

    Returns
    -------
    outflow, infiltration, surplus : scalars [m]; surplus is what the outflow has in excess of the water
        that left the last reservoir (more than 0 only where ``rate`` exceeds the number of substeps)
    """
    storage[0] += runoff
    dt = 1.0 / substeps
    outflow = 0.0
    infiltrated = 0.0
    surplus = 0.0
    room = deficit
    for _ in range(substeps):
        flow = 0.0
        moved = 0.0
        for i in range(count):
            held = storage[i]
            sinking = infiltration_rate * held * dt
            if room <= 0.0:
                sinking = 0.0
            elif room > sinking:
                room -= sinking
            else:
                sinking = room
                room = 0.0
            if held >= sinking:
                held -= sinking
            else:
                sinking = held
                held = 0.0
            infiltrated += sinking
            mobile = held
            if i == 0:
                mobile = held - retention if held > retention else 0.0
            flow = rate * mobile
            moved = min(flow * dt, mobile)
            storage[i] = held - moved
            if i < count - 1:
                storage[i + 1] += moved
        outflow += flow * dt
        surplus += flow * dt - moved
    return outflow, infiltrated, surplus
