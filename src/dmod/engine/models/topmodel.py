"""TOPMODEL: runoff from land that saturates in the order of its topographic index.

The behaviour followed is that of NOAA-OWP's topmodel module; where it departs from the equations,
docs/reference/behaviour-topmodel.md says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dmod.engine.models.config_file import check_ranges
from dmod.engine.models.module import Config, Module, Prepared, Variable
from dmod.engine.models.topmodel_config import (
    MODEL_PARAMETERS,
    PARAMETERS,
    check_structure,
    number,
    numbers,
    read_config,
)
from dmod.engine.models.topmodel_kernel import N_PARAMETERS, N_STATES, topmodel_kernel
from dmod.engine.process.topmodel_channel_routing import time_delay_histogram, travel_times
from dmod.errors import RealizationError

STATES = (
    Variable("mean_deficit", "m", "mean saturation deficit of the catchment"),
    Variable("total_precipitation", "m", "precipitation since the start"),
    Variable("total_evaporation", "m", "evaporation since the start"),
    Variable("total_runoff", "m", "routed runoff since the start"),
    Variable("root_zone_deficit", "m", "mean root zone deficit"),
    Variable("unsaturated_storage", "m", "mean unsaturated storage"),
    Variable("steps", "1", "steps done since the start"),
    Variable("class_root_zone_deficit", "m", "root zone deficit at each value of the topographic index"),
    Variable("class_unsaturated_storage", "m", "unsaturated storage at each value of the topographic index"),
    Variable("routing_queue", "m h-1", "runoff on its way to the outlet, by step of arrival"),
)

INPUTS = (
    Variable(
        "atmosphere_water__liquid_equivalent_precipitation_rate",
        "m h-1",
        "precipitation",
    ),
    Variable("water_potential_evaporation_flux", "m h-1", "potential evapotranspiration"),
)

OUTPUTS = (
    Variable("Qout", "m h-1", "base flow and overland flow, before routing"),
    Variable(
        "atmosphere_water__liquid_equivalent_precipitation_rate_out", "m h-1", "rain that may infiltrate"
    ),
    Variable("water_potential_evaporation_flux_out", "m h-1", "potential evapotranspiration"),
    Variable("land_surface_water__runoff_mass_flux", "m h-1", "runoff after channel routing"),
    Variable(
        "soil_water_root-zone_unsat-zone_top__recharge_volume_flux", "m h-1", "drainage to the water table"
    ),
    Variable("land_surface_water__baseflow_volume_flux", "m h-1", "base flow"),
    Variable("soil_water__domain_volume_deficit", "m", "mean saturation deficit"),
    Variable(
        "land_surface_water__domain_time_integral_of_overland_flow_volume_flux",
        "m h-1",
        "overland flow of the step (its name notwithstanding)",
    ),
    Variable(
        "land_surface_water__domain_time_integral_of_precipitation_volume_flux", "m", "total precipitation"
    ),
    Variable("land_surface_water__domain_time_integral_of_evaporation_volume_flux", "m", "total evaporation"),
    Variable("land_surface_water__domain_time_integral_of_runoff_volume_flux", "m", "total routed runoff"),
    Variable("soil_water__domain_root-zone_volume_deficit", "m", "mean root zone deficit"),
    Variable("soil_water__domain_unsaturated-zone_volume", "m", "mean unsaturated storage"),
    Variable(
        "land_surface_water__water_balance_volume", "m", "initial storage, minus the deficits; never updated"
    ),
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What one configuration comes to, before it is padded to the block.

    Parameters
    ----------
    delay : full steps before the first water arrives
    mean_index : areal mean of the topographic index
    offsets, class_areas, interval_areas : per value of the topographic index
    ordinates : time delay histogram
    queue : initial runoff on its way
    """

    config: Config
    delay: int
    mean_index: float
    offsets: list[float]
    class_areas: list[float]
    interval_areas: list[float]
    ordinates: list[float]
    queue: list[float]


def check(config: Config) -> list[str]:
    """Return a sentence for each value that the module cannot run with."""
    problems = check_ranges(config, PARAMETERS) + check_structure(config)
    if problems:
        return problems
    _, ordinates = _routing(config)
    if not ordinates or not 0.99999 <= sum(ordinates) <= 1.00001:
        problems.append(
            f"{config.source}: the ordinates of the time delay histogram sum to {sum(ordinates):.6g}, not 1; "
            "channel_area must reach 1 at the last distance, which must be more than 0, and area must be 1 "
            "where there is more than one ordinate"
        )
    return problems


def prepare(configs: Sequence[Config]) -> Prepared:
    """Lay configurations out as arrays, one row each, padded to the largest of them.

    Raises
    ------
    RealizationError
        a configuration leaves no ordinate of the time delay histogram.
    """
    layouts = [_layout(config) for config in configs]
    width = max((len(layout.offsets) for layout in layouts), default=1)
    ordinates = max((len(layout.ordinates) for layout in layouts), default=1)
    parameters = np.zeros((len(layouts), N_PARAMETERS + 3 * width + ordinates))
    state = np.zeros((len(layouts), N_STATES + 2 * width + ordinates))
    for i, layout in enumerate(layouts):
        _fill_row(layout, parameters[i], state[i], width, ordinates)
    names = [variable.name for variable in STATES[:N_STATES]]
    for variable, size in zip(STATES[N_STATES:], (width, width, ordinates), strict=True):
        names += [f"{variable.name}[{k}]" for k in range(size)]
    return Prepared(parameters, state, tuple(names))


def _fill_row(
    layout: _Layout,
    parameters: np.ndarray[tuple[int], np.dtype[np.float64]],
    state: np.ndarray[tuple[int], np.dtype[np.float64]],
    width: int,
    width_ordinates: int,
) -> None:
    config, classes = layout.config, len(layout.offsets)
    decay, root_zone_deficit = number(config, "szm"), number(config, "sr0")
    flow_at_saturation = math.exp(number(config, "t0") - layout.mean_index)
    mean_deficit = -decay * math.log(number(config, "Q0") / flow_at_saturation)
    parameters[:N_PARAMETERS] = (
        decay,
        number(config, "td"),
        number(config, "srmax"),
        flow_at_saturation,
        number(config, "infex"),
        -mean_deficit - root_zone_deficit,
        sum(layout.class_areas),
        classes,
        width,
        len(layout.ordinates),
        width_ordinates,
        layout.delay,
    )
    for block, values in enumerate((layout.offsets, layout.class_areas, layout.interval_areas)):
        start = N_PARAMETERS + block * width
        parameters[start : start + classes] = values
    start = N_PARAMETERS + 3 * width
    parameters[start : start + len(layout.ordinates)] = layout.ordinates
    mean_root_zone_deficit = sum(root_zone_deficit * area for area in layout.class_areas)
    state[:N_STATES] = (mean_deficit, 0.0, 0.0, 0.0, mean_root_zone_deficit, 0.0, 0.0)
    state[N_STATES : N_STATES + classes] = root_zone_deficit
    start = N_STATES + 2 * width
    state[start : start + len(layout.queue)] = layout.queue


def _layout(config: Config) -> _Layout:
    areas, index = numbers(config, "topographic_index_area"), numbers(config, "topographic_index")
    total = sum(areas)
    areas = tuple(area / total for area in areas)
    mean_index = 0.0
    for j in range(1, len(index)):
        mean_index += areas[j] * (index[j] + index[j - 1]) / 2.0
    following = (*areas[1:], 0.0)
    delay, ordinates = _routing(config)
    if not ordinates:
        raise RealizationError(
            f"{config.source}: the channel distances leave no ordinate of the time delay histogram",
            hint="the last distance must take at least part of a step more than the first",
        )
    decay = number(config, "szm")
    return _Layout(
        config,
        delay,
        mean_index,
        [decay * (mean_index - value) for value in index],
        [0.5 * (area + after) for area, after in zip(areas, following, strict=True)],
        list(areas),
        ordinates,
        _initial_queue(config, delay, ordinates),
    )


def _routing(config: Config) -> tuple[int, list[float]]:
    times = travel_times(numbers(config, "channel_distance"), number(config, "chv"), number(config, "rv"))
    return time_delay_histogram(times, numbers(config, "channel_area"), number(config, "area"))


def _initial_queue(config: Config, delay: int, ordinates: Sequence[float]) -> list[float]:
    # of delay and ordinates together, only as many entries as there are ordinates ever move
    base_flow, area = number(config, "Q0"), number(config, "area")
    queue = [base_flow * area] * delay
    arrived = 0.0
    for ordinate in ordinates:
        arrived += ordinate
        queue.append(base_flow * (area - arrived))
    return queue[: len(ordinates)]


def set_value(config: Config, name: str, value: float) -> Config:
    """Return the configuration with a parameter set; the program derives everything anew, as here."""
    return replace(config, values={**config.values, name: value})


TOPMODEL = Module(
    name="topmodel",
    revision="",
    title="TOPMODEL: saturation excess by topographic index, exponential transmissivity",
    references=(
        "Beven & Kirkby (1979), doi:10.1080/02626667909491834",
        "Beven, Lamb, Quinn, Romanowicz & Freer (1995), TOPMODEL, in Singh: Computer Models of Watershed "
        "Hydrology, 627-668",
        "Beven (1984), doi:10.1080/02626668409490957",
    ),
    parameters=PARAMETERS,
    states=STATES,
    inputs=INPUTS,
    outputs=OUTPUTS,
    read_config=read_config,
    check=check,
    prepare=prepare,
    kernel=topmodel_kernel,
    known_imbalance=(
        "Half of the area of the wettest value of the topographic index receives no rain; unsaturated "
        "storage below 1e-7 m is dropped; overland flow at the edge of the saturated area uses the area of "
        "the class instead of the interval, which loses or creates water with each storm. About 1.4e-6 of "
        "the precipitation with the histogram of the module's own example."
    ),
    settable=tuple(parameter.name for parameter in MODEL_PARAMETERS if parameter.calibratable),
    set_value=set_value,
)
