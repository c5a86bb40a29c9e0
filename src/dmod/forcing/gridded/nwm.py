"""Forcing of the National Water Model's retrospective simulation 3.0: hourly, 1 km, Lambert's projection.

It is kept twice: as Zarr, one store a variable, and as NetCDF, one file an hour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from dmod.core.time_axis import EPOCH, TimeAxis, format_time
from dmod.errors import CoverageError, InputError, NotFoundError
from dmod.forcing.gridded.description import describe
from dmod.forcing.gridded.example_layouts import NWM, NWM_WKT
from dmod.forcing.gridded.fetching import FetchedFiles
from dmod.forcing.gridded.joined import JoinedSource
from dmod.forcing.gridded.netcdf_dataset import one_time_each
from dmod.forcing.gridded.reading_options import ReadingOptions
from dmod.forcing.gridded.store import Place
from dmod.forcing.gridded.zarr_dataset import open_zarr

PUBLISHED = "s3://noaa-nwm-retrospective-3-0-pds/CONUS/zarr/forcing"
STORES = {column: f"{shown.store}.zarr" for column, shown in NWM.items()}
FILE = re.compile(r"^(\d{10})(\d{2})?\.LDASIN_DOMAIN\d")
# the rain rate is the mean of the hour that ends at its stamp; winds point east and north, as AORC's do
HINTS = ReadingOptions(wind="earth", crs=NWM_WKT, means=frozenset({"precip_rate"}))


def open_nwm_zarr(place: Place, options: ReadingOptions, columns: Sequence[str] | None) -> JoinedSource:
    """Open one Zarr store a variable.

    Raises
    ------
    NotFoundError
        a store that is needed does not exist.
    """
    has = set(place.names()) if place.can_list else set(STORES.values())
    wanted = [column for column in columns or STORES if columns or STORES[column] in has]
    datasets = []
    for column in wanted:
        expected = (NWM[column].name, "time", "x", "y", "crs")
        try:
            datasets.append(open_zarr(place / STORES[column], expected))
        except NotFoundError:
            if columns or place.can_list:
                raise
    return describe(datasets, where=str(place), layout="nwm", options=options, columns=columns)


def open_nwm_netcdf(
    place: Place, period: TimeAxis | None, options: ReadingOptions, columns: Sequence[str] | None
) -> JoinedSource:
    """Open one NetCDF file an hour, in folders by year or in one.

    Raises
    ------
    CoverageError
        there is no file of the period.
    """
    found = _files(place, period)
    if not found:
        when = f" from {format_time(period.start)} to {format_time(period.end)}" if period else ""
        raise CoverageError(f"{place}: there are no files YYYYMMDDHH.LDASIN_DOMAIN1{when}", hint=_has(place))
    times = np.array([int((time - EPOCH).total_seconds()) for time in found], np.int64)
    fetched = FetchedFiles(options.cache_bytes)
    dataset = one_time_each(place, list(found.values()), times, fetched)
    return describe(
        [dataset], where=str(place), layout="nwm", options=options, columns=columns, closers=[fetched.close]
    )


def _files(place: Place, period: TimeAxis | None) -> dict[datetime, str]:
    """Return the files that a period needs, by time in order; the last hour's mean stands at its end."""
    if not place.can_list:
        if period is None:
            raise InputError(f"{place}: which files there are cannot be told", hint="give a period")
        times = [period.time(step) for step in range(period.count + 1)]
        return {time: f"{time:%Y}/{time:%Y%m%d%H}.LDASIN_DOMAIN1" for time in times}
    names = place.names()
    years = [name for name in names if re.fullmatch(r"\d{4}", name)]
    if period is not None:
        last = period.end + timedelta(seconds=period.step)
        years = [year for year in years if period.start.year <= int(year) <= last.year]
    keys = [*names, *(f"{year}/{name}" for year in years for name in (place / year).names())]
    found = {}
    for key in keys:
        match = FILE.match(key.rpartition("/")[2])
        if match:
            time = datetime.strptime(match[1], "%Y%m%d%H").replace(tzinfo=UTC)
            if period is None or period.start <= time <= last:
                found[time] = key
    return dict(sorted(found.items()))


def _has(place: Place) -> str:
    names = place.names() if place.can_list else []
    return (
        f"there is {', '.join(names[:8])}{' …' if len(names) > 8 else ''}" if names else "check the address"
    )
