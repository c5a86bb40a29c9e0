"""Which observations a run is compared with where its request names none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.catalog.dataset import Dataset
from dmod.services.data.asking import domain_restrictions
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.services.jobs.observing import gauge_at_outlet, observations_for

GAUGE = "99000001"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = dmod.make_example(
        tmp_path_factory.mktemp("observing") / "basin", catchments=5, years=0.01, observed=False
    )
    return made.path


@pytest.fixture(scope="module")
def data(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataService]:
    folder = tmp_path_factory.mktemp("catalog")
    with dmod.open_data(folder / "home") as data:
        data.add("basin", [package])
        for name, gauge, day, hours in (
            ("early", GAUGE, 1, 12), ("long", GAUGE, 2, 30), ("newer", GAUGE, 2, 30), ("other", "77", 1, 90),
        ):  # fmt: skip
            path = folder / f"{name}-{gauge}.csv"
            stamps = [f"2015-10-{day + hour // 24:02d} {hour % 24:02d}:00:00Z" for hour in range(hours)]
            rows = "".join(f"{stamp},{number}\n" for number, stamp in enumerate(stamps))
            path.write_text("time,streamflow [m3 s-1]\n" + rows)
            data.add(name, [path], Description(restrictions=domain_restrictions(gages=[gauge])))
        yield data


@pytest.fixture
def dataset(data: DataService) -> Dataset:
    return data.dataset("basin")


def test_gauge_stands_at_the_outlet_of_the_package(package: Path) -> None:
    assert gauge_at_outlet(package, None) == GAUGE
    assert gauge_at_outlet(package, f"gage-{GAUGE}") == GAUGE
    assert gauge_at_outlet(package, "cat-1") == ""
    assert gauge_at_outlet(package, "nowhere") == ""


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({}, "newer@1"),
        ({"period": {"start": "2015-10-01T00:00:00+00:00", "end": "2015-10-01T20:00:00+00:00"}}, "early@1"),
        ({"period": {"start": "2015-10-01T00:00:00+00:00", "end": "2015-10-09T20:00:00+00:00"}}, "newer@1"),
        ({"period": {"start": "2016-10-01T00:00:00+00:00", "end": "2016-10-09T20:00:00+00:00"}}, None),
    ],
)
def test_most_of_what_the_gauge_saw_in_the_period_is_taken_and_the_newest_of_it(
    data: DataService, dataset: Dataset, package: Path, asked: dict[str, Any], name: str | None
) -> None:
    assert observations_for(data, dataset, package, asked) == name


def test_what_was_seen_during_the_warm_up_does_not_count(
    data: DataService, dataset: Dataset, package: Path
) -> None:
    period = {"start": "2015-10-01T00:00:00+00:00", "end": "2015-10-01T20:00:00+00:00"}
    asked = {"period": period, "evaluation": {"warm_up": 12 * 3600.0}}
    assert observations_for(data, dataset, package, asked) is None


def test_outlet_without_a_gauge_is_compared_with_nothing(
    data: DataService, dataset: Dataset, package: Path
) -> None:
    assert observations_for(data, dataset, package, {"evaluation": {"outlet": "cat-1"}}) is None
