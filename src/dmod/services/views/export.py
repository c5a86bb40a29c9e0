"""Series as files: a table of CSV, or NetCDF that says of each what it is and where it is from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.hdf5 import HDF5_LOCK
from dmod.errors import InputError
from dmod.services.views.view import MOST_VALUES

ROWS = 10_000
CONVENTIONS = "CF-1.8"
FLOW_UNIT, STANDARD_NAME = "m3 s-1", "water_volume_transport_in_river_channel"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period of the series at one place, every value of it.

    Parameters
    ----------
    source : dataset, ``found@1``
    seconds : since 1970 UTC, ascending, shape (time,)
    values : NaN where missing, shape (time,)
    """

    source: str
    layer: str
    place: str
    variable: str
    unit: str
    seconds: NDArray[np.int64]
    values: NDArray[np.float64]


def together(stretches: Sequence[Stretch]) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
    """Return the times that any series has, and each series at these; NaN where it has no value.

    Raises
    ------
    InputError
        these are too many numbers for one file.
    """
    seconds = stretches[0].seconds
    for other in stretches[1:]:
        if not np.array_equal(seconds, other.seconds):
            seconds = np.union1d(seconds, other.seconds)
    if len(seconds) * len(stretches) > MOST_VALUES:
        raise InputError(
            f"{len(stretches)} series of {len(seconds):,} steps are too many numbers for one file",
            hint="choose a shorter period, or fewer series",
        )
    columns = []
    for one in stretches:
        values = np.full(len(seconds), np.nan)
        values[np.searchsorted(seconds, one.seconds)] = one.values
        columns.append(values)
    return seconds, columns


def titles_of(stretches: Sequence[Stretch]) -> list[str]:
    """Return what each series is called: by its variable; one of several by dataset and place, too."""
    if len(stretches) == 1:
        return [stretches[0].variable]
    one_place = len({one.place for one in stretches}) == 1
    return [
        " ".join((one.source, one.variable) if one_place else (one.source, one.variable, "at", one.place))
        for one in stretches
    ]


def csv_lines(stretches: Sequence[Stretch]) -> Iterator[str]:
    """Yield a table of CSV, many rows at once."""
    seconds, columns = together(stretches)
    titles = (f"{title} [{one.unit}]" for title, one in zip(titles_of(stretches), stretches, strict=True))
    yield ",".join(["time", *('"' + title.replace('"', '""') + '"' for title in titles)]) + "\r\n"
    for begin in range(0, len(seconds), ROWS):
        part = slice(begin, begin + ROWS)
        stamps = np.datetime_as_string(seconds[part].astype("datetime64[s]"), unit="s").tolist()
        cells = ([_cell(value) for value in column[part].tolist()] for column in columns)
        yield "".join(f"{stamp}Z,{','.join(row)}\r\n" for stamp, *row in zip(stamps, *cells, strict=True))


def _cell(value: float) -> str:
    return repr(value) if np.isfinite(value) else ""


def netcdf_bytes(stretches: Sequence[Stretch]) -> memoryview:
    """Return a NetCDF file with a variable for each series, by the CF conventions.

    Variables keep their names; a second one of a name is called ``flow_2``. Each has its unit, the dataset
    that it is of (``source``) and its place as a coordinate.
    """
    import netCDF4

    seconds, columns = together(stretches)
    with HDF5_LOCK:
        file: Any = netCDF4.Dataset("series.nc", "w", format="NETCDF4", memory=1)
        try:
            _describe(file, stretches)
            _define_time(file, seconds)
            places = _define_places(file, stretches)
            names = _names([one.variable for one in stretches])
            for name, title, one, values in zip(names, titles_of(stretches), stretches, columns, strict=True):
                _define_series(file, name, title, one, places[one.place])
                file.variables[name][:] = values
        finally:
            content: memoryview = file.close()
    return content


def _describe(file: Any, stretches: Sequence[Stretch]) -> None:
    file.Conventions = CONVENTIONS
    file.title = "Series of " + ", ".join(dict.fromkeys(one.source for one in stretches))
    file.source = "dmod " + version("dmod")
    file.history = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} exported by dmod {version('dmod')}"
    if len({one.place for one in stretches}) == 1:
        file.featureType = "timeSeries"


def _define_time(file: Any, seconds: NDArray[np.int64]) -> None:
    file.createDimension("time", len(seconds))
    time = file.createVariable("time", "f8", ("time",))
    time.standard_name = "time"
    time.long_name = "time, UTC"
    time.axis = "T"
    time.units = "seconds since 1970-01-01 00:00:00"
    time.calendar = "standard"
    time[:] = seconds


def _define_places(file: Any, stretches: Sequence[Stretch]) -> dict[str, str]:
    """Define a scalar coordinate for each place, and return what these are called."""
    kinds = {one.place: one.layer for one in stretches}
    names = dict(zip(kinds, _names(["place"] * len(kinds)), strict=True))
    for place, name in names.items():
        text = np.frombuffer(place.encode(), "S1")
        length = f"{name}_length"
        file.createDimension(length, len(text))
        coordinate = file.createVariable(name, "S1", (length,))
        coordinate.set_auto_chartostring(False)
        coordinate._Encoding = "utf-8"
        coordinate.long_name = f"place among {kinds[place]}"
        if len(kinds) == 1:
            coordinate.cf_role = "timeseries_id"
        coordinate[:] = text
    return names


def _define_series(file: Any, name: str, title: str, one: Stretch, place: str) -> None:
    series = file.createVariable(name, "f8", ("time",), zlib=True, complevel=1, fill_value=np.nan)
    series.long_name = title
    series.coordinates = place
    series.source = one.source
    series.layer = one.layer
    if one.unit:
        series.units = one.unit
    if one.unit == FLOW_UNIT:
        series.standard_name = STANDARD_NAME


def _names(variables: Sequence[str]) -> list[str]:
    """Return names that NetCDF allows, no two alike, and none that of the times."""
    found: list[str] = []
    for variable in variables:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", variable)
        plain = plain if plain[:1].isalpha() else f"v_{plain}"
        taken = {*found, "time"}
        number = 2
        name = plain
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        found.append(name)
    return found
