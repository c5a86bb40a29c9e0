"""Keys of the Conceptual Functional Equivalent model's configuration files, in both revisions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from dmod.engine.models.config_file import keys_of
from dmod.engine.models.module import Parameter

PINNED: Final = "6d08db7"
NEWER: Final = "a349a95"

SCHAAKE_WORDS: Final = ("Schaake", "schaake", "1")
XINANJIANG_WORDS: Final = ("Xinanjiang", "xinanjiang", "2")
GIUH_WORDS: Final = ("GIUH", "giuh", "1")
NASH_WORDS: Final = ("NASH_CASCADE", "nash_cascade", "2")
TRUE_WORDS: Final = ("true", "True", "1")
_YES_OR_NO: Final = (*TRUE_WORDS, "false", "False", "FALSE", "0")
_SCHEMES: Final = SCHAAKE_WORDS + XINANJIANG_WORDS

XINANJIANG_KEYS: Final = (
    "a_Xinanjiang_inflection_point_parameter",
    "b_Xinanjiang_shape_parameter",
    "x_Xinanjiang_shape_parameter",
    "urban_decimal_fraction",
)
_A, _B, _X, _URBAN = XINANJIANG_KEYS


def _must(name: str, unit: str, text: str, *keys: str, low: float = 0.0, high: float = math.inf) -> Parameter:
    return Parameter(name, unit, text, keys, required=True, minimum=low, maximum=high)


def _may(
    name: str, unit: str, text: str, *keys: str, default: float | None = None, high: float = math.inf
) -> Parameter:
    return Parameter(name, unit, text, keys, default=default, minimum=0.0, maximum=high)


def _list(name: str, unit: str, text: str, *keys: str, high: float = math.inf) -> Parameter:
    return Parameter(name, unit, text, keys, is_list=True, minimum=0.0, maximum=high)


def _word(
    name: str, text: str, *keys: str, choices: tuple[str, ...], default: str | None = None
) -> Parameter:
    return Parameter(name, "", text, keys, default=default, required=default is None, choices=choices)


def _soil(*names: str) -> tuple[str, ...]:
    return tuple(f"soil_params.{name}" for name in names)


_SHARED: Final = (
    _word("forcing_file", "who passes forcing: the framework", choices=("BMI",)),
    _must("depth", "m", "soil depth", *_soil("depth", "D"), low=1e-3, high=100.0),
    _must("b", "1", "Clapp-Hornberger exponent", *_soil("b", "bb"), low=1.000001, high=50.0),
    _must("satdk", "m s-1", "saturated hydraulic conductivity", *_soil("satdk"), high=1.0),
    _must("satpsi", "m", "saturated capillary head", *_soil("satpsi"), low=1e-6, high=100.0),
    _must("slope", "1", "share of free drainage below the soil", *_soil("slop", "slope"), high=1.0),
    _must("smcmax", "m/m", "porosity", *_soil("smcmax", "maxsmc"), low=1e-6, high=1.0),
    _must("wltsmc", "m/m", "water content at the wilting point", *_soil("wltsmc"), high=1.0),
    _may("soil_expon", "1", "exponent of percolation", *_soil("expon"), default=1.0, high=100.0),
    _may(
        "soil_expon_secondary",
        "1",
        "exponent of lateral flow",
        *_soil("expon_secondary"),
        default=1.0,
        high=100.0,
    ),
    _must("max_gw_storage", "m", "capacity of the groundwater reservoir", low=1e-9),
    _must("Cgw", "m h-1", "coefficient of base flow"),
    _must("expon", "1", "exponent of base flow", high=700.0),
    _must("gw_storage", "m/m", "initial groundwater, share of max_gw_storage", high=1.0),
    _must("alpha_fc", "1", "suction at field capacity [atm]", "alpha_fc", "soil_params.alpha_fc", high=1.0),
    _must("soil_storage", "m/m", "initial soil water, share of smcmax * depth", high=1.0),
    _must("K_lf", "m h-1", "lateral flow of the full soil"),
    _may("refkdt", "1", "infiltration parameter", "refkdt", "soil_params.refkdt", default=3.0),
    Parameter(_A, "1", "inflection point of the tension water curve", minimum=-0.5, maximum=0.5),
    _may(_B, "1", "shape of the tension water curve", high=100.0),
    _may(_X, "1", "shape of the free water curve", high=100.0),
    _may(_URBAN, "1", "share of urban land", high=1.0),
    _list("giuh_ordinates", "1", "unit hydrograph, per hour", high=1.0),
    _word("is_sft_coupled", "whether soil ice is an input", choices=_YES_OR_NO, default="0"),
    _may("ice_content_threshold", "m", "ice content above which soil is impermeable"),
)

_PINNED_ONLY: Final = (
    _word("partitioning", "partitioning of rain", "surface_partitioning_scheme", choices=_SCHEMES),
    _must("K_nash", "h-1", "share of a lateral reservoir that flows on", high=1.0),
    _may("N_nash", "1", "lateral reservoirs", "N_nash", "number_nash_reservoirs", default=2.0, high=100.0),
    _list("nash_storage", "m", "initial storage of the lateral reservoirs"),
    _must("verbosity", "1", "how much the program prints; without effect here"),
    _word("aet_rootzone", "evapotranspiration by root zone", choices=_YES_OR_NO, default="0"),
)

_NEWER_ONLY: Final = (
    _word(
        "partitioning",
        "partitioning of rain",
        "surface_water_partitioning_scheme",
        "surface_partitioning_scheme",
        choices=_SCHEMES,
    ),
    _must(
        "K_nash", "h-1", "share of a lateral reservoir that flows on", "K_nash_subsurface", "K_nash", high=1.0
    ),
    _may("N_nash", "1", "lateral reservoirs", "N_nash_subsurface", default=2.0, high=100.0),
    _list("nash_storage", "m", "initial storage of the lateral reservoirs", "nash_storage_subsurface"),
    _may("verbosity", "1", "how much the program prints; without effect here", default=0.0),
    _word(
        "aet_rootzone", "evapotranspiration by root zone", "is_aet_rootzone", choices=_YES_OR_NO, default="0"
    ),
    _word(
        "surface_runoff_scheme", "routing of surface runoff", choices=GIUH_WORDS + NASH_WORDS, default="GIUH"
    ),
    _may("N_nash_surface", "1", "surface reservoirs", high=100.0),
    _may("K_nash_surface", "h-1", "share of a surface reservoir that flows on"),
    _list("nash_storage_surface", "m", "initial storage of the surface reservoirs"),
    _may("nsubsteps_nash_surface", "1", "substeps of surface routing", default=10.0, high=1000.0),
    _may("Kinf_nash_surface", "h-1", "share of a surface reservoir that infiltrates", default=0.001),
    _may("retention_depth_nash_surface", "m", "depth that the first reservoir keeps", default=0.001),
)

PARAMETERS: Final[Mapping[str, tuple[Parameter, ...]]] = {
    PINNED: _SHARED + _PINNED_ONLY,
    NEWER: _SHARED + _NEWER_ONLY,
}

_ROOT_ZONE = "it is read only with evapotranspiration by root zone, which is not available"
_BOTH: Final = {
    "num_timesteps": "the realization's time decides how many steps are run",
    "DEBUG": "it only makes the program print",
    "soil_layer_depths": _ROOT_ZONE,
    "max_rootzone_layer": _ROOT_ZONE,
}
_PINNED_KEYS: Final = frozenset(key for parameter in _PINNED_ONLY for key in keys_of(parameter))
_OLD = f"revision {NEWER} reads past this key; it is now "

IGNORED: Final[Mapping[str, Mapping[str, str]]] = {
    PINNED: {
        **_BOTH,
        **{
            key: f"revision {PINNED} reads past it; revision {NEWER} uses it"
            for parameter in _NEWER_ONLY
            for key in keys_of(parameter)
            if key not in _PINNED_KEYS
        },
    },
    NEWER: {
        **_BOTH,
        "N_nash": _OLD + "N_nash_subsurface",
        "number_nash_reservoirs": _OLD + "N_nash_subsurface",
        "nash_storage": _OLD + "nash_storage_subsurface",
        "aet_rootzone": _OLD + "is_aet_rootzone",
    },
}

_SETTABLE: Final = {
    "maxsmc": "smcmax",
    "satdk": "satdk",
    "slope": "slope",
    "b": "b",
    "Klf": "K_lf",
    "Kn": "K_nash",
    "Cgw": "Cgw",
    "expon": "expon",
    "max_gw_storage": "max_gw_storage",
    "satpsi": "satpsi",
    "wltsmc": "wltsmc",
    "alpha_fc": "alpha_fc",
    "refkdt": "refkdt",
    _A: _A,
    _B: _B,
    _X: _X,
}

# BMI name of set_value → parameter of the configuration
SETTABLE: Final[Mapping[str, Mapping[str, str]]] = {
    PINNED: {**_SETTABLE, "N_nash": "N_nash"},
    NEWER: {
        **_SETTABLE,
        "Kinf_nash_surface": "Kinf_nash_surface",
        "retention_depth_nash_surface": "retention_depth_nash_surface",
    },
}
