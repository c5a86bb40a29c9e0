"""PET: one ``key=value`` file a catchment.

Method 3 (combination), the height 0.0003 m and roughness lengths of 0 ("unknown") are those of the
framework's own examples. The module puts ``zero_plane_displacement_height_m`` into its wind profile as a
roughness length, and multiplies the psychrometric constant by the roughness length of heat, so that
lengths of real vegetation in either place would distort the flux.

References
----------
NOAA-OWP/evapotranspiration, src/bmi_pet.c, read_init_config_pet (revision 1eb7bd7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from dmod.formulation.generate.comments import comment, heading, number
from dmod.formulation.generate.generator import (
    CONFIG_FOLDER,
    LIBRARIES,
    Catchment,
    Column,
    Document,
    File,
    Generator,
    Need,
    Settings,
)
from dmod.formulation.generate.land_classes import cover_values

_FOLDER: Final = "PET"
_PLACE: Final = CONFIG_FOLDER / _FOLDER

_EXAMPLE = "ngen, example data of PET"
_NGIAB = "NGIAB, pet.txt"
_HEIGHT = "Noah-OWP-Modular, MPTABLE.TBL: HVT"
_SURFACE = "WRF, VEGPARM.TBL: USGS"


def _fixed(parameter: str, unit: str, text: str, value: Any, reference: str = _NGIAB) -> Need:
    return Need(parameter, unit, text, reference, value=value)


def by_cover(name: str) -> Callable[[Column], Column]:
    """Return the conversion from land cover class to one of its properties."""
    return lambda classes: cover_values(classes, name)


def _covered(parameter: str, unit: str, text: str, name: str, value: float, high: float) -> Need:
    return Need(
        parameter,
        unit,
        text,
        _HEIGHT if name == "height" else _SURFACE,
        attribute="vegetation_type",
        convert=by_cover(name),
        conversion=f"{name} of the land cover class",
        value=value,
        low=0.0,
        high=high,
    )


def _placed(
    parameter: str, unit: str, text: str, attribute: str, *limits: float, value: float | None = None
) -> Need:
    low, high = limits
    return Need(parameter, unit, text, _NGIAB, attribute=attribute, value=value, low=low, high=high)


_NEEDS = (
    _fixed("verbose", "1", "how much the program prints", 0),
    _fixed("pet_method", "1", "3: combination of energy balance and aerodynamic method", 3),
    _fixed("forcing_file", "", "who passes the forcing: the framework", "BMI"),
    _fixed("run_unit_tests", "1", "0: no", 0),
    _fixed("yes_aorc", "1", "1: radiation of the forcing, wind at 10 m", 1),
    _fixed("wind_speed_measurement_height_m", "m", "height of the wind measurement", 10.0),
    _fixed("humidity_measurement_height_m", "m", "height of the humidity measurement", 2.0),
    _covered("vegetation_height_m", "m", "height of the vegetation", "height", 16.0, 100.0),
    _fixed("zero_plane_displacement_height_m", "m", "used as roughness length of the wind", 0.0003, _EXAMPLE),
    _fixed("momentum_transfer_roughness_length_m", "m", "0: unknown", 0.0, _EXAMPLE),
    _fixed("heat_transfer_roughness_length_m", "m", "0: unknown", 0.0, _EXAMPLE),
    _covered("surface_longwave_emissivity", "1", "long-wave emissivity", "emissivity", 1.0, 1.0),
    _covered("surface_shortwave_albedo", "1", "short-wave albedo", "albedo", 0.17, 1.0),
    _placed("latitude_degrees", "degree", "latitude", "latitude", -90.0, 90.0),
    _placed("longitude_degrees", "degree", "longitude", "longitude", -180.0, 180.0),
    _placed("site_elevation_m", "m", "height above the sea", "elevation", -500.0, 9000.0, value=0.0),
    _fixed("time_step_size_s", "s", "time step", 3600),
    _fixed("num_timesteps", "1", "not used with forcing of the framework", 1),
    _fixed("shortwave_radiation_provided", "1", "1: the forcing has short-wave radiation", 1),
)


def _files(catchment: Catchment, _settings: Settings) -> Iterator[File]:
    lines = [
        f"{comment(need, catchment)}{need.parameter}={number(catchment.values[need.parameter])}\n"
        for need in _NEEDS
    ]
    yield _PLACE / f"{catchment.id}.ini", heading(PET, catchment) + "".join(lines)


def _module(_settings: Settings) -> Document:
    return {
        "model_type_name": "PET",
        "library_file": f"{LIBRARIES}/libpetbmi.so",
        "forcing_file": "",
        "init_config": f"./{_PLACE}/{{{{id}}}}.ini",
        "main_output_variable": "water_potential_evaporation_flux",
        "registration_function": "register_bmi_pet",
    }


PET: Final = Generator("pet", "Potential evapotranspiration (PET)", _FOLDER, "bmi_c", _NEEDS, _module, _files)
