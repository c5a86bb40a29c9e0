"""A country and its weather, made once, and catalogs to put them into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import dmod
from dmod.catalog.catalog import Catalog
from dmod.catalog.index.opening import open_index
from dmod.catalog.store.folder import FolderStore
from dmod.services.data.service import DataService
from dmod.services.example_fabric import make_example_fabric
from dmod.services.example_store import make_example_store

START, END = "2019-03-01", "2019-03-05 23:00"
GAGE = "00020003"


@dataclass(frozen=True)
class Country:
    """A hydrofabric of 60 catchments, and five days of gridded weather around it."""

    fabric: Path
    weather: Path


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    folder = tmp_path_factory.mktemp("country")
    make_example_fabric(folder / "country.gpkg", catchments=60, seed=4)
    make_example_store(
        folder / "weather", around=folder / "country.gpkg", start=datetime(2019, 3, 1, tzinfo=UTC), days=5
    )
    return Country(folder / "country.gpkg", folder / "weather")


def opened(folder: Path) -> DataService:
    catalog = Catalog(FolderStore(folder / "store"), open_index(str(folder / "index.sqlite")))
    return DataService(catalog, folder / "work", "tester")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[DataService]:
    found = opened(tmp_path)
    yield found
    found.catalog.index.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, country: Country) -> Iterator[DataService]:
    """A catalog with country, weather and the package ``creek`` derived of them; only to be read."""
    found = opened(tmp_path_factory.mktemp("filled"))
    found.add("country", [country.fabric])
    found.add("weather", [country.weather])
    catchments = found.basin([f"gage-{GAGE}"]).catchments
    wanted = dmod.requirement(
        "config", format="NGEN_JOB_COMPOSITE_CONFIG", catchments=catchments, start=START, end=END,
        formulation="cfe",
    )  # fmt: skip
    found.derive(wanted, name="creek")
    yield found
    found.catalog.index.close()
