"""Saturated zone of TOPMODEL: base flow and local saturation deficit."""

from __future__ import annotations

import math

from dmod.engine.compile import scalar


@scalar
def saturated_base_flow(deficit: float, decay: float, flow_at_saturation: float) -> float:
    """Flow out of the saturated zone of a catchment (Beven & Kirkby 1979).

        q_b = exp(ln T0 - lambda) * exp(-S / m)

    Parameters
    ----------
    deficit : mean saturation deficit S [m]
    decay : m, decline of transmissivity with deficit [m]
    flow_at_saturation : exp(ln T0 - lambda), flow where S is 0 [m per step]

    Returns
    -------
    base_flow : scalar [m per step]

    References
    ----------
    Beven & Kirkby (1979), doi:10.1080/02626667909491834, eq. 14.
    """
    return flow_at_saturation * math.exp(-deficit / decay)


@scalar
def local_deficit(mean_deficit: float, offset: float) -> float:
    """Saturation deficit of the land with one value of the topographic index, 0 where it is saturated.

        S_i = max(S + m * (lambda - ln(a / tan beta)_i), 0)

    Parameters
    ----------
    mean_deficit : S of the catchment [m]
    offset : m * (lambda - ln(a / tan beta)_i) [m]

    Returns
    -------
    deficit : scalar [m]

    References
    ----------
    Beven & Kirkby (1979), doi:10.1080/02626667909491834, eq. 11.
    """
    return max(mean_deficit + offset, 0.0)
