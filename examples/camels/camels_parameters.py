"""Module configurations from CAMELS attributes; no basin is calibrated.

Only soil, topography, climate and vegetation are used. The signatures of the observed flow
(``camels_hydro.txt``) are not. What is common to all basins was chosen with the observed flow of six
basins in sight, so scores in those six are not blind; the README lists the choices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from camels_files import Basin
from camels_weather import disaggregate, effective_albedo

# albedo by the first word that fits the dominant land cover
ALBEDO = (("needleleaf", 0.12), ("mixed", 0.15), ("broadleaf", 0.17), ("crop", 0.20), ("grass", 0.21))
OTHER_ALBEDO = 0.18

WILTING_SUCTION = 153.0  # m of water, 1.5 MPa
FLOOD_WAVE = 1.0  # m s-1, where the basin's mean slope is 40 m/km; faster where it is steeper
USUAL_SLOPE = 40.0  # m km-1


def albedo(basin: Basin) -> float:
    """Return the albedo with which PET, by Priestley-Taylor, has CAMELS' mean over all days of the forcing.

    It is no property of the land: the module's surface is always at 12 degC and emits too little where it
    is warmer, and what is assumed about the sky has errors, too; together PET would be 45 to 80 % too high.
    Where CAMELS has no ``pet_mean`` it is that of the dominant land cover.
    """
    mean = basin.number("pet_mean", math.nan)
    if math.isfinite(mean):
        return effective_albedo(disaggregate(basin), mean)
    cover = str(basin.attributes.get("dom_land_cover", "")).lower()
    return next((value for word, value in ALBEDO if word in cover), OTHER_ALBEDO)


def soil(basin: Basin) -> dict[str, float]:
    """Return the soil's hydraulic parameters.

    Porosity and conductivity are CAMELS' own; what CAMELS has not follows from sand and clay [%] by the
    regressions of Cosby et al. (1984), doi:10.1029/WR020i006p00682, table 5.
    """
    sand, clay = basin.number("sand_frac", 40.0), basin.number("clay_frac", 20.0)
    b = 2.91 + 0.159 * clay
    suction = 10.0 ** (1.88 - 0.0131 * sand) / 100.0
    porosity = basin.number("soil_porosity", 0.489 - 0.00126 * sand)
    inches_per_hour = 10.0 ** (-0.884 + 0.0153 * sand)
    conductivity = basin.number("soil_conductivity", 2.54 * inches_per_hour) / 360_000.0
    return {
        "b": b,
        "suction": suction,
        "porosity": porosity,
        "conductivity": conductivity,
        "wilting": porosity * (suction / WILTING_SUCTION) ** (1.0 / b),
        "depth": basin.number("soil_depth_statsgo", 1.5),
    }


def field_capacity(values: dict[str, float]) -> float:
    """Return the water content at 0.33 atm by the retention curve of Clapp & Hornberger (1978) [-]."""
    return values["porosity"] * min(1.0, (values["suction"] / 3.41) ** (1.0 / values["b"]))


def main_channel_length(area_km2: float) -> float:
    """Return the length of the main stream [m] (Hack 1957: 1.4 A^0.6 in miles)."""
    return 1273.0 * area_km2**0.6


def unit_hydrograph(area_km2: float, slope: float) -> list[float]:
    """Return hourly ordinates that add up to 1: an isosceles triangle over the time of concentration.

    That time is what a flood wave needs along the main stream, its speed growing with the root of the slope
    as in Manning's formula; two hours or more.

    Parameters
    ----------
    slope : mean of the basin [m km-1]
    """
    speed = FLOOD_WAVE * math.sqrt(max(slope, 1.0) / USUAL_SLOPE)
    hours = max(2, math.ceil(main_channel_length(area_km2) / speed / 3600.0))
    edges = [cumulated_triangle(hour / hours) for hour in range(hours + 1)]
    ordinates = [round(after - before, 6) for before, after in pairwise(edges)]
    ordinates[hours // 2] = round(ordinates[hours // 2] + 1.0 - sum(ordinates), 6)
    return ordinates


def cumulated_triangle(x: float) -> float:
    """Return the share of an isosceles triangle on 0 to 1 that lies below ``x``."""
    return 2.0 * x * x if x < 0.5 else 1.0 - 2.0 * (1.0 - x) ** 2


def cfe_file(basin: Basin) -> str:
    """Return the configuration of CFE.

    What CAMELS says nothing about is the same for every basin. Drainage, lateral flow and groundwater were
    taken from six sets that were tried on six basins together; no basin has values of its own.
    """
    values = soil(basin)
    ordinates = unit_hydrograph(basin.area_km2, basin.number("slope_mean", USUAL_SLOPE))
    stored = (values["wilting"] + field_capacity(values)) / 2.0 / values["porosity"]
    return _lines(
        [
            ("forcing_file", "BMI"),
            ("surface_partitioning_scheme", "Schaake"),
            ("soil_params.depth", f"{values['depth']:.4g}[m]"),
            ("soil_params.b", f"{values['b']:.4g}[]"),
            ("soil_params.satdk", f"{values['conductivity']:.4g}[m s-1]"),
            ("soil_params.satpsi", f"{values['suction']:.4g}[m]"),
            ("soil_params.slop", "0.5[m/m]"),
            ("soil_params.smcmax", f"{values['porosity']:.4g}[m/m]"),
            ("soil_params.wltsmc", f"{values['wilting']:.4g}[m/m]"),
            ("soil_params.expon", "1.0[]"),
            ("soil_params.expon_secondary", "1.0[]"),
            ("refkdt", "3.0"),
            ("max_gw_storage", "0.2[m]"),
            ("Cgw", "1.8e-05[m h-1]"),
            ("expon", "3.0[]"),
            ("gw_storage", "0.3[m/m]"),
            ("alpha_fc", "0.33"),
            ("soil_storage", f"{stored:.4f}[m/m]"),
            ("K_nash", "0.03[]"),
            ("K_lf", "0.003[]"),
            ("nash_storage", "0.0,0.0"),
            ("verbosity", "0"),
            ("giuh_ordinates", ",".join(f"{part:.6f}" for part in ordinates)),
        ]
    )


def pet_file(basin: Basin, method: int, surface_albedo: float) -> str:
    """Return the configuration of PET; wind and its heights matter to methods 2, 3 and 5 only."""
    return _lines(
        [
            ("verbose", 0),
            ("pet_method", method),
            ("forcing_file", "BMI"),
            ("run_unit_tests", 0),
            ("yes_aorc", 1),
            ("wind_speed_measurement_height_m", 2.0),
            ("humidity_measurement_height_m", 2.0),
            ("vegetation_height_m", 0.12),
            ("zero_plane_displacement_height_m", 0.0003),
            ("momentum_transfer_roughness_length_m", 0.0),
            ("heat_transfer_roughness_length_m", 0.0),
            ("surface_longwave_emissivity", 1.0),
            ("surface_shortwave_albedo", f"{surface_albedo:.4f}"),
            ("latitude_degrees", basin.latitude),
            ("longitude_degrees", basin.longitude),
            ("site_elevation_m", basin.elevation),
            ("time_step_size_s", 3600),
            ("num_timesteps", 1),
            ("shortwave_radiation_provided", 1),
        ]
    )


def _lines(pairs: Sequence[tuple[str, object]]) -> str:
    return "".join(f"{key}={value}\n" for key, value in pairs)
