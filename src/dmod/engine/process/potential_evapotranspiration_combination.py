"""Potential evapotranspiration by the combination of energy balance and vapour transport."""

from dmod.engine.compile import scalar


@scalar
def combination_evaporation(
    slope: float, psychrometric_constant: float, energy_balance: float, aerodynamic: float
) -> float:
    """Evaporation limited by energy and by vapour transport together (Penman 1948).

        E = delta / (delta + gamma) * E_r + gamma / (delta + gamma) * E_a

    Parameters
    ----------
    slope : delta of the saturation vapour pressure curve [Pa K-1]
    psychrometric_constant : gamma [Pa K-1]
    energy_balance : E_r [m s-1]
    aerodynamic : E_a [m s-1]

    Returns
    -------
    evaporation : scalar [m s-1]

    References
    ----------
    Penman (1948), doi:10.1098/rspa.1948.0037; Chow, Maidment & Mays (1988), eq. 3.5.26.
    """
    total = slope + psychrometric_constant
    return slope / total * energy_balance + psychrometric_constant / total * aerodynamic
