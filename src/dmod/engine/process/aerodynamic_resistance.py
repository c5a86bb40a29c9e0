"""Wind profile over a rough surface and the resistance it offers to vapour."""

import math

from dmod.engine.compile import scalar

# Square of von Karman's constant, 0.41.
KARMAN_SQUARED = 0.1681


@scalar
def profile_logarithm(height: float, roughness: float) -> float:
    """Logarithm of a height over a roughness length, the shape of the wind profile.

        ln(z / z0)

    Parameters
    ----------
    height : z [m], above 0
    roughness : z0 [m], above 0

    Returns
    -------
    logarithm : scalar [-]

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 2.8.5.
    """
    return math.log(height / roughness)


@scalar
def wind_speed_at(wind_speed: float, logarithm_there: float, logarithm_measured: float) -> float:
    """Wind speed at another height of a logarithmic profile.

        u2 = u * ln(z2 / z0) / ln(z / z0)

    Parameters
    ----------
    wind_speed : u at the measurement height [m s-1]
    logarithm_there, logarithm_measured : profile logarithms of z2 and z [-]

    Returns
    -------
    wind_speed : scalar [m s-1]

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 2.8.5.
    """
    return wind_speed * logarithm_there / logarithm_measured


@scalar
def aerodynamic_profile(
    wind_height: float,
    humidity_height: float,
    displacement: float,
    momentum_roughness: float,
    heat_roughness: float,
) -> float:
    """Product of the two profile logarithms in the aerodynamic resistance (Allen et al. 1998).

        ln((z_m - d) / z_om) * ln((z_h - d) / z_oh)

    A displacement height at or above the humidity sensor is lowered to two thirds of its height;
    a sensor height that is not given (0) is taken as 2 m.

    Parameters
    ----------
    wind_height, humidity_height : measurement heights z_m, z_h [m]
    displacement : zero-plane displacement height d [m]
    momentum_roughness, heat_roughness : roughness lengths z_om, z_oh [m]

    Returns
    -------
    profile : scalar [-]

    References
    ----------
    Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eq. 4.
    """
    z_m = 2.0 if wind_height <= 1.0e-06 else wind_height
    z_h = 2.0 if humidity_height <= 1.0e-06 else humidity_height
    d = 2.0 / 3.0 * z_h if displacement >= z_h else displacement
    return math.log((z_m - d) / momentum_roughness) * math.log((z_h - d) / heat_roughness)


@scalar
def aerodynamic_resistance(wind_speed: float, profile: float) -> float:
    """Resistance of the air between surface and sensor to the flux of vapour (Allen et al. 1998).

        r_a = profile / (k^2 * u)

    Calm air is taken to move at 0.01 m s-1.

    Parameters
    ----------
    wind_speed : u [m s-1]
    profile : product of the profile logarithms [-]

    Returns
    -------
    resistance : scalar [s m-1]

    References
    ----------
    Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eq. 4.
    """
    u = 0.01 if wind_speed <= 0.0 else wind_speed
    return profile / (KARMAN_SQUARED * u)
