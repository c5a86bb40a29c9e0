"""How the published stores call, pack and stamp their variables, and where their cells lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis
from dmod.core.units import conversion
from dmod.core.variables import BY_COLUMN
from dmod.forcing.gridded.grid import Bounds

Floats = NDArray[np.float64]
# column, x, y (both of the shape of the grid), step of the period (-1 … count) → values in the column's unit
ExampleField = Callable[[str, Floats, Floats, int], Any]

AORC_CELL = 1 / 120  # degrees; centres lie on multiples of it
NWM_CELL = 1000.0  # m
NWM_CENTRE = (-2303499.25, -1919500.375)  # of column 0 and row 0 of the published grid
FILL16, FILL32 = -32767, -2147483647

NWM_WKT = (
    'PROJCS["Lambert_Conformal_Conic",GEOGCS["GCS_Sphere",DATUM["D_Sphere",SPHEROID["Sphere",6370000.0,0.0]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic_2SP"],'
    'PARAMETER["false_easting",0.0],PARAMETER["false_northing",0.0],PARAMETER["central_meridian",-97.0],'
    'PARAMETER["standard_parallel_1",30.0],PARAMETER["standard_parallel_2",60.0],'
    'PARAMETER["latitude_of_origin",40.0],UNIT["Meter",1.0]]'
)
NWM_PROJ4 = (
    "+proj=lcc +units=m +a=6370000.0 +b=6370000.0 +lat_1=30.0 +lat_2=60.0 +lat_0=40.0 +lon_0=-97.0"
    " +x_0=0 +y_0=0 +k_0=1.0 +nadgrids=@null +wktext +no_defs"
)
NWM_CRS: Mapping[str, Any] = {
    "grid_mapping_name": "lambert_conformal_conic",
    "esri_pe_string": NWM_WKT,
    "earth_radius": 6370000.0,
    "longitude_of_central_meridian": -97.0,
    "latitude_of_projection_origin": 40.0,
    "standard_parallel": [30.0, 60.0],
    "false_easting": 0.0,
    "false_northing": 0.0,
}


@dataclass(frozen=True, slots=True)
class Published:
    """One variable as a layout publishes it.

    Parameters
    ----------
    name, unit, long_name, standard_name : of the store
    scale, offset : stored number = (value - offset) / scale; scale 0 where it is stored unpacked
    ends : whether the value stands at the end of the hour it holds for
    store : of the National Water Model, the Zarr store that holds it
    """

    name: str
    unit: str
    long_name: str
    scale: float = 0.0
    offset: float = 0.0
    ends: bool = False
    store: str = ""
    standard_name: str = ""


AORC: Mapping[str, Published] = {
    "precip_rate": Published("APCP_surface", "kg/m^2", "Total Precipitation", 0.1, ends=True),
    "DLWRF_surface": Published("DLWRF_surface", "W/m^2", "Downward Long-Wave Rad. Flux", 0.1),
    "DSWRF_surface": Published("DSWRF_surface", "W/m^2", "Downward Short-Wave Radiation Flux", 0.1),
    "PRES_surface": Published("PRES_surface", "Pa", "Pressure", 10.0),
    "SPFH_2maboveground": Published("SPFH_2maboveground", "g/g", "Specific Humidity", 1e-4),
    "TMP_2maboveground": Published("TMP_2maboveground", "K", "Temperature", 0.1),
    "UGRD_10maboveground": Published("UGRD_10maboveground", "m/s", "U-Component of Wind", 0.1),
    "VGRD_10maboveground": Published("VGRD_10maboveground", "m/s", "V-Component of Wind", 0.1),
}
NWM: Mapping[str, Published] = {
    "precip_rate": Published(
        "RAINRATE", "mm s^-1", "Surface Precipitation Rate", ends=True, store="precip",
        standard_name="precipitation_flux",
    ),
    "DLWRF_surface": Published(
        "LWDOWN", "W m-2", "Surface downward long-wave radiation flux", 0.001, store="lwdown",
        standard_name="surface downward longwave_flux",
    ),
    "DSWRF_surface": Published(
        "SWDOWN", "W m-2", "Surface downward short-wave radiation flux", 0.001, store="swdown",
        standard_name="surface_downward_shortwave_flux",
    ),
    "PRES_surface": Published(
        "PSFC", "Pa", "Surface Pressure", 0.1, store="psfc", standard_name="air_pressure"
    ),
    "SPFH_2maboveground": Published(
        "Q2D", "kg kg-1", "2-m Specific Humidity", 1e-6, store="q2d",
        standard_name="surface_specific_humidity",
    ),
    "TMP_2maboveground": Published(
        "T2D", "K", "2-m Air Temperature", 0.01, 100.0, store="t2d", standard_name="air temperature"
    ),
    "UGRD_10maboveground": Published(
        "U2D", "m s-1", "10-m U-component of wind", 0.001, store="u2d", standard_name="x_wind"
    ),
    "VGRD_10maboveground": Published(
        "V2D", "m s-1", "10-m V-component of wind", 0.001, store="v2d", standard_name="y_wind"
    ),
}  # fmt: skip
COLUMNS = tuple(AORC)


def nwm_attributes(shown: Published) -> dict[str, Any]:
    """Return the attributes of a variable of the National Water Model's forcing."""
    return {
        "units": shown.unit,
        "long_name": shown.long_name,
        "standard_name": shown.standard_name,
        "cell_methods": "time: mean" if shown.ends else "time: point",
        "grid_mapping": "crs",
        "esri_pe_string": NWM_WKT,
        "proj4": NWM_PROJ4,
    }


def aorc_centres(bounds: Bounds) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes of the published cells that touch ``bounds`` (degrees)."""
    west, south, east, north = bounds
    return _lattice(west, east, 0.0, AORC_CELL), _lattice(south, north, 0.0, AORC_CELL)


def nwm_centres(bounds: Bounds) -> tuple[Floats, Floats]:
    """Return x and y [m] of the published cells that touch ``bounds`` (degrees west, south, east, north)."""
    from pyproj import Transformer

    to_grid = Transformer.from_crs("EPSG:4326", NWM_WKT, always_xy=True)
    west, south, east, north = to_grid.transform_bounds(*bounds)
    return _lattice(west, east, NWM_CENTRE[0], NWM_CELL), _lattice(south, north, NWM_CENTRE[1], NWM_CELL)


def _lattice(low: float, high: float, centre: float, cell: float) -> Floats:
    first = int(np.floor((low - centre) / cell + 0.5))
    last = max(first + 1, int(np.ceil((high - centre) / cell - 0.5)))
    places = np.arange(first, last + 1)
    # a division keeps multiples of 1/120 right to the last bit
    return np.asarray(centre + (places / round(1 / cell) if cell < 1 else places * cell), np.float64)


def end_stamps(period: TimeAxis, steps: range) -> NDArray[np.int64]:
    """Return the stamps of the ends of steps of a period, seconds since 1970."""
    first = int(period.epoch_seconds()[0])
    return first + period.step * (np.arange(steps.start, steps.stop, dtype=np.int64) + 1)


def steps_by_year(period: TimeAxis) -> dict[int, range]:
    """Return the steps, from the one before the period on, whose end is stamped in each year."""
    stamps = end_stamps(period, range(-1, period.count))
    years = stamps.astype("datetime64[s]").astype("datetime64[Y]").astype(int) + 1970
    parts = {}
    for year in np.unique(years).tolist():
        places = np.flatnonzero(years == year)
        parts[int(year)] = range(int(places[0]) - 1, int(places[-1]))
    return parts


def stored_values(
    field: ExampleField,
    column: str,
    shown: Published,
    x: Floats,
    y: Floats,
    steps: range,
    *,
    step: int = 3600,
) -> Floats:
    """Return what a store holds at the stamps that end ``steps``, in the store's unit: (time, y, x).

    Parameters
    ----------
    step : length of a step [s]
    """
    across, up = np.meshgrid(x, y)
    later = 0 if shown.ends else 1  # what is no amount stands at the start of its step
    values = np.empty((len(steps), *across.shape))
    for place, number in enumerate(steps):
        values[place] = field(column, across, up, number + later)
    unit = BY_COLUMN[column].unit
    if shown.unit in {"kg/m^2", "kg m-2"} and column == "precip_rate":
        return values * step
    change = conversion(unit, "kg kg-1" if shown.unit == "g/g" else shown.unit)
    return np.asarray(values * change.scale + change.offset)


def packed_values(values: Floats, shown: Published, kind: str) -> NDArray[Any]:
    """Return the numbers that are stored; NaN becomes the fill value of integers."""
    if kind[0] == "f":
        return values.astype(kind)
    fill = FILL16 if kind == "i2" else FILL32
    numbers = np.rint((values - shown.offset) / shown.scale)
    return np.where(np.isnan(numbers), fill, numbers).astype(kind)
