"""Radiation budget of the land surface: long-wave emission and the net flux."""

from dmod.engine.compile import scalar
from dmod.engine.process.vapour import FREEZING_POINT

STEFAN_BOLTZMANN = 5.67e-08


@scalar
def emitted_longwave(temperature: float, emissivity: float) -> float:
    """Long-wave radiation that a grey body emits (Stefan-Boltzmann law).

        L = emissivity * sigma * (T + 273.15)^4

    Parameters
    ----------
    temperature : T [degC]
    emissivity : 0 to 1 [-]

    Returns
    -------
    flux : scalar [W m-2]

    References
    ----------
    Bras (1990), Hydrology: an introduction to hydrologic science, ch. 2.
    """
    return emissivity * STEFAN_BOLTZMANN * (temperature + FREEZING_POINT) ** 4.0


@scalar
def sky_longwave(temperature: float, vapour_pressure: float, cloud_cover: float) -> float:
    """Long-wave radiation from a partly cloudy sky (Tennessee Valley Authority 1972).

        L_down = (0.74 + 0.0049 e) * (1 + 0.17 N^2) * sigma * (T + 273.15)^4,  e in hPa

    Parameters
    ----------
    temperature : air temperature T [degC]
    vapour_pressure : e [Pa]
    cloud_cover : fraction N of the sky, 0 to 0.9 [-]

    Returns
    -------
    flux : scalar [W m-2]

    References
    ----------
    TVA (1972), Heat and mass transfer between a water surface and the atmosphere; Bras (1990), p. 44.
    """
    emissivity = 0.740 + 0.0049 * vapour_pressure / 100.0
    return emitted_longwave(temperature, emissivity * (1.0 + 0.17 * cloud_cover * cloud_cover))


@scalar
def longwave_reflectivity(emissivity: float) -> float:
    """Fraction of incoming long-wave radiation that the surface reflects.

        0 where the emissivity exceeds 0.999, else 0.03 (water)

    Parameters
    ----------
    emissivity : of the surface, 0 to 1 [-]

    Returns
    -------
    reflectivity : scalar [-]

    References
    ----------
    Bras (1990), Hydrology: an introduction to hydrologic science, ch. 2.
    """
    return 0.0 if emissivity > 0.999 else 0.03


@scalar
def net_radiation(
    shortwave: float,
    longwave: float,
    shortwave_absorptivity: float,
    longwave_absorptivity: float,
    emitted: float,
) -> float:
    """Radiation that the surface gains.

        R_n = (1 - albedo) * S_down + (1 - reflectivity) * L_down - L_up

    Parameters
    ----------
    shortwave, longwave : incoming fluxes S_down, L_down [W m-2]
    shortwave_absorptivity : 1 - albedo [-]
    longwave_absorptivity : 1 - reflectivity [-]
    emitted : long-wave flux L_up that the surface emits [W m-2]

    Returns
    -------
    net_radiation : scalar [W m-2], positive towards the surface

    References
    ----------
    Bras (1990), Hydrology: an introduction to hydrologic science, ch. 2.
    """
    return shortwave_absorptivity * shortwave + longwave_absorptivity * longwave - emitted
