"""Potential evapotranspiration of a vegetated surface."""

from dmod.engine.compile import scalar
from dmod.engine.process.vapour import AIR_HEAT_CAPACITY


@scalar
def penman_monteith_evaporation(
    slope: float,
    psychrometric_constant: float,
    available_energy: float,
    air_density: float,
    vapour_pressure_deficit: float,
    aerodynamic_resistance: float,
    canopy_resistance: float,
    volumetric_latent_heat: float,
) -> float:
    """Evaporation through a canopy that resists it (Monteith 1965).

        rho_w lambda E = (delta (R_n - G) + rho_a c_p (e_s - e) / r_a) / (delta + gamma (1 + r_s / r_a))

    Parameters
    ----------
    slope : delta of the saturation vapour pressure curve [Pa K-1]
    psychrometric_constant : gamma [Pa K-1]
    available_energy : R_n - G [W m-2]
    air_density : rho_a [kg m-3]
    vapour_pressure_deficit : e_s - e [Pa]
    aerodynamic_resistance, canopy_resistance : r_a, r_s [s m-1]
    volumetric_latent_heat : rho_w * lambda [J m-3]

    Returns
    -------
    evaporation : scalar [m s-1]

    References
    ----------
    Monteith (1965), Symp. Soc. Exp. Biol. 19, 205-234; Allen et al. (1998), FAO paper 56, eq. 3.
    """
    gain = (
        slope * available_energy
        + air_density * AIR_HEAT_CAPACITY * vapour_pressure_deficit / aerodynamic_resistance
    )
    resisted = slope + psychrometric_constant * (1.0 + canopy_resistance / aerodynamic_resistance)
    return gain / resisted / volumetric_latent_heat
