"""Overland flow of TOPMODEL from land that is saturated."""

from __future__ import annotations

from dmod.engine.compile import scalar


@scalar
def saturation_overland_flow(
    excess: float, upslope_excess: float, interval_area: float, class_area: float
) -> float:
    """Flow from the land between two values of the topographic index.

        of = A_i * (x_(i-1) + x_i) / 2   where both values are saturated
        of = (A_i + A_(i+1)) / 2 * x_(i-1) / 2   where only the wetter one is

    The second line takes the area of the whole class where the equation asks for the interval's
    saturated part: the program's behaviour.

    Parameters
    ----------
    excess : water x_i above saturation at this value of the index [m per step]
    upslope_excess : x_(i-1) at the next wetter value [m per step]
    interval_area : fraction A_i of the catchment between the two values [-]
    class_area : (A_i + A_(i+1)) / 2, area around this value [-]

    Returns
    -------
    overland_flow : scalar [m per step]

    References
    ----------
    Beven et al. (1995), TOPMODEL, in Singh: Computer Models of Watershed Hydrology, section 18.3.
    """
    if excess > 0.0:
        return interval_area * (upslope_excess + excess) / 2.0
    if upslope_excess > 0.0:
        return class_area * upslope_excess / 2.0
    return 0.0
