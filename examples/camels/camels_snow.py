"""Snow by degree-days, as a preparation of the forcing: the modules of this engine have no snow of their own.

Precipitation below a threshold temperature is stored; what melts reaches the ground as if it were rain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ALL_SNOW, ALL_RAIN = 0.0, 2.0  # degC; linear in between
MELT_ABOVE = 0.0  # degC
DEGREE_DAY_FACTOR = 2.0  # mm K-1 d-1; forests: 1.5 to 4 (Hock 2003, table 1)


@dataclass(frozen=True)
class Snow:
    """Water that reaches the ground, and what lies on it.

    Parameters
    ----------
    reaching : rain and melt [mm h-1]
    lying : water equivalent at the end of each hour [mm]
    """

    reaching: np.ndarray
    lying: np.ndarray


def degree_day_snow(
    precipitation: np.ndarray, temperature: np.ndarray, factor: float = DEGREE_DAY_FACTOR
) -> Snow:
    """Store snow and melt it (Hock 2003, doi:10.1016/S0022-1694(03)00257-9).

        melt = min(factor / 24 * max(T - 0 degC, 0), what lies)

    No water is lost or made: the sum of precipitation is that of ``reaching`` and the last of ``lying``.

    Parameters
    ----------
    precipitation : [mm h-1]
    temperature : [degC]
    factor : [mm K-1 d-1]
    """
    falling = precipitation * np.clip((ALL_RAIN - temperature) / (ALL_RAIN - ALL_SNOW), 0.0, 1.0)
    possible = factor / 24.0 * np.maximum(temperature - MELT_ABOVE, 0.0)
    melt, lying, store = np.empty_like(falling), np.empty_like(falling), 0.0
    for hour, (snow, most) in enumerate(zip(falling.tolist(), possible.tolist(), strict=True)):
        store += snow
        melt[hour] = min(most, store)
        store -= melt[hour]
        lying[hour] = store
    return Snow(precipitation - falling + melt, lying)
