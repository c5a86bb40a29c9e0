"""Configuration of the Conceptual Functional Equivalent model: reading, checks, values set after reading."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from dmod.engine.models.cfe_parameters import (
    IGNORED,
    NASH_WORDS,
    PARAMETERS,
    PINNED,
    SETTABLE,
    TRUE_WORDS,
    XINANJIANG_KEYS,
    XINANJIANG_WORDS,
)
from dmod.engine.models.config_file import Value, check_ranges, entries, read_entries
from dmod.engine.models.module import Config
from dmod.errors import RealizationError

_ATMOSPHERE = 101325.0  # Pa
_WATER_WEIGHT = 9810.0  # N m-3

# Depth of groundwater at the start, where it no longer follows from gw_storage and max_gw_storage.
INITIAL_GROUNDWATER = "initial_groundwater"


def is_xinanjiang(values: Mapping[str, Value]) -> bool:
    """Tell whether rain is partitioned by the Xinanjiang scheme (else by Schaake's)."""
    return values["partitioning"] in XINANJIANG_WORDS


def routes_by_cascade(values: Mapping[str, Value]) -> bool:
    """Tell whether surface runoff is routed by a Nash cascade (else by the unit hydrograph)."""
    return values.get("surface_runoff_scheme") in NASH_WORDS


def is_ice_coupled(values: Mapping[str, Value]) -> bool:
    """Tell whether soil ice is an input."""
    return values["is_sft_coupled"] in TRUE_WORDS


def number(values: Mapping[str, Value], name: str) -> float:
    """Return a parameter that is a number."""
    value = values[name]
    if not isinstance(value, float | int):
        raise TypeError(f"{name} = {value!r} is not a number")
    return float(value)


def numbers(values: Mapping[str, Value], name: str) -> tuple[float, ...]:
    """Return a parameter that is a list; empty where it is absent."""
    value = values.get(name, ())
    if not isinstance(value, tuple):
        raise TypeError(f"{name} = {value!r} is not a list")
    return value


def field_capacity(values: Mapping[str, Value]) -> float:
    """Return what the soil holds when water begins to leave it [m].

    The profile of Clapp and Hornberger above a water table whose suction at half a metre is
    ``alpha_fc`` atmospheres, integrated over the depth of the soil; nan where it is not defined.

    References
    ----------
    Clapp & Hornberger (1978), doi:10.1029/WR014i004p00601, for the profile. The integral is that of the
    program, NOAA-OWP/cfe.
    """
    b, depth = number(values, "b"), number(values, "depth")
    omega = number(values, "alpha_fc") * _ATMOSPHERE / _WATER_WEIGHT - 0.5
    if omega < 0.0 or b in (0.0, 1.0):
        return math.nan
    power = 1.0 - 1.0 / b
    lower = math.pow(omega, power) / power
    upper = math.pow(omega + depth, power) / power
    head = math.pow(1.0 / number(values, "satpsi"), -1.0 / b)
    return number(values, "smcmax") * head * (upper - lower)


def read_cfe_config(text: str, source: str, revision: str) -> Config:
    """Read a configuration file as the given revision reads it.

    Raises
    ------
    RealizationError
        for what no revision accepts, for keys in an order in which the program would miss them, and
        for keys that the chosen schemes need and that are missing.
    """
    found = list(entries(text, source))
    config = read_entries(found, source, PARAMETERS[revision], IGNORED[revision])
    lines = {entry.key: entry.line for entry in found}
    problems = _order_problems(config.values, lines) + _missing(config.values, revision)
    if problems:
        raise RealizationError(
            "\n".join(f"{source}: {problem}" for problem in problems),
            hint="the program reads the file from top to bottom; move or add the keys that are named",
        )
    ignored = {**config.ignored, **_unused(config.values, lines)}
    return replace(config, ignored=ignored)


def _order_problems(values: Mapping[str, Value], lines: Mapping[str, int]) -> list[str]:
    rules: list[tuple[str, tuple[str, ...]]] = [("gw_storage", ("max_gw_storage",))]
    scheme = ("surface_water_partitioning_scheme", "surface_partitioning_scheme")
    if is_xinanjiang(values):
        rules += [(key, scheme) for key in XINANJIANG_KEYS]
    elif is_ice_coupled(values):
        rules += [("ice_content_threshold", scheme), ("ice_content_threshold", ("is_sft_coupled",))]
    problems = []
    for key, before in rules:
        earlier = [lines[name] for name in before if name in lines]
        if key in lines and earlier and lines[key] < max(earlier):
            name = next(name for name in before if name in lines)
            problems.append(f"line {lines[key]}: {key} must come after {name} (line {max(earlier)})")
    return problems


def _missing(values: Mapping[str, Value], revision: str) -> list[str]:
    needed: list[tuple[str, str]] = []
    if is_xinanjiang(values):
        needed += [(key, "partitioning by Xinanjiang") for key in XINANJIANG_KEYS]
    elif is_ice_coupled(values):
        needed.append(("ice_content_threshold", "is_sft_coupled with partitioning by Schaake"))
    if revision == PINNED or not routes_by_cascade(values):
        needed.append(("giuh_ordinates", "routing by unit hydrograph"))
    else:
        reason = "surface_runoff_scheme NASH_CASCADE"
        needed += [(key, reason) for key in ("N_nash_surface", "K_nash_surface", "nash_storage_surface")]
    return [f"key {key} is missing; {reason} needs it" for key, reason in needed if key not in values]


def _unused(values: Mapping[str, Value], lines: Mapping[str, int]) -> dict[str, str]:
    unused: dict[str, str] = {}
    if not is_xinanjiang(values):
        unused |= dict.fromkeys(XINANJIANG_KEYS, "it is read only with partitioning by Xinanjiang")
    if is_xinanjiang(values) or not is_ice_coupled(values):
        unused["ice_content_threshold"] = "it is read only with is_sft_coupled and partitioning by Schaake"
    if routes_by_cascade(values):
        unused["giuh_ordinates"] = "surface runoff is routed by the Nash cascade"
        if 1 <= len(numbers(values, "nash_storage_surface")) <= 2:
            unused["nash_storage_surface"] = (
                "the program starts one or two surface reservoirs empty, whatever is given"
            )
    if len(numbers(values, "nash_storage")) == 1:
        unused["nash_storage"] = "the program reads past a list of one value"
    return {key: reason for key, reason in unused.items() if key in lines}


def check_cfe_config(config: Config, revision: str) -> list[str]:
    """Return what is wrong with a configuration, each problem a sentence."""
    values, source = config.values, config.source
    problems = check_ranges(config, PARAMETERS[revision])
    if values["aet_rootzone"] in TRUE_WORDS:
        problems.append(
            f"{source}: evapotranspiration by root zone is switched on, which the native engine does not "
            "have; set aet_rootzone (is_aet_rootzone) to 0, or run the C++ framework"
        )
    for name in ("N_nash", "N_nash_surface", "nsubsteps_nash_surface"):
        value = values.get(name)
        if isinstance(value, float) and (value != math.floor(value) or value < 1.0):
            problems.append(f"{source}: {name} = {value:g} must be a whole number, 1 or more")
    if number(values, "wltsmc") >= number(values, "smcmax"):
        problems.append(
            f"{source}: wltsmc = {number(values, 'wltsmc'):g} must be below "
            f"smcmax = {number(values, 'smcmax'):g}"
        )
    problems += [f"{source}: {problem}" for problem in _soil_problems(values) + _routing_problems(values)]
    return problems


def _soil_problems(values: Mapping[str, Value]) -> list[str]:
    if number(values, "b") <= 1.0 or number(values, "satpsi") <= 0.0:
        return []  # out of range, already said
    threshold = field_capacity(values)
    if not math.isfinite(threshold):
        return [
            f"alpha_fc = {number(values, 'alpha_fc'):g} is too small: "
            "field capacity is not defined below 0.0485"
        ]
    soil_max = number(values, "smcmax") * number(values, "depth")
    if is_xinanjiang(values) and threshold >= soil_max:
        return [
            f"the soil's field capacity ({threshold:.4g} m, from alpha_fc, b, satpsi, smcmax and depth) is "
            f"not below what it can hold ({soil_max:.4g} m), which partitioning by Xinanjiang needs"
        ]
    return []


def _routing_problems(values: Mapping[str, Value]) -> list[str]:
    if routes_by_cascade(values):
        count = len(numbers(values, "nash_storage_surface"))
        wanted = number(values, "N_nash_surface")
        if count != wanted:
            return [f"nash_storage_surface has {count} values, N_nash_surface is {wanted:g}"]
        return []
    total = math.fsum(numbers(values, "giuh_ordinates"))
    if abs(total - 1.0) > 0.01:
        return [f"giuh_ordinates add up to {total:g}, not 1: surface runoff would be lost or created"]
    return []


def set_cfe_value(config: Config, name: str, value: float, revision: str) -> Config:
    """Set a value as the program's BMI ``set_value`` does between reading its file and the first step.

    What follows from a soil parameter (field capacity, coefficients, initial storage) is computed anew;
    the initial groundwater is not, when max_gw_storage is set; a new N_nash empties the lateral cascade.

    Raises
    ------
    RealizationError
        the revision has no such name.
    """
    parameter = SETTABLE[revision].get(name)
    if parameter is None:
        raise RealizationError(
            f"{config.source}: model_params {name} cannot be set in CFE revision {revision}",
            hint="allowed: " + ", ".join(SETTABLE[revision]),
        )
    values = dict(config.values)
    if parameter == "max_gw_storage":
        values.setdefault(
            INITIAL_GROUNDWATER, number(values, "gw_storage") * number(values, "max_gw_storage")
        )
    elif parameter == "N_nash":
        values.pop("nash_storage", None)
    values[parameter] = float(value)
    return replace(config, values=values)
