"""Registry of forcing variables: standard name, unit, column names in use, physical range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ForcingVariable:
    """One meteorological variable.

    Parameters
    ----------
    name : CSDMS standard name, as modules ask for it
    unit : unit of a column that states none (UDUNITS style)
    columns : names under which files carry it
    minimum, maximum : physically possible range, in ``unit``
    """

    name: str
    unit: str
    long_name: str
    columns: tuple[str, ...]
    minimum: float
    maximum: float


PRECIPITATION = ForcingVariable(
    "atmosphere_water__liquid_equivalent_precipitation_rate",
    "mm s-1",
    "precipitation rate",
    ("precip_rate", "RAINRATE"),
    0.0,
    0.2,
)
PRECIPITATION_DEPTH = ForcingVariable(
    "atmosphere_water__rainfall_volume_flux",
    "kg m-2",
    "precipitation depth in one hour",
    ("APCP_surface",),
    0.0,
    720.0,
)
LONGWAVE = ForcingVariable(
    "land_surface_radiation~incoming~longwave__energy_flux",
    "W m-2",
    "incoming longwave radiation",
    ("DLWRF_surface", "LWDOWN"),
    0.0,
    1000.0,
)
SHORTWAVE = ForcingVariable(
    "land_surface_radiation~incoming~shortwave__energy_flux",
    "W m-2",
    "incoming shortwave radiation",
    ("DSWRF_surface", "SWDOWN"),
    -1.0,
    1700.0,
)
PRESSURE = ForcingVariable(
    "land_surface_air__pressure", "Pa", "air pressure", ("PRES_surface", "PSFC"), 30_000.0, 115_000.0
)
HUMIDITY = ForcingVariable(
    "atmosphere_air_water~vapor__relative_saturation",
    "kg kg-1",
    "specific humidity",
    ("SPFH_2maboveground", "Q2D"),
    0.0,
    0.1,
)
TEMPERATURE = ForcingVariable(
    "land_surface_air__temperature", "K", "air temperature", ("TMP_2maboveground", "T2D"), 170.0, 340.0
)
WIND_X = ForcingVariable(
    "land_surface_wind__x_component_of_velocity",
    "m s-1",
    "eastward wind",
    ("UGRD_10maboveground", "U2D"),
    -120.0,
    120.0,
)
WIND_Y = ForcingVariable(
    "land_surface_wind__y_component_of_velocity",
    "m s-1",
    "northward wind",
    ("VGRD_10maboveground", "V2D"),
    -120.0,
    120.0,
)

FORCING_VARIABLES = (
    PRECIPITATION,
    PRECIPITATION_DEPTH,
    LONGWAVE,
    SHORTWAVE,
    PRESSURE,
    HUMIDITY,
    TEMPERATURE,
    WIND_X,
    WIND_Y,
)

BY_NAME: Mapping[str, ForcingVariable] = MappingProxyType({v.name: v for v in FORCING_VARIABLES})
BY_COLUMN: Mapping[str, ForcingVariable] = MappingProxyType(
    {column: v for v in FORCING_VARIABLES for column in v.columns} | {v.name: v for v in FORCING_VARIABLES}
)
