"""The Conceptual Functional Equivalent (CFE) of the National Water Model, in two published revisions.

Rain is partitioned into infiltration and surface runoff; the soil, one reservoir with two outlets,
feeds groundwater and lateral flow; surface runoff is delayed by a unit hydrograph (or a cascade),
lateral flow by a cascade, base flow comes from an exponential reservoir. Where the program's behaviour
is followed although the equation says otherwise stands in docs/reference/behaviour-cfe.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dmod.engine.models import cfe_kernel as k
from dmod.engine.models.cfe_config import (
    INITIAL_GROUNDWATER,
    check_cfe_config,
    field_capacity,
    is_ice_coupled,
    is_xinanjiang,
    number,
    numbers,
    read_cfe_config,
    routes_by_cascade,
    set_cfe_value,
)
from dmod.engine.models.cfe_parameters import NEWER, PARAMETERS, PINNED, SETTABLE
from dmod.engine.models.config_file import Value
from dmod.engine.models.module import Array, Config, Kernel, Module, Prepared, Variable
from dmod.engine.process.schaake import capacity_fraction, frozen_ground_index, infiltration_timescale


def prepare_cfe(configs: Sequence[Config], revision: str) -> Prepared:
    """Derive parameters and initial state, one row per configuration."""
    lateral = [_lateral_storage(config.values) for config in configs]
    surface = [_surface_storage(config.values) for config in configs]
    ordinates = [_ordinates(config.values) for config in configs]
    widths = tuple(max((len(row) for row in rows), default=0) for rows in (ordinates, lateral, surface))
    parameters = np.zeros((len(configs), k.N_PARAMETERS + widths[0]))
    state = np.zeros((len(configs), k.N_STATES + sum(widths)))
    for row, config in enumerate(configs):
        _fill_soil(parameters[row], config.values)
        _fill_flows(parameters[row], config.values)
        _fill_routing(parameters[row], config.values, ordinates[row], len(lateral[row]), len(surface[row]))
        state[row, k.SOIL] = _initial_soil(config.values)
        state[row, k.GROUNDWATER] = _initial_groundwater(config.values)
        start = k.N_STATES + widths[0]
        state[row, start : start + len(lateral[row])] = lateral[row]
        start += widths[1]
        state[row, start : start + len(surface[row])] = surface[row]
    parameters[:, k.GIUH_WIDTH], parameters[:, k.LATERAL_WIDTH] = widths[:2]
    parameters[:, k.IS_PINNED] = revision == PINNED
    return Prepared(parameters, state, _state_names(widths))


def _state_names(widths: Sequence[int]) -> tuple[str, ...]:
    queues = ("giuh_queue", "lateral_storage", "surface_storage")
    indexed = [f"{name}[{i}]" for name, width in zip(queues, widths, strict=True) for i in range(width)]
    return ("soil_storage", "groundwater_storage", "percolation", *indexed)


def _lateral_storage(values: Mapping[str, Value]) -> tuple[float, ...]:
    given = numbers(values, "nash_storage")
    return given if len(given) > 1 else (0.0,) * int(number(values, "N_nash"))


def _surface_storage(values: Mapping[str, Value]) -> tuple[float, ...]:
    if not routes_by_cascade(values):
        return ()
    given = numbers(values, "nash_storage_surface")
    return given if len(given) > 2 else (0.0,) * len(given)


def _ordinates(values: Mapping[str, Value]) -> tuple[float, ...]:
    return () if routes_by_cascade(values) else numbers(values, "giuh_ordinates")


def _initial_soil(values: Mapping[str, Value]) -> float:
    return max(number(values, "soil_storage"), 0.0) * number(values, "smcmax") * number(values, "depth")


def _initial_groundwater(values: Mapping[str, Value]) -> float:
    if INITIAL_GROUNDWATER in values:
        return number(values, INITIAL_GROUNDWATER)
    return number(values, "gw_storage") * number(values, "max_gw_storage")


def _fill_soil(row: Array, values: Mapping[str, Value]) -> None:
    depth, porosity = number(values, "depth"), number(values, "smcmax")
    threshold = field_capacity(values)
    row[k.SOIL_MAX] = porosity * depth
    row[k.FIELD_CAPACITY] = threshold
    row[k.FREE_SPAN] = row[k.SOIL_MAX] - threshold
    row[k.WILTING_POINT] = number(values, "wltsmc") * depth
    row[k.TENSION_SPAN] = threshold - row[k.WILTING_POINT]
    row[k.PERCOLATION_COEFFICIENT] = number(values, "satdk") * number(values, "slope") * k.DT
    row[k.PERCOLATION_EXPONENT] = number(values, "soil_expon")
    row[k.LATERAL_COEFFICIENT] = number(values, "K_lf")
    row[k.LATERAL_EXPONENT] = number(values, "soil_expon_secondary")
    row[k.ICE_COUPLED] = is_ice_coupled(values)
    if is_xinanjiang(values):
        row[k.PARTITIONING] = k.XINANJIANG
        row[k.A_XINANJIANG] = number(values, "a_Xinanjiang_inflection_point_parameter")
        row[k.B_XINANJIANG] = number(values, "b_Xinanjiang_shape_parameter")
        row[k.X_XINANJIANG] = number(values, "x_Xinanjiang_shape_parameter")
        row[k.URBAN] = number(values, "urban_decimal_fraction")
        return
    row[k.PARTITIONING] = k.SCHAAKE
    timescale = infiltration_timescale(number(values, "refkdt"), number(values, "satdk"))
    row[k.CAPACITY_FRACTION] = capacity_fraction(timescale, 1.0 / 24.0)
    if row[k.ICE_COUPLED]:
        ice_threshold = number(values, "ice_content_threshold")
        row[k.FROZEN_INDEX] = frozen_ground_index(threshold, depth, porosity, ice_threshold)


def _fill_flows(row: Array, values: Mapping[str, Value]) -> None:
    row[k.GW_MAX] = number(values, "max_gw_storage")
    row[k.GW_COEFFICIENT] = number(values, "Cgw")
    row[k.GW_EXPONENT] = number(values, "expon")
    row[k.K_LATERAL] = number(values, "K_nash")


def _fill_routing(
    row: Array, values: Mapping[str, Value], ordinates: Sequence[float], lateral: int, surface: int
) -> None:
    row[k.N_LATERAL] = lateral
    row[k.N_GIUH] = len(ordinates)
    row[k.N_PARAMETERS : k.N_PARAMETERS + len(ordinates)] = ordinates
    row[k.GIUH_LOSS] = 1.0 - math.fsum(ordinates)
    row[k.ROUTING] = k.GIUH
    row[k.N_SURFACE] = surface
    if routes_by_cascade(values):
        row[k.ROUTING] = k.NASH_CASCADE
        row[k.K_SURFACE] = number(values, "K_nash_surface")
        row[k.SUBSTEPS] = number(values, "nsubsteps_nash_surface")
        row[k.K_INFILTRATION] = number(values, "Kinf_nash_surface")
        row[k.RETENTION] = number(values, "retention_depth_nash_surface")


def _inputs(inputs: tuple[Array, ...]) -> tuple[Array, Array, Array, Array]:
    rate, demand, ice_schaake, ice_xinanjiang, _ = inputs
    return rate, demand, ice_schaake, ice_xinanjiang


_Fluxes = tuple[Array, Array, Array, Array, Array, Array, Array, Array, Array, Array, Array, Array]


def _fluxes(outputs: Sequence[Array]) -> _Fluxes:
    rain, excess, direct, lateral, baseflow, percolation, discharge, pet, aet, groundwater, soil, change = (
        outputs
    )
    return (
        *(rain, excess, direct, lateral, baseflow, percolation),
        *(discharge, pet, aet, groundwater, soil, change),
    )


def step_pinned(
    parameters: Array,
    state: Array,
    inputs: tuple[Array, ...],
    outputs: tuple[Array, ...],
    balance: Array,
    failed_step: NDArray[np.int64],
) -> None:
    """Step revision 6d08db7; see `Kernel`."""
    *fluxes, scheme = outputs
    no_ponding = np.empty((len(parameters), 0))
    k.step_cfe(parameters, state, *_inputs(inputs), *_fluxes(fluxes), no_ponding, balance, failed_step)
    scheme[:] = parameters[:, k.PARTITIONING, None]


def step_newer(
    parameters: Array,
    state: Array,
    inputs: tuple[Array, ...],
    outputs: tuple[Array, ...],
    balance: Array,
    failed_step: NDArray[np.int64],
) -> None:
    """Step revision a349a95; see `Kernel`."""
    rain, giuh, excess, direct, *rest, scheme, ponded = outputs
    fluxes = _fluxes((rain, excess, direct, *rest))
    k.step_cfe(parameters, state, *_inputs(inputs), *fluxes, ponded, balance, failed_step)
    np.copyto(giuh, direct)
    scheme[:] = parameters[:, k.PARTITIONING, None]


_INPUTS = (
    Variable("atmosphere_water__liquid_equivalent_precipitation_rate", "mm h-1", "rain and melt"),
    Variable("water_potential_evaporation_flux", "m s-1", "potential evapotranspiration"),
    Variable("ice_fraction_schaake", "m", "ice in the soil column; used with is_sft_coupled"),
    Variable("ice_fraction_xinanjiang", "1", "frozen share of the top soil; used with is_sft_coupled"),
    Variable("soil_moisture_profile", "1", "water content of soil layers; without effect"),
)
_EXCESS = "rain that does not infiltrate"
_ROUTED = "surface runoff that reaches the channel"
_COMMON = (
    Variable("NASH_LATERAL_RUNOFF", "m", "lateral flow that reaches the channel"),
    Variable("DEEP_GW_TO_CHANNEL_FLUX", "m", "base flow"),
    Variable("SOIL_TO_GW_FLUX", "m", "percolation from soil to groundwater"),
    Variable("Q_OUT", "m", "all that reaches the channel"),
    Variable("POTENTIAL_ET", "m", "potential evapotranspiration"),
    Variable("ACTUAL_ET", "m", "actual evapotranspiration"),
    Variable("GW_STORAGE", "m", "groundwater at the end of the step"),
    Variable("SOIL_STORAGE", "m", "soil water at the end of the step"),
    Variable("SOIL_STORAGE_CHANGE", "m", "change of soil water during the step"),
    Variable("SURF_RUNOFF_SCHEME", "1", "1: partitioning by Schaake, 2: by Xinanjiang"),
)
_STATES = (
    Variable("soil_storage", "m", "water in the soil"),
    Variable("groundwater_storage", "m", "water in the groundwater reservoir"),
    Variable("percolation", "m", "what percolated during the step before"),
    Variable("giuh_queue", "m", "surface runoff on its way, by hours to arrival"),
    Variable("lateral_storage", "m", "water in the lateral cascade"),
    Variable("surface_storage", "m", "water in the surface cascade"),
)
_REFERENCES = (
    "Ogden, F. L., NOAA-OWP/cfe: the program and its README, https://github.com/NOAA-OWP/cfe",
    "Schaake et al. (1996), doi:10.1029/95JD02892",
    "Jayawardena & Zhou (2000), doi:10.1016/S0022-1694(99)00173-0",
    "Nash (1957), IAHS Publ. 45, 114-121",
)
_KNOWN_IMBALANCE = (
    "When infiltration exceeds the room in the soil, the program fills the soil and adds the room once more; "
    "when the percolation of the step before exceeds the room, its excess becomes surface runoff although it "
    "has left the soil already. GIUH ordinates that do not add up to 1 lose or create surface runoff."
)


def _module(revision: str, outputs: tuple[Variable, ...], kernel: Kernel, imbalance: str) -> Module:
    return Module(
        name="cfe",
        revision=revision,
        title="Conceptual Functional Equivalent of the National Water Model",
        references=_REFERENCES,
        parameters=PARAMETERS[revision],
        states=_STATES,
        inputs=_INPUTS,
        outputs=outputs,
        read_config=partial(read_cfe_config, revision=revision),
        check=partial(check_cfe_config, revision=revision),
        prepare=partial(prepare_cfe, revision=revision),
        kernel=kernel,
        known_imbalance=imbalance,
        settable=tuple(SETTABLE[revision]),
        set_value=partial(set_cfe_value, revision=revision),
    )


CFE_6D08DB7 = _module(
    PINNED,
    (
        Variable("RAIN_RATE", "m", "rain; the number is in mm h-1, whatever unit is declared"),
        Variable("DIRECT_RUNOFF", "m", _EXCESS),
        Variable("GIUH_RUNOFF", "m", _ROUTED),
        *_COMMON,
    ),
    step_pinned,
    _KNOWN_IMBALANCE,
)

CFE_A349A95 = _module(
    NEWER,
    (
        Variable("RAIN_RATE", "m", "rain"),
        Variable("GIUH_RUNOFF", "m", _ROUTED),
        Variable("INFILTRATION_EXCESS", "m", _EXCESS),
        Variable("DIRECT_RUNOFF", "m", _ROUTED),
        *_COMMON,
        Variable("NWM_PONDED_DEPTH", "m", "water that is left in the GIUH queue or the surface cascade"),
    ),
    step_newer,
    _KNOWN_IMBALANCE
    + " Partitioning by Xinanjiang loses the runoff of impervious ground once more from infiltration. "
    "The surface cascade creates water where K_nash_surface exceeds the number of substeps.",
)
