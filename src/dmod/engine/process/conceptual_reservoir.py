"""Outflow of conceptual reservoirs: nonlinear with a threshold, and exponential."""

from __future__ import annotations

import math

from dmod.engine.compile import scalar


@scalar
def threshold_outflow(above: float, span: float, coefficient: float, exponent: float) -> float:
    """Depth that leaves by one outlet during one step, ``coefficient * (above / span)^exponent``.

    Parameters
    ----------
    above : storage above the outlet's threshold [m], above 0
    span : largest storage above the threshold [m]
    coefficient : outflow of the full reservoir [m per step]
    exponent : scalar [1]; 1 is a linear reservoir
    """
    if exponent == 1.0:
        return coefficient * (above / span)
    return coefficient * math.pow(above / span, exponent)


@scalar
def exponential_outflow(storage: float, storage_max: float, coefficient: float, exponent: float) -> float:
    """Depth that leaves an exponential reservoir during one step, at most what is stored.

        outflow = coefficient * (exp(exponent * storage / storage_max) - 1)

    Parameters
    ----------
    storage, storage_max : scalar [m]
    coefficient : scalar [m per step]
    exponent : scalar [1]

    References
    ----------
    Gochis et al. (2020), WRF-Hydro technical description 5.2, eq. 3.50.
    """
    if storage == 0.0:
        return 0.0
    return min(coefficient * (math.exp(exponent * storage / storage_max) - 1.0), storage)
