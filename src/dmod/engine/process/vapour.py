"""Moist air and liquid water near the surface: vapour pressure, density, latent heat, psychrometry."""

import math

from dmod.engine.compile import scalar

# Ratio of the molecular masses of water vapour and dry air, and heat capacity of moist air [J kg-1 K-1].
VAPOUR_TO_DRY_AIR = 0.622
AIR_HEAT_CAPACITY = 1.006e3
FREEZING_POINT = 273.15


@scalar
def saturation_vapour_pressure(temperature: float) -> float:
    """Vapour pressure of saturated air over water (Chow et al. 1988).

        e_s = 611 * exp(17.27 * T / (237.3 + T))

    Parameters
    ----------
    temperature : air temperature T [degC], above -237.3

    Returns
    -------
    saturation_vapour_pressure : scalar [Pa]

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 3.2.9.
    """
    return 611.0 * math.exp(17.27 * temperature / (237.3 + temperature))


@scalar
def saturation_vapour_pressure_slope(temperature: float, saturation_pressure: float) -> float:
    """Slope of the saturation vapour pressure curve (Chow et al. 1988).

        delta = 4098 * e_s / (237.3 + T)^2

    Parameters
    ----------
    temperature : air temperature T [degC], above -237.3
    saturation_pressure : e_s at that temperature [Pa]

    Returns
    -------
    slope : scalar [Pa K-1]

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 3.2.10.
    """
    return 4098.0 * saturation_pressure / (237.3 + temperature) ** 2


@scalar
def actual_vapour_pressure(specific_humidity: float, pressure: float, saturation_pressure: float) -> float:
    """Vapour pressure of air of known specific humidity.

        e = q * p / 0.622,  and 0.65 * e_s where that exceeds e_s

    Air that the forcing gives as supersaturated is taken to have a relative humidity of 65 %, which is
    the program's behaviour, not physics.

    Parameters
    ----------
    specific_humidity : q [kg kg-1]
    pressure : air pressure p [Pa]
    saturation_pressure : e_s [Pa]

    Returns
    -------
    vapour_pressure : scalar [Pa], at most e_s

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 3.2.6.
    """
    vapour_pressure = specific_humidity * pressure / VAPOUR_TO_DRY_AIR
    if vapour_pressure > saturation_pressure:
        return 0.65 * saturation_pressure
    return vapour_pressure


@scalar
def moist_air_density(temperature: float, specific_humidity: float, pressure: float) -> float:
    """Density of moist air from the ideal gas law.

        rho_a = p / (287 * (1 + 0.608 q) * (T + 273.15))

    Parameters
    ----------
    temperature : air temperature T [degC]
    specific_humidity : q [kg kg-1]
    pressure : air pressure p [Pa]

    Returns
    -------
    density : scalar [kg m-3]

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 3.2.7-3.2.8.
    """
    gas_constant = 287.0 * (1.0 + 0.608 * specific_humidity)
    return pressure / (gas_constant * (temperature + FREEZING_POINT))


@scalar
def latent_heat_of_vaporization(water_temperature: float) -> float:
    """Heat that evaporates one kilogram of water.

        lambda = 2.501e6 - 2370 * T_w

    Parameters
    ----------
    water_temperature : T_w [degC]

    Returns
    -------
    latent_heat : scalar [J kg-1]

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 2.7.6.
    """
    return 2.501e6 - 2370.0 * water_temperature


@scalar
def liquid_water_density(water_temperature: float) -> float:
    """Density of liquid water, a fit to tabulated values, at most 1000.

        rho_w = 1 / (0.0009998492 + 4.9716595e-9 * T_w^2)

    Parameters
    ----------
    water_temperature : T_w [degC]

    Returns
    -------
    density : scalar [kg m-3]

    References
    ----------
    Fit of the NOAA-OWP evapotranspiration module to the table in Chow, Maidment & Mays (1988).
    """
    return min(1.0 / (0.0009998492 + 4.9716595e-09 * water_temperature * water_temperature), 1000.0)


@scalar
def psychrometric_constant(pressure: float, diffusivity_ratio: float, latent_heat: float) -> float:
    """Psychrometric constant of air.

        gamma = c_p * p * (K_h / K_w) / (0.622 * lambda)

    Parameters
    ----------
    pressure : air pressure p [Pa]
    diffusivity_ratio : ratio K_h / K_w of the diffusivities of heat and vapour [-], commonly 1
    latent_heat : lambda [J kg-1]

    Returns
    -------
    psychrometric_constant : scalar [Pa K-1]

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 3.5.25.
    """
    return AIR_HEAT_CAPACITY * pressure * diffusivity_ratio / (VAPOUR_TO_DRY_AIR * latent_heat)
