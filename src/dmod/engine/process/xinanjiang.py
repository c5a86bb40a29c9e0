"""Runoff from a catchment whose storage capacity varies in space (Xinanjiang model, double parabola)."""

from __future__ import annotations

from dmod.engine.compile import scalar

IMPERVIOUS_SHARE_OF_URBAN_AREA = 0.95


@scalar
def xinanjiang_runoff(rain, storage, field_capacity, storage_max, a, b, x, urban, ice):  # type: ignore[no-untyped-def]
    """Depth of surface runoff of one step.

        impervious = f * P,  f = 0.95 * urban + (1 - urban) * ice
        pervious   = (1 - f) * P * (1 - (0.5 + a)^(1-b) * (1 - Wt/Wt_max)^b)
        runoff     = impervious + pervious * (1 - (1 - Wf/Wf_max)^x)

    Tension water ``Wt`` is what the soil holds up to field capacity, free water ``Wf`` what it holds
    above. Below ``Wt/Wt_max = 0.5 - a`` the published curve has ``(0.5 - a)^(1-b) * (Wt/Wt_max)^b``;
    the program that is followed has ``(1 - Wt/Wt_max)^b`` there. It makes no difference for
    a > -0.5, because free water, by which the result is multiplied, appears only when Wt is full.

    Parameters
    ----------
    rain : scalar [m], above 0
    storage, field_capacity, storage_max : of the soil [m]
    a, b, x : inflection point and shapes [1]
    urban : fraction of urban land [1]
    ice : fraction of the top soil that is frozen [1]

    References
    ----------
    Jayawardena & Zhou (2000), doi:10.1016/S0022-1694(99)00173-0; Knoben et al. (2019), model 28.
    """
    free_max = storage_max - field_capacity
    if free_max <= 0.0 or field_capacity <= 0.0:
        return 0.95 * rain
    impervious = urban * IMPERVIOUS_SHARE_OF_URBAN_AREA + (1.0 - urban) * ice
    free = storage - field_capacity
    if free <= 0.0:
        runoff = impervious * rain
    else:
        free = min(free, free_max)
        if 0.5 - a >= 1.0:
            saturated = (0.5 - a) ** (1.0 - b) * 0.0**b
        else:
            saturated = 1.0 - (0.5 + a) ** (1.0 - b) * 0.0**b
        pervious = (1.0 - impervious) * rain * saturated
        runoff = pervious * (1.0 - (1.0 - free / free_max) ** x) + impervious * rain
    return min(max(runoff, 0.0), rain)
