"""Forcing of the framework's cases: both layouts hold the same weather, every number as Python reads it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from dmod.core.units import conversion
from dmod.core.variables import BY_COLUMN
from dmod.forcing.checks import find_forcing_problems
from dmod.forcing.opening import open_forcing
from dmod.forcing.source import ForcingSource

CATCHMENTS = ("cat-11223", "cat-11224", "cat-11371", "cat-11410", "cat-11509")
COLUMNS = (
    "precip_rate", "TMP_2maboveground", "SPFH_2maboveground", "UGRD_10maboveground",
    "VGRD_10maboveground", "PRES_surface", "DSWRF_surface", "DLWRF_surface",
)  # fmt: skip
WANTED = [
    (BY_COLUMN[name].name, "mm h-1" if name == "precip_rate" else BY_COLUMN[name].unit) for name in COLUMNS
]


@pytest.fixture(scope="module")
def folder(reference: Path) -> Path:
    return reference / "ngen" / "sloth_pet3_cfe_csv" / "forcing"


@pytest.fixture(scope="module")
def from_csv(folder: Path) -> ForcingSource:
    return open_forcing("CsvPerFeature", folder, "{{id}}.csv", CATCHMENTS)


@pytest.fixture(scope="module")
def from_netcdf(reference: Path) -> ForcingSource:
    path = reference / "ngen" / "sloth_pet_cfe_nc" / "forcing" / "forcing.nc"
    return open_forcing("NetCDF", path, None, CATCHMENTS)


def test_csv_numbers_are_those_that_python_reads(folder: Path, from_csv: ForcingSource) -> None:
    found = from_csv.read(CATCHMENTS, WANTED, from_csv.period)
    for row, name in enumerate(CATCHMENTS):
        with (folder / f"{name}.csv").open(newline="") as file:
            lines = list(csv.DictReader(file))
        for column, (standard, unit) in zip(COLUMNS, WANTED, strict=True):
            change = conversion(BY_COLUMN[column].unit, unit)
            expected = np.array([float(line[column]) for line in lines]) * change.scale
            np.testing.assert_array_equal(found[standard][row], expected)


def test_netcdf_agrees_with_csv_to_single_precision(
    from_csv: ForcingSource, from_netcdf: ForcingSource
) -> None:
    assert from_csv.period == from_netcdf.period
    assert from_csv.period.count == 720
    text = from_csv.read(CATCHMENTS, WANTED, from_csv.period)
    binary = from_netcdf.read(CATCHMENTS, WANTED, from_csv.period)
    for name, _ in WANTED:
        np.testing.assert_allclose(binary[name], text[name], rtol=1.2e-6, atol=1e-12)


def test_forcing_of_the_cases_is_sound(from_csv: ForcingSource, from_netcdf: ForcingSource) -> None:
    for source in (from_csv, from_netcdf):
        assert find_forcing_problems(source, CATCHMENTS, source.period, WANTED) == []
