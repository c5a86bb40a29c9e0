"""PET: potential evapotranspiration by five methods, from radiation, wind, humidity and temperature.

The behaviour followed is that of NOAA-OWP's evapotranspiration module; where it departs from the
equations, docs/reference/behaviour-pet.md says so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dmod.engine.models.config_file import check_ranges, read_key_value
from dmod.engine.models.module import Config, Module, Parameter, Prepared, Variable
from dmod.engine.models.pet_kernel import N_PARAMETERS, pet_kernel

_NO_EFFECT = "known to the program; it does not change the flux"

PARAMETERS = (
    Parameter(
        "pet_method",
        "1",
        "method: 1 energy balance, 2 aerodynamic, 3 combination, 4 Priestley-Taylor, 5 Penman-Monteith",
        required=True,
        choices=("1", "2", "3", "4", "5"),
    ),
    Parameter(
        "yes_aorc",
        "1",
        "1: radiation from the forcing, wind rescaled to 2 m; 0: radiation of a fixed day",
        required=True,
        choices=("0", "1"),
    ),
    Parameter("forcing_file", "", "BMI: forcing comes from the framework", default="BMI"),
    Parameter(
        "wind_speed_measurement_height_m", "m", "height of the wind sensor", required=True, minimum=0.0
    ),
    Parameter(
        "humidity_measurement_height_m", "m", "height of the humidity sensor", default=2.0, minimum=0.0
    ),
    Parameter(
        "zero_plane_displacement_height_m",
        "m",
        "roughness length of the wind profile in methods 2 and 3, displacement height in method 5",
        required=True,
        minimum=1e-9,
        maximum=100.0,
    ),
    Parameter(
        "momentum_transfer_roughness_length_m",
        "m",
        "roughness length of momentum; 0 where unknown",
        default=0.0,
        minimum=0.0,
    ),
    Parameter(
        "heat_transfer_roughness_length_m",
        "m",
        "roughness length of heat, which the program also multiplies into the psychrometric constant; "
        "0 where unknown",
        default=0.0,
        minimum=0.0,
    ),
    Parameter(
        "surface_longwave_emissivity",
        "1",
        "long-wave emissivity of the surface",
        required=True,
        minimum=0.0,
        maximum=1.0,
    ),
    Parameter(
        "surface_shortwave_albedo",
        "1",
        "short-wave albedo of the surface",
        required=True,
        minimum=0.0,
        maximum=1.0,
    ),
    Parameter(
        "shortwave_radiation_provided",
        "1",
        "0 lowers the cloud cover of the fixed day (yes_aorc=0) from 0.6 to 0.5",
        default="1",
        choices=("0", "1"),
    ),
    Parameter("vegetation_height_m", "m", _NO_EFFECT, default=0.0, minimum=0.0),
    Parameter("latitude_degrees", "degree", _NO_EFFECT, default=0.0, minimum=-90.0, maximum=90.0),
    Parameter("longitude_degrees", "degree", _NO_EFFECT, default=0.0, minimum=-360.0, maximum=360.0),
    Parameter("site_elevation_m", "m", _NO_EFFECT, default=0.0, minimum=-500.0, maximum=9000.0),
    Parameter("time_step_size_s", "s", _NO_EFFECT, default=3600.0, minimum=1.0),
    Parameter("num_timesteps", "1", _NO_EFFECT, default=1.0, minimum=0.0),
    Parameter("run_unit_tests", "1", _NO_EFFECT, default=0.0),
    Parameter("verbose", "1", _NO_EFFECT, default=0.0),
)

IGNORED = {
    "momentum_transfer_roughness_length": "the program knows momentum_transfer_roughness_length_m only",
    "yes_wrf": "the program has no WRF option",
    "cloud_base_height_known": "the program fixes it to FALSE",
}

STATES = (
    Variable("wind_speed_measurement_height", "m", "height that the wind is taken to be measured at"),
    Variable("momentum_transfer_roughness_length", "m", "roughness length of momentum in use"),
    Variable("heat_transfer_roughness_length", "m", "roughness length of heat in use"),
)

INPUTS = (
    Variable(
        "land_surface_radiation~incoming~longwave__energy_flux", "W m-2", "incoming long-wave radiation"
    ),
    Variable("land_surface_air__pressure", "Pa", "air pressure"),
    Variable("atmosphere_air_water~vapor__relative_saturation", "kg kg-1", "specific humidity"),
    Variable(
        "land_surface_radiation~incoming~shortwave__energy_flux", "W m-2", "incoming short-wave radiation"
    ),
    Variable("land_surface_air__temperature", "K", "air temperature"),
    Variable("land_surface_wind__x_component_of_velocity", "m s-1", "eastward wind"),
    Variable("land_surface_wind__y_component_of_velocity", "m s-1", "northward wind"),
)

OUTPUTS = (Variable("water_potential_evaporation_flux", "m s-1", "potential evapotranspiration"),)


# What the columns of the parameter array hold, but for the last; and those of the state array at first.
_COLUMNS = (
    "pet_method",
    "yes_aorc",
    "zero_plane_displacement_height_m",
    "humidity_measurement_height_m",
    "surface_longwave_emissivity",
    "surface_shortwave_albedo",
)
_INITIAL_STATE = (
    "wind_speed_measurement_height_m",
    "momentum_transfer_roughness_length_m",
    "heat_transfer_roughness_length_m",
)


def read_config(text: str, source: str) -> Config:
    """Read a ``key=value`` file.

    Raises
    ------
    RealizationError
        a line cannot be read, a value is of a wrong kind, or a key is missing.
    """
    return read_key_value(text, source, PARAMETERS, ignored=IGNORED)


def check(config: Config) -> list[str]:
    """Return a sentence for each value that the module cannot run with."""
    problems = check_ranges(config, PARAMETERS)
    source, values = config.source, config.values
    if values["forcing_file"] != "BMI":
        problems.append(
            f"{source}: forcing_file = {values['forcing_file']} asks the module to read its own forcing; "
            "the forcing comes from the run package, write forcing_file=BMI"
        )
    wind_height = _number(config, "wind_speed_measurement_height_m")
    displacement = _number(config, "zero_plane_displacement_height_m")
    if values["pet_method"] in ("2", "3") and not displacement < min(wind_height, 2.0):
        problems.append(
            f"{source}: zero_plane_displacement_height_m = {displacement:g} m is the roughness length of the "
            f"wind profile in method {values['pet_method']}; it must be less than 2 m and less than "
            f"wind_speed_measurement_height_m = {wind_height:g} m"
        )
    return problems


def prepare(configs: Sequence[Config]) -> Prepared:
    """Lay configurations out as arrays, one row each, in order."""
    parameters = np.empty((len(configs), N_PARAMETERS))
    state = np.empty((len(configs), len(STATES)))
    for i, config in enumerate(configs):
        parameters[i] = _parameter_row(config)
        state[i] = [_number(config, name) for name in _INITIAL_STATE]
    return Prepared(parameters, state, tuple(variable.name for variable in STATES))


def _parameter_row(config: Config) -> list[float]:
    cloud_cover = 0.6 if config.values["shortwave_radiation_provided"] == "1" else 0.5
    return [*(_number(config, name) for name in _COLUMNS), cloud_cover]


def _number(config: Config, name: str) -> float:
    value = config.values[name]
    if isinstance(value, tuple):
        raise TypeError(name)
    return float(value)


PET = Module(
    name="pet",
    revision="",
    title="Potential evapotranspiration (energy balance, aerodynamic, combination, Priestley-Taylor, "
    "Penman-Monteith)",
    references=(
        "Chow, Maidment & Mays (1988), Applied Hydrology, section 3.5",
        "Penman (1948), doi:10.1098/rspa.1948.0037",
        "Monteith (1965), Symp. Soc. Exp. Biol. 19, 205-234",
        "Priestley & Taylor (1972), doi:10.1175/1520-0493(1972)100<0081:OTAOSH>2.3.CO;2",
        "Allen et al. (1998), FAO Irrigation and Drainage Paper 56",
    ),
    parameters=PARAMETERS,
    states=STATES,
    inputs=INPUTS,
    outputs=OUTPUTS,
    read_config=read_config,
    check=check,
    prepare=prepare,
    kernel=pet_kernel,
    uses_water=False,
)
