"""Actual evapotranspiration from rain, from ponded water and from the soil."""

from __future__ import annotations

from dmod.engine.compile import scalar


@scalar
def evaporation_from_water(water: float, demand: float) -> float:
    """Depth that evaporates of open water, ``min(water, demand)`` [m]."""
    return demand if water > demand else water


@scalar
def evapotranspiration_from_soil(
    demand: float, storage: float, wilting_point: float, field_capacity: float, span: float
) -> float:
    """Depth that soil and plants give off during one step.

    The whole demand from field capacity up, nothing at the wilting point, in proportion between
    them (a function of Budyko's kind), and never more than is stored.

    Parameters
    ----------
    demand : what is left of the potential evapotranspiration [m]
    storage, wilting_point, field_capacity : scalar [m]
    span : field capacity less wilting point [m]
    """
    if demand <= 0.0 or storage <= wilting_point:
        return 0.0
    if storage >= field_capacity:
        return min(demand, storage)
    return min((storage - wilting_point) / span * demand, storage)
