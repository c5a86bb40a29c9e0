"""Observations from a real HTTP service on this machine, in the shape of the USGS Water Data APIs."""

from __future__ import annotations

import csv
import json
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dmod.errors import AlreadyExists, CoverageError, InputError, NotFoundError, StoreError
from dmod.services.observations import fetch_observations
from dmod.testing.gauge_service import RATE_LIMIT, Failure, Gauge, GaugeService, Value, days, readings

START, END = datetime(2019, 3, 1, tzinfo=UTC), datetime(2019, 3, 5, tzinfo=UTC)
MEAN, MOMENT = ("00060", "00003", "d1"), ("00060", "00011", "c1")
LOGAN = Gauge(
    "10109000",
    "LOGAN RIVER ABOVE STATE DAM, NEAR LOGAN, UT",
    values={
        MEAN: [
            *days("2019-02-27", ["99", "100"]),
            *days("2019-03-01", ["101", "102"], qualifier=("ESTIMATED",)),
            Value("2019-03-03", None, qualifier=("ICE",)),
            *days("2019-03-04", ["104", "105", "106"], approved=False),
        ],
        ("00060", "00001", "d2"): days("2019-03-01", ["500"]),
        MOMENT: readings("2019-02-28T23:00:00+00:00", [str(200 + i) for i in range(4 * 24 * 6)]),
        ("00065", "00011", "c2"): readings("2019-03-01T00:00:00+00:00", ["1.5"] * 8),
    },
)


@pytest.fixture(autouse=True)
def few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client try twice, and read no configuration of the user's."""
    monkeypatch.setenv("API_USGS_RETRIES", "1")
    monkeypatch.setenv("DATARETRIEVAL_CONFIG", "/nonexistent/dataretrieval.toml")
    monkeypatch.delenv("DMOD_USGS_URL", raising=False)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_daily_values_are_fetched_with_their_days_units_and_codes(tmp_path: Path) -> None:
    path = tmp_path / "observed" / "gage-10109000.csv"
    with GaugeService([LOGAN]) as service:
        result = fetch_observations(
            "gage-10109000", path, start=START, end=END, kind="daily", source=service.address
        )
    found = rows(path)
    assert [row["value"] for row in found] == ["101", "102", "", "104", "105"]
    assert found[0] == {
        "site": "10109000",
        "time": "2019-03-01T07:00:00Z",
        "value": "101",
        "unit": "ft3/s",
        "approval": "A",
        "qualifiers": "ESTIMATED",
        "parameter": "00060",
        "statistic": "00003",
    }
    assert found[2]["qualifiers"] == "ICE"
    assert (result.count, result.missing, result.provisional, result.estimated) == (4, 1, 2, 2)
    assert result.name == LOGAN.name
    assert result.day_offset == -7 * 3600
    assert result.coverage == pytest.approx(0.8)
    assert [gap.start for gap in result.gaps] == [datetime(2019, 3, 3, 7, tzinfo=UTC)]
    about = json.loads(path.with_suffix(".json").read_text())
    assert about["day_starts_at_utc_offset"] == "-07:00"
    assert about["provisional"] == 2
    assert "2019-03-01/2019-03-05" in about["requests"][1].replace("%2F", "/")
    assert "doi.org/10.5066/F7P55KJN" in about["citation"]


def test_continuous_values_are_fetched_page_by_page(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    with GaugeService([LOGAN], largest_page=100) as service:
        result = fetch_observations("10109000", path, start=START, end=END, source=service.address)
        pages = [r for r in service.requests if "/continuous/" in r]
    assert len(pages) == 4
    assert result.count == 4 * 24 * 4 + 1
    assert rows(path)[0]["time"] == "2019-03-01T00:00:00Z"
    assert rows(path)[0]["value"] == "204"
    assert rows(path)[-1]["time"] == "2019-03-05T00:00:00Z"
    assert result.coverage == 1.0


def test_long_periods_are_fetched_in_windows_without_doubling(tmp_path: Path) -> None:
    with GaugeService([LOGAN]) as service:
        said: list[str] = []
        result = fetch_observations(
            "10109000",
            tmp_path / "o.csv",
            start=datetime(2018, 11, 17, tzinfo=UTC),
            end=datetime(2019, 6, 1, tzinfo=UTC),
            source=service.address,
            progress=said.append,
        )
        windows = [r for r in service.requests if "/continuous/" in r]
    assert len(windows) == 2
    assert len(said) == 3
    assert result.count == 4 * 24 * 6
    assert result.notes == ()


def test_gage_height_is_another_parameter_in_its_own_unit(tmp_path: Path) -> None:
    path = tmp_path / "stage.csv"
    with GaugeService([LOGAN]) as service:
        fetch_observations("10109000", path, start=START, end=END, parameter="00065", source=service.address)
    assert {(row["unit"], row["parameter"]) for row in rows(path)} == {("ft", "00065")}


def test_other_statistic_of_a_day_is_fetched(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    with GaugeService([LOGAN]) as service:
        fetch_observations(
            "10109000", path, start=START, end=END, kind="daily", statistic="00001", source=service.address
        )
    assert [row["value"] for row in rows(path)] == ["500"]


def test_service_is_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with GaugeService([LOGAN]) as service:
        monkeypatch.setenv("DMOD_USGS_URL", service.address + "/")
        monkeypatch.setenv("API_USGS_PAT", "secret-of-mine")
        result = fetch_observations("10109000", tmp_path / "o.csv", start=START, end=END, kind="daily")
        assert result.source == service.address
        assert not any("x-api-key" in headers for headers in service.headers)
    assert "secret-of-mine" not in (tmp_path / "o.json").read_text()


@pytest.mark.parametrize("path", ["/monitoring-locations/", "/daily/"])
def test_server_error_that_passes_is_survived(tmp_path: Path, path: str) -> None:
    with GaugeService([LOGAN], failures=[Failure(500, path=path)]) as service:
        result = fetch_observations(
            "10109000", tmp_path / "o.csv", start=START, end=END, kind="daily", source=service.address
        )
    assert result.count == 4


def test_server_error_on_a_later_page_is_survived(tmp_path: Path) -> None:
    failure = Failure(503, path="/continuous/", after=2)
    with GaugeService([LOGAN], failures=[failure], largest_page=100) as service:
        result = fetch_observations(
            "10109000", tmp_path / "o.csv", start=START, end=END, source=service.address
        )
    assert result.count == 4 * 24 * 4 + 1


def refused(tmp_path: Path, service: GaugeService, **options: object) -> StoreError:
    """Fetch, expect a refusal, and expect that nothing is left."""
    given = {"start": START, "end": END, "kind": "daily", "source": service.address, **options}
    with pytest.raises(StoreError) as caught:
        fetch_observations("10109000", tmp_path / "o.csv", **given)
    assert list(tmp_path.iterdir()) == []
    return caught.value


def test_server_error_that_stays_is_told_and_can_be_tried_again(tmp_path: Path) -> None:
    with GaugeService([LOGAN], failures=[Failure(500)] * 9) as service:
        error = refused(tmp_path, service)
    assert error.retryable
    assert "500" in error.message
    assert "query error" in error.message


def test_rate_limit_points_to_the_key(tmp_path: Path) -> None:
    with GaugeService([LOGAN], failures=[RATE_LIMIT]) as service:
        error = refused(tmp_path, service)
        assert len(service.requests) == 1
    assert error.retryable
    assert "429" in error.message
    assert "API_USGS_PAT" in (error.hint or "")
    assert "3600 s" in (error.hint or "")


def test_client_prints_nothing_of_its_own_without_geopandas(tmp_path: Path) -> None:
    failure = Failure(503, path="/continuous/", after=2)
    with GaugeService([LOGAN], failures=[failure], largest_page=100) as service:
        code = (
            "import sys; sys.modules['geopandas'] = None\n"
            "from datetime import UTC, datetime\n"
            "from dmod.services.observations import fetch_observations\n"
            "fetch_observations('10109000', 'o.csv', start=datetime(2019, 3, 1, tzinfo=UTC), "
            f"end=datetime(2019, 3, 5, tzinfo=UTC), source={service.address!r})"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            timeout=60,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_rate_limit_half_way_leaves_nothing(tmp_path: Path) -> None:
    limit = Failure(429, RATE_LIMIT.body, RATE_LIMIT.headers, path="/continuous/", after=2)
    with GaugeService([LOGAN], failures=[limit], largest_page=100) as service:
        error = refused(tmp_path, service, kind="instantaneous")
    assert "429" in error.message


def test_key_that_is_refused_is_told(tmp_path: Path) -> None:
    body = '{"error": {"code": "API_KEY_INVALID", "message": "An invalid api_key was supplied."}}'
    with GaugeService([LOGAN], failures=[Failure(403, body)]) as service:
        error = refused(tmp_path, service)
    assert not error.retryable
    assert "API_USGS_PAT" in (error.hint or "")


def test_bad_request_is_told_with_what_the_service_says(tmp_path: Path) -> None:
    body = '{"code": "InvalidParameterValue", "description": "unknown parameter_code"}'
    with GaugeService([LOGAN], failures=[Failure(400, body, path="/daily/")]) as service:
        error = refused(tmp_path, service)
    assert not error.retryable
    assert "unknown parameter_code" in error.message


@pytest.mark.parametrize(
    "body",
    [
        "<html><body>Down for maintenance</body></html>",
        '{"type": "FeatureCollection", "features": [{"type":',
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"flow": "7"}}]}',
        '{"type": "FeatureCollection", "features": [7]}',
    ],
)
def test_reply_that_is_something_else_is_told(tmp_path: Path, body: str) -> None:
    with GaugeService([LOGAN], failures=[Failure(200, body, path="/daily/")]) as service:
        error = refused(tmp_path, service)
    assert service.address.split(":")[-1] in error.message


def test_value_that_is_no_number_is_told(tmp_path: Path) -> None:
    gauge = Gauge("10109000", values={MEAN: [Value("2019-03-01", "plenty")]})
    with GaugeService([gauge]) as service, pytest.raises(InputError, match="'plenty' is not a number"):
        fetch_observations(
            "10109000", tmp_path / "o.csv", start=START, end=END, kind="daily", source=service.address
        )


def test_service_that_is_not_there_is_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        fetch_observations("10109000", tmp_path / "o.csv", start=START, end=END, source=address)
    assert caught.value.retryable
    assert "--source FILE" in (caught.value.hint or "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("gage", "hint"), [("010109000", "10109000"), ("10109999", "waterdata.usgs.gov")])
def test_gauge_that_is_unknown_is_told(tmp_path: Path, gage: str, hint: str) -> None:
    with GaugeService([LOGAN]) as service, pytest.raises(NotFoundError, match=gage) as caught:
        fetch_observations(gage, tmp_path / "o.csv", start=START, end=END, source=service.address)
    assert hint in (caught.value.hint or "")


def test_period_without_values_tells_what_there_is(tmp_path: Path) -> None:
    with GaugeService([LOGAN]) as service, pytest.raises(CoverageError, match="10109000") as caught:
        fetch_observations(
            "10109000",
            tmp_path / "o.csv",
            start=datetime(1990, 1, 1, tzinfo=UTC),
            end=datetime(1990, 2, 1, tzinfo=UTC),
            kind="daily",
            source=service.address,
        )
    assert "daily values of statistic 00003 from 2019-02-27 to 2019-03-06" in (caught.value.hint or "")
    assert "instantaneous values from 2019-02-28" in (caught.value.hint or "")
    assert list(tmp_path.iterdir()) == []


def test_parameter_that_is_not_measured_is_told(tmp_path: Path) -> None:
    with GaugeService([LOGAN]) as service, pytest.raises(CoverageError) as caught:
        fetch_observations(
            "10109000",
            tmp_path / "o.csv",
            start=START,
            end=END,
            parameter="00045",
            source=service.address,
        )
    assert "none of this parameter" in (caught.value.hint or "")


def test_of_several_series_the_fullest_is_taken_and_the_others_named(tmp_path: Path) -> None:
    gauge = Gauge(
        "10109000",
        values={
            ("00060", "00003", "old"): days("2019-03-01", ["7"]),
            ("00060", "00003", "new"): days("2019-03-01", ["8", "9", "10"]),
        },
    )
    path = tmp_path / "o.csv"
    with GaugeService([gauge]) as service:
        result = fetch_observations(
            "10109000", path, start=START, end=END, kind="daily", source=service.address
        )
    assert [row["value"] for row in rows(path)] == ["8", "9", "10"]
    assert any("new (3 values) was taken, left out: old (1)" in note for note in result.notes)


def test_file_that_exists_is_kept_and_nothing_asked(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("mine")
    with GaugeService([LOGAN]) as service:
        with pytest.raises(AlreadyExists, match=r"o\.csv"):
            fetch_observations("10109000", path, start=START, end=END, source=service.address)
        assert service.requests == []
        assert path.read_text() == "mine"
        fetch_observations("10109000", path, start=START, end=END, source=service.address, overwrite=True)
    assert path.read_text() != "mine"


def test_period_is_needed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="need a period"):
        fetch_observations("10109000", tmp_path / "o.csv", source="http://127.0.0.1:9", end=END)
