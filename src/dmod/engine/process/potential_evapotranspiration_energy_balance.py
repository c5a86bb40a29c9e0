"""Potential evapotranspiration by the energy balance."""

from dmod.engine.compile import scalar


@scalar
def energy_balance_evaporation(net_radiation: float, volumetric_latent_heat: float) -> float:
    """Evaporation if all net radiation went into it (Chow et al. 1988).

        E_r = R_n / (rho_w * lambda)

    Parameters
    ----------
    net_radiation : R_n [W m-2]
    volumetric_latent_heat : rho_w * lambda [J m-3]

    Returns
    -------
    evaporation : scalar [m s-1], negative where the surface loses energy

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 3.5.9.
    """
    return net_radiation / volumetric_latent_heat
