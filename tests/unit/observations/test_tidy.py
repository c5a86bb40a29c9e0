"""The tidy form: what is written is what is read, by dmod and by the evaluation."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import AlreadyExists, InputError, StoreError, UnitError
from dmod.evaluation import read_observed
from dmod.observations.files import read_source
from dmod.services.observations import fetch_observations

DAILY = (
    "#  USGS 01073000 OYSTER RIVER NEAR DURHAM, NH\n"
    "agency_cd\tsite_no\tdatetime\t1_00060_00003\t1_00060_00003_cd\n"
    "5s\t15s\t20d\t14n\t10s\n"
    "USGS\t01073000\t2019-03-09\t12.50\tA\n"
    "USGS\t01073000\t2019-03-10\tIce\tP\n"
    "USGS\t01073000\t2019-03-11\t0.07\tP:e\n"
)


@pytest.fixture
def daily(tmp_path: Path) -> Path:
    path = tmp_path / "dv.rdb"
    path.write_text(DAILY)
    return path


def fetch(source: Path, output: Path, **more: object):
    given = {"kind": "daily", "zone": "EST", "source": source, **more}
    return fetch_observations("01073000", output, **given)


def test_tidy_table_holds_one_row_a_value(daily: Path, tmp_path: Path) -> None:
    result = fetch(daily, tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text().splitlines() == [
        "site,time,value,unit,approval,qualifiers,parameter,statistic",
        "01073000,2019-03-09T05:00:00Z,12.5,ft3/s,A,,00060,00003",
        "01073000,2019-03-10T05:00:00Z,,ft3/s,P,Ice,00060,00003",
        "01073000,2019-03-11T05:00:00Z,0.07,ft3/s,P,e,00060,00003",
    ]
    assert (result.count, result.missing, result.provisional, result.estimated) == (2, 1, 2, 1)
    assert result.qualifiers == {"Ice": 1, "e": 1}
    assert (result.start, result.first) == (
        datetime(2019, 3, 9, tzinfo=UTC),
        datetime(2019, 3, 9, 5, tzinfo=UTC),
    )


def test_description_says_what_the_table_is(daily: Path, tmp_path: Path) -> None:
    fetch(daily, tmp_path / "o.csv")
    about = json.loads((tmp_path / "o.json").read_text())
    assert about["sha256"] == hashlib.sha256((tmp_path / "o.csv").read_bytes()).hexdigest()
    assert (about["site"], about["unit"], about["provisional"]) == ("01073000", "ft3/s", 2)
    assert about["day_starts_at_utc_offset"] == "-05:00"
    assert about["source"] == str(daily)


def test_tidy_table_is_read_back_as_it_was(daily: Path, tmp_path: Path) -> None:
    fetch(daily, tmp_path / "first" / "o.csv")
    again = fetch(tmp_path / "first" / "o.csv", tmp_path / "again.csv", zone=None)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "first" / "o.csv").read_bytes()
    assert again.day_offset == -5 * 3600
    assert again.notes == ()
    (series,) = read_source(tmp_path / "first")
    assert series.name == "OYSTER RIVER NEAR DURHAM, NH"


def test_evaluation_reads_the_table_without_any_option(daily: Path, tmp_path: Path) -> None:
    fetch(daily, tmp_path / "o.csv")
    observed = read_observed(tmp_path / "o.csv")
    np.testing.assert_allclose(observed.values, np.array([12.5, np.nan, 0.07]) * 0.3048**3)
    assert observed.times[0] == np.datetime64("2019-03-09T05:00")
    assert observed.step == 86400
    assert any("provisional" in note for note in observed.notes)


def test_unit_that_is_not_stated_raises_and_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "plain.csv"
    source.write_text("time,flow\n2020-01-01T00:00Z,5\n2020-01-01T01:00Z,6\n")
    with pytest.raises(UnitError, match="not stated") as caught:
        fetch(source, tmp_path / "o.csv", kind="instantaneous")
    assert "--unit" in (caught.value.hint or "")
    assert [path.name for path in tmp_path.iterdir()] == ["plain.csv"]
    fetch(source, tmp_path / "o.csv", kind="instantaneous", unit="m3/s")
    assert "m3/s" in (tmp_path / "o.csv").read_text()


@pytest.mark.parametrize("existing", ["o.csv", "o.json"])
def test_file_that_exists_is_not_replaced(daily: Path, tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("mine")
    with pytest.raises(AlreadyExists, match=existing):
        fetch(daily, tmp_path / "o.csv")
    assert (tmp_path / existing).read_text() == "mine"
    fetch(daily, tmp_path / "o.csv", overwrite=True)
    assert (tmp_path / "o.csv").read_text().startswith("site,")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "hourly"}, "kind 'hourly'"),
        ({"parameter": "60"}, "parameter '60'"),
        ({"statistic": "mean"}, "statistic 'mean'"),
        ({"zone": "Mars"}, "--zone 'Mars'"),
        ({"start": datetime(2020, 1, 1)}, "has no time zone"),
        (
            {"start": datetime(2020, 1, 2, tzinfo=UTC), "end": datetime(2020, 1, 1, tzinfo=UTC)},
            "ends .* before it starts",
        ),
    ],
)
def test_request_that_is_impossible_raises(daily: Path, tmp_path: Path, options, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fetch(daily, tmp_path / "o.csv", **options)


@pytest.mark.parametrize(("name", "message"), [("o.txt", "CSV"), ("folder.csv", "is a folder")])
def test_output_of_another_kind_raises(daily: Path, tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=message):
        fetch(daily, tmp_path / name)


def test_output_below_a_file_raises(daily: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        fetch(daily, daily / "o.csv")
