"""Runoff from a catchment whose storage capacity varies in space (Xinanjiang model, double parabola)."""

from __future__ import annotations

import math

from dmod.engine.compile import scalar

SEALED_SHARE_OF_URBAN_LAND = 0.95


@scalar
def impervious_fraction(urban: float, ice: float) -> float:
    """Share of the catchment from which all rain runs off.

    Parameters
    ----------
    urban : share of urban land [1]
    ice : share of the remaining ground that is frozen [1]
    """
    return urban * SEALED_SHARE_OF_URBAN_LAND + (1.0 - urban) * ice


@scalar
def contributing_fraction(wetness: float, a: float, b: float) -> float:
    """Share of the catchment whose tension water capacity is filled.

        f/F = (0.5 - a)^(1-b) * (W/Wmax)^b             for W/Wmax <= 0.5 - a
        f/F = 1 - (0.5 + a)^(1-b) * (1 - W/Wmax)^b     above

    Parameters
    ----------
    wetness : tension water over its maximum, W/Wmax [1]
    a, b : inflection point and shape [1]

    References
    ----------
    Jayawardena & Zhou (2000), eq. 2, doi:10.1016/S0022-1694(99)00173-0; Knoben et al. (2019), model 28.
    """
    if wetness <= 0.5 - a:
        return math.pow(0.5 - a, 1.0 - b) * math.pow(wetness, b)
    return 1.0 - math.pow(0.5 + a, 1.0 - b) * math.pow(1.0 - wetness, b)


@scalar
def xinanjiang_runoff(
    water: float, storage: float, field_capacity: float, storage_max: float, a: float, b: float, x: float
) -> float:
    """Depth of surface runoff from pervious ground during one step.

        runoff = water * f/F * (1 - (1 - S/Smax)^x)

    Free water ``S`` is what the soil holds above field capacity. Where there is any, tension water is
    at its maximum; where there is none, nothing runs off.

    Parameters
    ----------
    water : depth that reaches pervious ground [m]
    storage, field_capacity, storage_max : of the soil [m]
    a, b, x : inflection point of the tension water curve, its shape, shape of the free water curve [1]
    """
    free_max = storage_max - field_capacity
    if free_max <= 0.0 or field_capacity <= 0.0:
        return water
    free = min(storage - field_capacity, free_max)
    if free <= 0.0:
        return 0.0
    return water * contributing_fraction(1.0, a, b) * (1.0 - math.pow(1.0 - free / free_max, x))
