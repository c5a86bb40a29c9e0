"""Turn a CAMELS basin into a run package of one catchment; see README.md beside this file.

python examples/camels/convert.py CAMELS_FOLDER 03439000 packages/french-broad
dmod run packages/french-broad --observed packages/french-broad/observed.csv --warm-up 365
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from camels_files import Basin, gauges_in, read_basin
from camels_parameters import albedo, cfe_file, main_channel_length, pet_file
from camels_snow import DEGREE_DAY_FACTOR, degree_day_snow
from camels_weather import FREEZING, WIND, disaggregate

from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import AlreadyExists, DmodError
from dmod.forcing.write import write_netcdf_forcing
from dmod.formulation.generate.documents import realization
from dmod.formulation.generate.formulations import find_formulation
from dmod.formulation.generate.generator import Settings
from dmod.hydrofabric.write import Layer, write_geopackage

CATCHMENT, FLOWPATH, NEXUS = "cat-1", "wb-1", "nex-2"
KM_PER_DEGREE = 111.195
PRIESTLEY_TAYLOR = 4


def convert(
    folder: Path,
    gauge: str,
    package: Path,
    *,
    first: date | None = None,
    last: date | None = None,
    snow: str = "degree-day",
    pet_method: int = PRIESTLEY_TAYLOR,
) -> Path:
    """Write the run package of one basin.

    Parameters
    ----------
    folder : where CAMELS was unpacked
    gauge : eight digits
    package : folder to make; it may exist if it is empty
    first, last : days, both included; all that there is forcing for if not given
    snow : "degree-day", or "none" to let all precipitation fall as rain
    pet_method : 1 to 5

    Raises
    ------
    AlreadyExists
        the package's folder is not empty.
    NotFoundError, InputError, CoverageError
        CAMELS files are missing, cannot be read, or do not cover the days.
    """
    record = read_basin(folder, gauge)
    basin = record.during(first, last)
    if package.exists() and any(package.iterdir()):
        raise AlreadyExists(f"{package} is not empty", hint="choose another folder")
    for name in ("config/cat_config/CFE", "config/cat_config/PET", "forcings"):
        (package / name).mkdir(parents=True, exist_ok=True)
    axis = TimeAxis(_midnight(basin), 3600, 24 * len(basin.days))
    forcing, lying = hourly_forcing(basin, snow)
    write_netcdf_forcing(package / "forcings" / "forcings.nc", [CATCHMENT], axis, forcing, dtype="float64")
    write_geopackage(package / "config" / f"gage-{gauge}.gpkg", fabric(basin), srs=4326)
    configs = package / "config" / "cat_config"
    (configs / "CFE" / f"{CATCHMENT}.ini").write_text(cfe_file(basin))
    (configs / "PET" / f"{CATCHMENT}.ini").write_text(pet_file(basin, pet_method, albedo(record)))
    document = realization(find_formulation("cfe"), Settings(axis), routed=False)
    (package / "config" / "realization.json").write_text(json.dumps(document, indent=2) + "\n")
    (package / "observed.csv").write_text(observed_csv(basin))
    (package / "README.md").write_text(_note(basin, axis, snow, lying))
    return package


def sun_time(longitude: float) -> timedelta:
    """Return how far UTC is ahead of the sun's time at the gauge, in whole hours.

    That is the standard time of the place or an hour beside it.
    """
    return timedelta(hours=round(-longitude / 15.0))


def hourly_forcing(basin: Basin, snow: str = "degree-day") -> tuple[dict[str, np.ndarray], float]:
    """Return the columns of the forcing file, (1, hour), and the snow [mm] that lies at the end."""
    hourly = disaggregate(basin)
    reaching, lying = hourly.precipitation, 0.0
    if snow == "degree-day":
        result = degree_day_snow(hourly.precipitation, hourly.temperature)
        reaching, lying = result.reaching, float(result.lying[-1])
    columns = {
        "precip_rate": reaching / 3600.0,
        "TMP_2maboveground": hourly.temperature + FREEZING,
        "SPFH_2maboveground": hourly.humidity,
        "PRES_surface": hourly.pressure,
        "DSWRF_surface": hourly.shortwave,
        "DLWRF_surface": hourly.longwave,
        "UGRD_10maboveground": np.full(reaching.shape, WIND),
        "VGRD_10maboveground": np.zeros(reaching.shape),
    }
    return {name: np.asarray(values)[None, :] for name, values in columns.items()}, lying


def fabric(basin: Basin) -> dict[str, Layer]:
    """Return the tables of a hydrofabric with one catchment: a circle of its area around the gauge.

    The flowpath is a symbol, too: a line of the main stream's length from the circle's edge to its centre.
    It has no channel attributes: the way to the gauge is in the unit hydrograph.
    """
    area, place = basin.area_km2, np.array([basin.longitude, basin.latitude])
    radius = math.sqrt(area / math.pi) / KM_PER_DEGREE
    angle = np.linspace(0.0, 2.0 * math.pi, 73)
    stretch = np.array([1.0 / math.cos(math.radians(basin.latitude)), 1.0])
    ring = place + radius * stretch * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    ring[-1] = ring[0]
    measures = {
        "areasqkm": [area],
        "tot_drainage_areasqkm": [area],
        "lengthkm": [main_channel_length(area) / 1000.0],
    }
    divide = {"divide_id": [CATCHMENT], "toid": [NEXUS], "type": ["network"], "id": [FLOWPATH]} | measures
    flowpath = {"id": [FLOWPATH], "toid": [NEXUS], "order": [1], "divide_id": [CATCHMENT]} | measures
    nexus = {"id": [NEXUS], "toid": ["wb-0"], "type": ["nexus"], "poi_id": [1]}
    mark = {
        "poi_id": [1],
        "id": [FLOWPATH],
        "nex_id": [NEXUS],
        "hl_link": [basin.gauge],
        "hl_reference": ["gages"],
        "hl_uri": [f"gages-{basin.gauge}"],
        "hl_source": ["CAMELS"],
    }
    line = np.array([ring[np.argmax(ring[:, 1])], place])
    return {
        "divides": Layer(divide, [[ring]], "POLYGON"),
        "flowpaths": Layer(flowpath, [line], "LINESTRING"),
        "nexus": Layer(nexus, np.array([place]), "POINT"),
        "network": Layer(
            {"id": [FLOWPATH], "toid": [NEXUS], "divide_id": [CATCHMENT], "hl_uri": [f"gages-{basin.gauge}"]}
            | measures
        ),
        "hydrolocations": Layer(mark, np.array([place]), "POINT"),
    }


def observed_csv(basin: Basin) -> str:
    """Return the gauge's daily means, each stamped with the local midnight at which its day begins."""
    shift = sun_time(basin.longitude)
    lines = [
        f"# USGS {basin.gauge}, {basin.name}: daily mean flow, from CAMELS",
        "# times are UTC; a value holds for the 24 hours from its stamp on; empty where there is none",
        "time,flow[ft3 s-1]",
    ]
    for day, flow in zip(basin.observed_days.tolist(), basin.observed.tolist(), strict=True):
        stamp = datetime(day.year, day.month, day.day, tzinfo=UTC) + shift
        lines.append(f"{format_time(stamp)},{'' if math.isnan(flow) else format(flow, '.10g')}")
    return "\n".join(lines) + "\n"


def _midnight(basin: Basin) -> datetime:
    day = basin.days[0].item()
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + sun_time(basin.longitude)


def _note(basin: Basin, axis: TimeAxis, snow: str, lying: float) -> str:
    how = (
        f"degree-day model, {DEGREE_DAY_FACTOR:g} mm per K and day; {lying:.1f} mm lie at the end"
        if snow == "degree-day"
        else "none, all precipitation falls as rain"
    )
    return (
        f"# {basin.name} ({basin.gauge})\n\n"
        f"Made by examples/camels/convert.py from CAMELS daily basin means.\n\n"
        f"- {format_time(axis.start)} to {format_time(axis.end)} UTC; local days begin at "
        f"{axis.start:%H:%M} UTC\n"
        f"- {basin.area_km2:.6g} km2, {basin.elevation:.0f} m; the catchment's circle is a symbol\n"
        f"- hourly forcing is disaggregated from days, long-wave radiation, pressure and wind are estimated\n"
        f"- snow: {how}\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Convert from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder that CAMELS was unpacked in")
    parser.add_argument("gauge", help="eight digits, or 'all': one package for each below PACKAGE")
    parser.add_argument("package", type=Path, help="folder to make")
    parser.add_argument("--first", type=date.fromisoformat, help="first day, YYYY-MM-DD")
    parser.add_argument("--last", type=date.fromisoformat, help="last day, included")
    parser.add_argument("--snow", choices=("degree-day", "none"), default="degree-day")
    parser.add_argument("--pet-method", type=int, choices=range(1, 6), default=PRIESTLEY_TAYLOR)
    given = parser.parse_args(arguments)
    gauges = gauges_in(given.folder) if given.gauge == "all" else [given.gauge]
    try:
        for gauge in gauges:
            package = given.package / gauge if given.gauge == "all" else given.package
            convert(
                given.folder,
                gauge,
                package,
                first=given.first,
                last=given.last,
                snow=given.snow,
                pet_method=given.pet_method,
            )
            sys.stdout.write(f"{package}\n")
    except DmodError as error:
        sys.stderr.write(f"{error}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
