"""NOAA's Analysis of Record for Calibration 1.1: hourly, 30 arc seconds, one Zarr store a year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from dmod.core.time_axis import TimeAxis
from dmod.errors import CoverageError, InputError, NotFoundError
from dmod.forcing.gridded.cf import GEOGRAPHIC
from dmod.forcing.gridded.dataset import RawDataset
from dmod.forcing.gridded.description import describe
from dmod.forcing.gridded.example_layouts import AORC
from dmod.forcing.gridded.joined import JoinedSource
from dmod.forcing.gridded.reading_options import ReadingOptions
from dmod.forcing.gridded.store import Place
from dmod.forcing.gridded.zarr_dataset import open_zarr

PUBLISHED = "s3://noaa-nws-aorc-v1-1-1km"
YEAR = re.compile(r"^(\d{4})\.zarr$")
VARIABLES = (*(shown.name for shown in AORC.values()), "time", "latitude", "longitude")
# precipitation is the amount of the hour that ends at its stamp; all else is of that instant
HINTS = ReadingOptions(accumulation="step", wind="earth", crs=GEOGRAPHIC)


def years_in(names: Sequence[str]) -> list[int]:
    """Return the years of which there is a store among names."""
    return sorted(int(match[1]) for name in names if (match := YEAR.match(name)))


def open_aorc(
    place: Place, period: TimeAxis | None, options: ReadingOptions, columns: Sequence[str] | None
) -> JoinedSource:
    """Open the yearly stores that a period needs, or all if there is none.

    Raises
    ------
    CoverageError
        there is no store of a year.
    """
    datasets = [_year(place, year) for year in _years(place, period)]
    return describe(datasets, where=str(place), layout="aorc", options=options, columns=columns)


def _years(place: Place, period: TimeAxis | None) -> list[int]:
    if period is not None:
        # the amount of the last step is stamped at its end
        last = period.end + timedelta(seconds=period.step)
        return list(range(period.start.year, last.year + 1))
    years = years_in(place.names()) if place.can_list else []
    if not years:
        raise InputError(
            f"{place}: which years there are cannot be told",
            hint="give a period"
            if not place.can_list
            else "a folder of 1979.zarr, 1980.zarr and so on is due",
        )
    return years


def _year(place: Place, year: int) -> RawDataset:
    try:
        return open_zarr(place / f"{year}.zarr", VARIABLES)
    except NotFoundError as error:
        has = years_in(place.names()) if place.can_list else []
        there = f"there are the years {_spans(has)}" if has else "check the address"
        raise CoverageError(
            f"{place}: there is no store {year}.zarr for the year {year}", hint=there
        ) from error


def _spans(years: Sequence[int]) -> str:
    """Return years as ``1979–1981, 1983``."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][-1] + 1:
            spans[-1][1:] = [year]
        else:
            spans.append([year])
    return ", ".join("–".join(str(year) for year in span) for span in spans)
