"""SAC-SMA's soil parameters from the texture class, after Koren et al. (2000, 2003).

The water that a soil holds follows Campbell's curve, ψ = ψ_s (θ / θ_s)^-b, with Cosby et al.'s (1984)
regressions on the sand and clay of each class. A rain that a dry pasture of the class's hydrologic
group keeps back (the curve number's initial abstraction) fills the upper zone's free water, and so
tells how deep the upper zone is; the lower zone reaches down to 1.75 m.

References
----------
Cosby, B. J. et al. (1984), Water Resour. Res. 20(6), table 2 (sand and clay), table 5 (regressions),
doi:10.1029/WR020i006p00682.
Koren, V. et al. (2000), Use of soil property data in the derivation of conceptual rainfall-runoff
model parameters, 15th Conf. on Hydrology, AMS, 103-106.
Koren, V., M. Smith, Q. Duan (2003), Use of a priori parameter estimates in the derivation of spatially
consistent parameter sets of rainfall-runoff models, in: Calibration of Watershed Models,
Water Science and Application 6, AGU, 239-254.
USDA SCS (1986), TR-55, appendix A (hydrologic soil group by texture).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dmod.formulation.generate.generator import Column, Convert

Floats = NDArray[np.float64]

# class of the STATSGO table: sand [%], clay [%], curve number of its hydrologic group.
# Cosby et al. had no silt (5); it takes silt loam's.
_CLASSES: Final[dict[int, tuple[float, float, float]]] = {
    1: (92.0, 3.0, 28.0),  # sand, A
    2: (82.0, 6.0, 28.0),  # loamy sand, A
    3: (58.0, 10.0, 28.0),  # sandy loam, A
    4: (17.0, 13.0, 48.0),  # silt loam, B
    5: (17.0, 13.0, 48.0),  # silt, B
    6: (43.0, 18.0, 48.0),  # loam, B
    7: (58.0, 27.0, 63.0),  # sandy clay loam, C
    8: (10.0, 34.0, 70.0),  # silty clay loam, D
    9: (32.0, 34.0, 70.0),  # clay loam, D
    10: (52.0, 42.0, 70.0),  # sandy clay, D
    11: (6.0, 47.0, 70.0),  # silty clay, D
    12: (22.0, 58.0, 70.0),  # clay, D
}
_SANDY: Final = (1, 2, 3)  # classes that drain to -10 kPa, the others to -20 kPa
_HEAD: Final = 0.101972  # metres of water in 1 kPa
_DEPTH: Final = 1750.0  # bottom of the lower zone [mm]: middle of the tenth STATSGO layer
_DENSITY: Final = 2.5  # length of channels per area [km-1]
_POWER: Final = 1.6


@dataclass(frozen=True, slots=True)
class SoilWater:
    """Volumetric water contents and conductivity of soils, shape (n,).

    Parameters
    ----------
    saturated, field, wilting : water content [-] at saturation, at field capacity, at -1500 kPa
    conductivity : saturated [mm h-1]
    abstraction : rain kept back by a dry soil [mm]
    """

    saturated: Floats
    field: Floats
    wilting: Floats
    conductivity: Floats
    abstraction: Floats

    @property
    def drainable(self) -> Floats:
        """Free water that a unit of soil holds [-]."""
        return self.saturated - self.field

    @property
    def upper_depth(self) -> Floats:
        """Thickness of the upper zone [mm]."""
        return np.minimum(self.abstraction / self.drainable, 0.9 * _DEPTH)

    @property
    def lower_depth(self) -> Floats:
        """Thickness of the lower zone [mm]."""
        return _DEPTH - self.upper_depth

    @property
    def dry_share(self) -> Floats:
        """Power of the wilting point's saturation that divides the lower free water [-]."""
        share: Floats = (self.wilting / self.saturated) ** _POWER
        return share

    @property
    def lower_free(self) -> Floats:
        """Free water capacity of the lower zone [mm]."""
        return self.drainable * self.lower_depth


def soil_water(texture: Column) -> SoilWater:
    """Return the water contents of texture classes; NaN where a class is no soil.

    Parameters
    ----------
    texture : STATSGO class, 1…12, shape (n,); others (organic, water, bedrock, …) have no counterpart
    """
    sand, clay, curve = _looked_up(texture)
    saturated = 0.489 - 0.00126 * sand
    suction = 0.01 * 10.0 ** (1.88 - 0.0131 * sand)  # m
    slope = 2.91 + 0.159 * clay
    drained = np.where(np.isin(np.asarray(texture, dtype=float), _SANDY), 10.0, 20.0) * _HEAD

    def content(head: Floats | float) -> Floats:
        curve: Floats = saturated * (suction / head) ** (1.0 / slope)
        return curve

    conductivity = 25.4 * 10.0 ** (-0.884 + 0.0153 * sand)
    abstraction = 5.08 * (1000.0 / curve - 10.0)
    return SoilWater(saturated, content(drained), content(1500.0 * _HEAD), conductivity, abstraction)


def uztwm(soil: SoilWater) -> Floats:
    """Upper zone's tension water [mm]: what plants can take from it."""
    return (soil.field - soil.wilting) * soil.upper_depth


def uzfwm(soil: SoilWater) -> Floats:
    """Upper zone's free water [mm]: the initial abstraction."""
    return soil.drainable * soil.upper_depth


def uzk(soil: SoilWater) -> Floats:
    """Interflow's share a day of the upper free water [d-1]."""
    return 1.0 - (soil.field / soil.saturated) ** _POWER


def lztwm(soil: SoilWater) -> Floats:
    """Lower zone's tension water [mm]."""
    return (soil.field - soil.wilting) * soil.lower_depth


def lzfsm(soil: SoilWater) -> Floats:
    """Lower zone's supplemental (fast) free water [mm]."""
    return soil.lower_free * soil.dry_share


def lzfpm(soil: SoilWater) -> Floats:
    """Lower zone's primary (slow) free water [mm]."""
    return soil.lower_free * (1.0 - soil.dry_share)


def lzsk(soil: SoilWater) -> Floats:
    """Supplemental base flow's share a day [d-1]."""
    return uzk(soil) / (1.0 + 2.0 * (1.0 - soil.wilting))


def lzpk(soil: SoilWater) -> Floats:
    """Primary base flow's share a day [d-1], from drainage to channels of the usual density.

        1 - exp(-c K_s Z_lower D² / μ),  μ = 3.5 (θ_s - θ_field)^1.66

    with c = 4.06e-9 for K_s in mm/h, Z in mm, D in 1/km: the coefficient of the program that made the
    published grids, as kept in NASA's Land Information System (LISF 7.5, ``create_SACsoilparms_Korenv1``).
    """
    specific_yield = 3.5 * soil.drainable**1.66
    return -np.expm1(-4.06e-9 * soil.conductivity * soil.lower_depth * _DENSITY**2 / specific_yield)


def zperc(soil: SoilWater) -> Floats:
    """Percolation into a dry lower zone, in excess of and relative to that into a full one [-]."""
    fast, slow = lzfsm(soil), lzfpm(soil)
    base = fast * lzsk(soil) + slow * lzpk(soil)
    return (lztwm(soil) + fast + slow - base) / base


def rexp(soil: SoilWater) -> Floats:
    """Percolation's exponent [-]: 1 in sand, larger the finer the soil."""
    sand = soil_water(np.array([1.0])).wilting[0]
    exponent: Floats = np.sqrt(soil.wilting / (sand - 0.001))
    return exponent


def pfree(soil: SoilWater) -> Floats:
    """Share of the percolation that goes to free water at once [-]."""
    return soil.dry_share


def from_texture(parameter: Callable[[SoilWater], Floats]) -> Convert:
    """Return the conversion of a column of texture classes into a parameter."""

    def convert(column: Column) -> Column:
        return parameter(soil_water(column))

    return convert


def _looked_up(texture: Column) -> NDArray[np.float64]:
    """Return sand, clay and curve number, shape (3, n)."""
    nothing = (np.nan, np.nan, np.nan)
    rows: list[Any] = [_CLASSES.get(_class(value), nothing) for value in np.asarray(texture, dtype=float)]
    return np.array(rows, dtype=float).reshape(-1, 3).T


def _class(value: float) -> int:
    return int(value) if np.isfinite(value) and value == int(value) else 0
