"""The formulations that are known by name: their modules in order, wired as NextGen users wire them."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from dmod.errors import InputError
from dmod.formulation.generate.registry import Link, NamedFormulation
from dmod.formulation.generate.sloth import FOR_CFE

CFE_OUTPUTS: Final = (
    "RAIN_RATE",
    "DIRECT_RUNOFF",
    "GIUH_RUNOFF",
    "NASH_LATERAL_RUNOFF",
    "DEEP_GW_TO_CHANNEL_FLUX",
    "SOIL_TO_GW_FLUX",
    "Q_OUT",
    "POTENTIAL_ET",
    "ACTUAL_ET",
    "GW_STORAGE",
    "SOIL_STORAGE",
    "SOIL_STORAGE_CHANGE",
)

TOPMODEL_OUTPUTS: Final = (
    "Qout",
    "atmosphere_water__liquid_equivalent_precipitation_rate_out",
    "water_potential_evaporation_flux_out",
    "land_surface_water__runoff_mass_flux",
    "soil_water_root-zone_unsat-zone_top__recharge_volume_flux",
    "land_surface_water__baseflow_volume_flux",
    "soil_water__domain_volume_deficit",
)

_PRECIPITATION = "atmosphere_water__liquid_equivalent_precipitation_rate"
_TEMPERATURE = "land_surface_air__temperature"
_EVAPORATION = "water_potential_evaporation_flux"

# Noah-OWP-Modular's inputs → columns of the forcing
NOAH_FORCING: Final = {
    "PRCPNONC": "precip_rate",
    "Q2": "SPFH_2maboveground",
    "SFCTMP": "TMP_2maboveground",
    "UU": "UGRD_10maboveground",
    "VV": "VGRD_10maboveground",
    "LWDN": "DLWRF_surface",
    "SOLDN": "DSWRF_surface",
    "SFCPRS": "PRES_surface",
}

_SLOTH = Link("sloth")
_NOAH_CFE = {_EVAPORATION: "EVAPOTRANS", _PRECIPITATION: "QINSUR", **FOR_CFE}

_ALL: Final = (
    NamedFormulation(
        "cfe",
        "SLoTH, PET and CFE with rain partitioned by Schaake's scheme",
        (_SLOTH, Link("pet"), Link("cfe", FOR_CFE)),
        "Q_OUT",
        CFE_OUTPUTS,
    ),
    NamedFormulation(
        "cfe-x",
        "SLoTH, PET and CFE with rain partitioned by the Xinanjiang scheme",
        (_SLOTH, Link("pet"), Link("cfe-x", FOR_CFE)),
        "Q_OUT",
        CFE_OUTPUTS,
    ),
    NamedFormulation(
        "topmodel", "PET and TOPMODEL", (Link("pet"), Link("topmodel")), "Qout", TOPMODEL_OUTPUTS
    ),
    NamedFormulation(
        "noah-cfe",
        "SLoTH, Noah-OWP-Modular (snow, energy and evaporation) and CFE",
        (_SLOTH, Link("noah-owp", NOAH_FORCING), Link("cfe", _NOAH_CFE)),
        "Q_OUT",
        ("QINSUR", "EVAPOTRANS", "SNEQV", *CFE_OUTPUTS),
    ),
    NamedFormulation(
        "snow17-sac",
        "PET, Snow-17 and SAC-SMA",
        (
            Link("pet"),
            Link("snow17", {"precip": _PRECIPITATION, "tair": _TEMPERATURE}),
            Link("sac-sma", {"precip": "raim", "tair": _TEMPERATURE, "pet": _EVAPORATION}),
        ),
        "tci",
        ("raim", "sneqv", _EVAPORATION, "tci", "qs", "qg", "eta"),
    ),
)

FORMULATIONS: Final[Mapping[str, NamedFormulation]] = MappingProxyType({f.name: f for f in _ALL})


def find_formulation(name: str) -> NamedFormulation:
    """Return a formulation by name.

    Raises
    ------
    InputError
        there is none of this name.
    """
    if name not in FORMULATIONS:
        near = get_close_matches(name.lower(), FORMULATIONS, 1)
        raise InputError(
            f"there is no formulation {name!r}",
            hint=(f"did you mean {near[0]}? " if near else "")
            + f"One of {', '.join(FORMULATIONS)}, or the path of a realization document (*.json)",
        )
    return FORMULATIONS[name]
