"""What dmod itself makes: a package, its twin with CSV, and the results of a run of each."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

import dmod
from dmod.core.time_axis import parse_time
from dmod.services.example import ExamplePackage, make_example

DAYS = 5


def stand_in(package: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return a flow for the gauge without a simulation."""
    with netCDF4.Dataset(package / "forcings" / "forcings.nc") as file:
        seconds = np.asarray(file["Time"][0])
    return seconds.astype("datetime64[s]"), np.full(seconds.size, 2.0)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> ExamplePackage:
    """A package of 6 catchments and 5 days from 2015-10-01 on, NetCDF forcing; not to be changed."""
    path = tmp_path_factory.mktemp("detect") / "creek"
    return make_example(path, catchments=6, seed=3, years=DAYS / 365, simulate=stand_in)


@pytest.fixture(scope="session")
def csv_package(tmp_path_factory: pytest.TempPathFactory) -> ExamplePackage:
    """The same with CSV forcing, TOPMODEL and no gauge; not to be changed."""
    path = tmp_path_factory.mktemp("detect") / "brook"
    return make_example(
        path,
        catchments=6,
        seed=3,
        years=DAYS / 365,
        forcing="csv",
        formulation="topmodel",
        observed=False,
        start=parse_time("2015-10-01"),
    )


@pytest.fixture(scope="session")
def results(package: ExamplePackage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results of a run; not to be changed."""
    folder = tmp_path_factory.mktemp("detect") / "results"
    dmod.run(package.path, output=folder)
    return folder


@pytest.fixture(scope="session")
def text_results(csv_package: ExamplePackage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results of a run that wrote the framework's CSV; not to be changed."""
    folder = tmp_path_factory.mktemp("detect") / "text"
    dmod.run(csv_package.path, output=folder, csv=True)
    return folder
