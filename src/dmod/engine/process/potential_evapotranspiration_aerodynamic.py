"""Potential evapotranspiration by vapour transport."""

from dmod.engine.compile import scalar
from dmod.engine.process.aerodynamic_resistance import KARMAN_SQUARED
from dmod.engine.process.vapour import VAPOUR_TO_DRY_AIR


@scalar
def aerodynamic_evaporation(
    air_density: float,
    vapour_pressure_deficit: float,
    wind_speed: float,
    pressure: float,
    profile_logarithm_squared: float,
    water_density: float,
) -> float:
    """Evaporation that the wind can carry away (Thornthwaite & Holzman 1939).

        E_a = 0.622 k^2 rho_a (e_s - e) u / (p ln(z / z0)^2 rho_w)

    Parameters
    ----------
    air_density : rho_a [kg m-3]
    vapour_pressure_deficit : e_s - e [Pa]
    wind_speed : u at height z [m s-1]
    pressure : p [Pa]
    profile_logarithm_squared : ln(z / z0)^2 [-]
    water_density : rho_w [kg m-3]

    Returns
    -------
    evaporation : scalar [m s-1]

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 3.5.16-3.5.18.
    """
    vapour_flux = (
        VAPOUR_TO_DRY_AIR
        * KARMAN_SQUARED
        * air_density
        * vapour_pressure_deficit
        * wind_speed
        / (pressure * profile_logarithm_squared)
    )
    return vapour_flux / water_density
