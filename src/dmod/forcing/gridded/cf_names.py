"""Which forcing variable a store's variable is, by its standard name or by the name it usually goes by."""

from __future__ import annotations

from collections.abc import Mapping

from dmod.core.variables import BY_COLUMN

HUMIDITY = "SPFH_2maboveground"
TEMPERATURE = "TMP_2maboveground"
PRESSURE = "PRES_surface"
PRECIPITATION = "precip_rate"

COLUMNS = (
    PRECIPITATION,
    TEMPERATURE,
    HUMIDITY,
    PRESSURE,
    "DLWRF_surface",
    "DSWRF_surface",
    "UGRD_10maboveground",
    "VGRD_10maboveground",
)
# humidity in another form, from which the specific one is computed
DEWPOINT, RELATIVE = "dewpoint", "relative_humidity"

STANDARD_NAMES: Mapping[str, str] = {
    "precipitation_flux": PRECIPITATION,
    "lwe_precipitation_rate": PRECIPITATION,
    "precipitation_amount": PRECIPITATION,
    "lwe_thickness_of_precipitation_amount": PRECIPITATION,
    "air_temperature": TEMPERATURE,
    "specific_humidity": HUMIDITY,
    "surface_specific_humidity": HUMIDITY,
    "surface_air_pressure": PRESSURE,
    "air_pressure": PRESSURE,
    "surface_downwelling_longwave_flux_in_air": "DLWRF_surface",
    "surface_downwelling_longwave_flux": "DLWRF_surface",
    "integral_wrt_time_of_surface_downwelling_longwave_flux_in_air": "DLWRF_surface",
    "surface_downwelling_shortwave_flux_in_air": "DSWRF_surface",
    "surface_downwelling_shortwave_flux": "DSWRF_surface",
    "integral_wrt_time_of_surface_downwelling_shortwave_flux_in_air": "DSWRF_surface",
    "eastward_wind": "UGRD_10maboveground",
    "northward_wind": "VGRD_10maboveground",
    "x_wind": "UGRD_10maboveground",
    "y_wind": "VGRD_10maboveground",
    "dew_point_temperature": DEWPOINT,
    "relative_humidity": RELATIVE,
}
# of AORC, the National Water Model, ERA5, CMIP and NLDAS
KNOWN_NAMES: Mapping[str, str] = {
    "APCP_surface": PRECIPITATION,
    "RAINRATE": PRECIPITATION,
    "precip_rate": PRECIPITATION,
    "tp": PRECIPITATION,
    "pr": PRECIPITATION,
    "Rainf": PRECIPITATION,
    "TMP_2maboveground": TEMPERATURE,
    "T2D": TEMPERATURE,
    "t2m": TEMPERATURE,
    "2t": TEMPERATURE,
    "tas": TEMPERATURE,
    "Tair": TEMPERATURE,
    "SPFH_2maboveground": HUMIDITY,
    "Q2D": HUMIDITY,
    "huss": HUMIDITY,
    "Qair": HUMIDITY,
    "PRES_surface": PRESSURE,
    "PSFC": PRESSURE,
    "sp": PRESSURE,
    "ps": PRESSURE,
    "PSurf": PRESSURE,
    "DLWRF_surface": "DLWRF_surface",
    "LWDOWN": "DLWRF_surface",
    "strd": "DLWRF_surface",
    "rlds": "DLWRF_surface",
    "LWdown": "DLWRF_surface",
    "DSWRF_surface": "DSWRF_surface",
    "SWDOWN": "DSWRF_surface",
    "ssrd": "DSWRF_surface",
    "rsds": "DSWRF_surface",
    "SWdown": "DSWRF_surface",
    "UGRD_10maboveground": "UGRD_10maboveground",
    "U2D": "UGRD_10maboveground",
    "u10": "UGRD_10maboveground",
    "uas": "UGRD_10maboveground",
    "Wind_E": "UGRD_10maboveground",
    "VGRD_10maboveground": "VGRD_10maboveground",
    "V2D": "VGRD_10maboveground",
    "v10": "VGRD_10maboveground",
    "vas": "VGRD_10maboveground",
    "Wind_N": "VGRD_10maboveground",
    "d2m": DEWPOINT,
    "2d": DEWPOINT,
    "tdps": DEWPOINT,
    "hurs": RELATIVE,
}
UNITS: Mapping[str, str] = {column: BY_COLUMN[column].unit for column in COLUMNS} | {
    DEWPOINT: "K",
    RELATIVE: "1",
}
# what an amount per step is measured in, where the column is a rate
AMOUNTS: Mapping[str, str] = {
    PRECIPITATION: "mm",
    "DLWRF_surface": "J m-2",
    "DSWRF_surface": "J m-2",
}
