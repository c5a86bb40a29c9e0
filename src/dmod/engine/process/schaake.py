"""Partitioning of rain into infiltration and runoff by the soil's moisture deficit (Schaake et al. 1996)."""

from __future__ import annotations

import math

from dmod.engine.compile import scalar

REFERENCE_CONDUCTIVITY = 2.0e-6  # m s-1, saturated conductivity to which refkdt belongs


def infiltration_timescale(refkdt: float, conductivity: float) -> float:
    """Return the decay constant of the infiltration capacity [d-1] (Schaake et al. 1996, eq. 34)."""
    return refkdt * conductivity / REFERENCE_CONDUCTIVITY


def capacity_fraction(timescale: float, dt_days: float) -> float:
    """Return the fraction of the deficit that can be filled during one step, ``1 - exp(-kdt * dt)``."""
    return 1.0 - math.exp(-timescale * dt_days)


def frozen_ground_index(field_capacity: float, depth: float, porosity: float, ice_threshold: float) -> float:
    """Return the numerator of the frozen-ground parameter (Koren et al. 1999, eq. 20-22).

    Parameters
    ----------
    field_capacity : scalar [m]
    depth : scalar [m]
    porosity : scalar [1]
    ice_threshold : ice content above which soil is impermeable [m]
    """
    content = field_capacity / depth
    return 3.0 * (ice_threshold * (porosity / content * (0.412 / 0.468)))


@scalar
def schaake_infiltration(rain: float, deficit: float, fraction: float) -> float:
    """Depth of water that infiltrates during one step.

        infiltration = P * Ic / (P + Ic),  Ic = deficit * (1 - exp(-kdt * dt))

    Nothing infiltrates into soil that holds more than its capacity.

    Parameters
    ----------
    rain : scalar [m], above 0
    deficit : storage capacity that is left in the soil [m]
    fraction : from `capacity_fraction`

    References
    ----------
    Schaake et al. (1996), eqs. 2, 24 and 34, doi:10.1029/95JD02892.
    """
    if deficit < 0.0:
        return 0.0
    capacity = deficit * fraction
    infiltration = rain * (capacity / (rain + capacity))
    runoff = rain - infiltration
    if runoff <= 0.0:
        return rain
    return rain - runoff


@scalar
def unfrozen_fraction(ice: float, frozen_index: float) -> float:
    """Fraction of the ground that is permeable although it holds ice (Koren et al. 1999).

    Parameters
    ----------
    ice : ice content of the soil column [m]
    frozen_index : from `frozen_ground_index`

    References
    ----------
    Koren et al. (1999), doi:10.1029/1999JD900232.
    """
    if ice <= 1.0e-2:
        return 1.0
    ratio = frozen_index / ice
    return 1.0 - math.exp(-ratio) * (1.0 + ratio * ratio / 2.0 + ratio)
