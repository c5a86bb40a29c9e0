"""Unsaturated zone of TOPMODEL: drainage towards the water table and evaporation from the root zone."""

from __future__ import annotations

from dmod.engine.compile import scalar


@scalar
def unsaturated_drainage(storage: float, deficit: float, delay: float) -> float:
    """Water that drains from the unsaturated zone to the water table in one step.

        q_v = min(S_uz / (S_i * t_d), S_uz)

    Parameters
    ----------
    storage : water S_uz held above field capacity [m]
    deficit : local saturation deficit S_i [m], above 0
    delay : time t_d per unit of deficit, in steps [m-1]

    Returns
    -------
    drainage : scalar [m per step]

    References
    ----------
    Beven et al. (1995), TOPMODEL, in Singh: Computer Models of Watershed Hydrology, eq. 18.23.
    """
    return min(storage / (deficit * delay), storage)


@scalar
def root_zone_evaporation(potential: float, deficit: float, capacity: float) -> float:
    """Evaporation from the root zone, falling linearly with its deficit.

        e_a = min(e_p * (1 - S_rz / S_rmax), S_rmax - S_rz)

    Parameters
    ----------
    potential : e_p [m per step], above 0
    deficit : root zone deficit S_rz [m]
    capacity : largest deficit S_rmax [m]

    Returns
    -------
    evaporation : scalar [m per step]

    References
    ----------
    Beven et al. (1995), TOPMODEL, in Singh: Computer Models of Watershed Hydrology, eq. 18.25.
    """
    return min(potential * (1.0 - deficit / capacity), capacity - deficit)
