"""Data to begin with: what is put into a catalog, and that any place of it can be run."""

from __future__ import annotations

from pathlib import Path

import pytest

import dmod
from dmod.services.example_data import NAMES, add_example_data


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("example")
    with dmod.open_data(home) as data:
        added = add_example_data(data, catchments=8, years=0.02)
    assert sorted(dataset.name for dataset in added) == sorted(NAMES)
    return home


def test_everybody_may_read_them_and_a_second_time_adds_nothing(home: Path) -> None:
    with dmod.open_data(home) as data:
        assert add_example_data(data, catchments=8, years=0.02) == ()
        assert {dataset.name: dataset.version for dataset in data.list()} == dict.fromkeys(NAMES, 1)
        assert {dataset.shared_with for dataset in data.list()} == {("*",)}


def test_what_is_missing_of_them_is_added(home: Path) -> None:
    with dmod.open_data(home) as data:
        data.remove(["example-gauge"])
        (added,) = add_example_data(data, catchments=8, years=0.02)
    assert added.name == "example-gauge"


def test_any_place_can_be_run_by_weather_that_is_derived(home: Path, tmp_path: Path) -> None:
    with dmod.open_data(home) as data:
        above = data.basin(["gage-99000001"], "example-fabric").catchments
        (inner, *_) = sorted(above, key=lambda place: len(data.basin([place], "example-fabric").catchments))
        wanted = dmod.requirement(
            "config", format="NGEN_JOB_COMPOSITE_CONFIG", catchments=[inner], formulation="topmodel",
            start="2015-10-01", end="2015-10-05",
        )  # fmt: skip
        (package,) = data.derive(wanted)
        data.get(package.reference, tmp_path / "package")
    found = dmod.run(tmp_path / "package", report=False)
    assert float(found.streamflow.max()) > 0.0
