"""Two catalogs; in the first a forcing, derived from a hydrofabric and from a grid that lies elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dmod.catalog.adding import NewDataset, add_files
from dmod.catalog.catalog import Catalog
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset, Lineage
from dmod.catalog.domain import Domain
from dmod.catalog.index.opening import open_index
from dmod.catalog.restriction import Continuous, Discrete
from dmod.catalog.store.folder import FolderStore
from dmod.services.data.crate import export_crate

GRID = "s3://example-bucket/aorc/2019.zarr"
CATCHMENTS = frozenset(f"cat-{number}" for number in range(1, 89))
PERIOD = Continuous(datetime(2019, 3, 1, tzinfo=UTC), datetime(2019, 6, 1, tzinfo=UTC))
FORCING_TEXTS = {
    "cat-1.csv": "Time,APCP_surface\n2019-03-01 00:00:00,0.5\n",
    "more files/größe 100% #1.csv": "1,2\n" * 1000,
    "empty.txt": "",
}


class Clock:
    """A clock that goes on by a minute each time it is looked at."""

    now = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def catalog_in(folder: Path) -> Catalog:
    folder.mkdir()
    return Catalog(FolderStore(folder / "store"), open_index(str(folder / "index.sqlite")), clock=Clock())


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    found = catalog_in(tmp_path / "here")
    yield found
    found.index.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Catalog]:
    found = catalog_in(tmp_path / "there")
    yield found
    found.index.close()


class Adding:
    """Adds files, given as texts by path, to a catalog."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def __call__(
        self,
        catalog: Catalog,
        name: str,
        texts: Mapping[str, str],
        domain: Domain | None = None,
        *,
        category: Category = Category.OUTPUT,
        another: bool = False,
        **said: Any,
    ) -> Dataset:
        self.count += 1
        files = []
        for path, text in texts.items():
            place = self.folder / f"source-{self.count}" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
            files.append((path, place))
        said = {"owner": "ann", **said}
        new = NewDataset(name, category, domain or Domain(FORMATS["GENERIC"]), **said)
        return add_files(catalog, new, files, another=another)


@pytest.fixture
def add(tmp_path: Path) -> Adding:
    return Adding(tmp_path)


@dataclass(frozen=True)
class Family:
    """A dataset and what it was derived from."""

    fabric: Dataset
    grid: Dataset
    forcing: Dataset


def family_in(catalog: Catalog, add: Adding) -> Family:
    fabric = add(
        catalog,
        "logan",
        {"logan.gpkg": "a fabric"},
        Domain(
            FORMATS["NGEN_GEOPACKAGE_HYDROFABRIC_V2"],
            {
                DomainIndex.CATCHMENT_ID: Discrete(CATCHMENTS),
                DomainIndex.HYDROFABRIC_REGION: Discrete(frozenset(["great-basin"])),
            },
        ),
        category=Category.HYDROFABRIC,
        description="Logan River above gauge 10109001",
    )
    grid = add(
        catalog,
        "aorc",
        {},
        Domain(FORMATS["FORCING_GRID"], {DomainIndex.TIME: PERIOD}),
        category=Category.FORCING,
        access_location=GRID,
    )
    lineage = Lineage(
        "forcing-from-grid",
        (fabric.as_input("hydrofabric"), grid.as_input("grid")),
        {"method": "area", "workers": 2, "fill": None, "layout": {"kind": "csv"}},
        "ab" * 32,
        "dmod 0.1.0",
        {"weights": "https://example.org/weights?of=logan", "note": "/data/notes.txt"},
    )
    forcing = add(
        catalog,
        "logan-forcing",
        FORCING_TEXTS,
        Domain(
            FORMATS["AORC_CSV"],
            {DomainIndex.TIME: PERIOD, DomainIndex.CATCHMENT_ID: Discrete(CATCHMENTS)},
            units={"APCP_surface": "mm h-1"},
        ),
        category=Category.FORCING,
        lineage=lineage,
        extra={"kept": ["as", "it", "is"]},
    )
    return Family(fabric, grid, forcing)


@pytest.fixture
def family(catalog: Catalog, add: Adding) -> Family:
    return family_in(catalog, add)


@dataclass(frozen=True)
class Origin:
    """A crate that was exported with all ancestors, and what it was exported from; to be read only."""

    catalog: Catalog
    family: Family
    crate: Path


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("origin")
    catalog = catalog_in(folder / "catalog")
    family = family_in(catalog, Adding(folder))
    export_crate(catalog, family.forcing, folder / "crate", ancestors="data")
    yield Origin(catalog, family, folder / "crate")
    catalog.index.close()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Yield a catalog in which at the end nothing is."""
    found = catalog_in(tmp_path_factory.mktemp("untouched") / "catalog")
    yield found
    assert found.index.count() == 0
    found.index.close()


Issue = tuple[str, str, str, str, str]
Validate = Callable[..., list[list[Issue]]]


@pytest.fixture
def validate(tmp_path: Path) -> Validate:
    """Return a function that asks the public validator of crates, given with profile and severity each.

    An issue is severity, check, entity, property and message.
    """

    def found(*wanted: tuple[Path, str, str]) -> list[list[Issue]]:
        script = Path(__file__).with_name("validate.py")
        asked = [part for crate, profile, severity in wanted for part in (crate, profile, severity)]
        done = subprocess.run(
            [sys.executable, script, tmp_path / "validator-cache", *asked],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers = json.loads(done.stdout)
        assert all(answer["checks"] > 40 for answer in answers)  # it did look
        return [[tuple(issue) for issue in answer["issues"]] for answer in answers]

    return found
