"""Potential evapotranspiration of a wide wet surface."""

from dmod.engine.compile import scalar


@scalar
def priestley_taylor_evaporation(slope: float, psychrometric_constant: float, energy_balance: float) -> float:
    """Evaporation without advection, proportional to the available energy (Priestley & Taylor 1972).

        E = 1.3 * delta / (delta + gamma) * E_r

    The coefficient is the 1.3 of Chow et al., not the 1.26 of the original paper.

    Parameters
    ----------
    slope : delta of the saturation vapour pressure curve [Pa K-1]
    psychrometric_constant : gamma [Pa K-1]
    energy_balance : E_r [m s-1]

    Returns
    -------
    evaporation : scalar [m s-1]

    References
    ----------
    Priestley & Taylor (1972), doi:10.1175/1520-0493(1972)100<0081:OTAOSH>2.3.CO;2;
    Chow, Maidment & Mays (1988), Applied Hydrology, eq. 3.5.27.
    """
    return 1.3 * slope / (slope + psychrometric_constant) * energy_balance
