"""``dmod observations`` as a user calls it, and a run scored with what it wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dmod.testing.gauge_service import RATE_LIMIT, Gauge, GaugeService, days, readings

QUIET_CLIENT = {"API_USGS_RETRIES": "0", "DATARETRIEVAL_CONFIG": "/nonexistent/dataretrieval.toml"}


def flow(count: int) -> list[str]:
    return [f"{100 + 50 * np.sin(i / 96):.4g}" for i in range(count)]


@pytest.fixture(scope="module")
def service():
    gauge = Gauge(
        "01073000",
        "OYSTER RIVER NEAR DURHAM, NH",
        "EST",
        {
            ("00060", "00011", "c"): readings("2015-10-01T00:00:00+00:00", flow(4 * 24 * 20), approved=False),
            ("00060", "00003", "d"): days("2015-10-01", flow(20)),
        },
    )
    with GaugeService([gauge]) as listening:
        yield listening


@pytest.mark.parametrize(("kind", "pairs"), [("instantaneous", 438), ("daily", 18)])
def test_run_is_scored_with_what_was_fetched(
    cfe_package: Path, service: GaugeService, tmp_path: Path, dmod_cli, kind: str, pairs: int
) -> None:
    series = tmp_path / "observed" / "gage-01073000.csv"
    done = dmod_cli(
        *("observations", "01073000", series, "--start", "2015-10-01", "--end", "2015-10-20"),
        *("--kind", kind),
        environment={**QUIET_CLIENT, "DMOD_USGS_URL": service.address},
    )
    assert done.returncode == 0, done.stderr
    assert "OYSTER RIVER" in done.stdout
    assert f"--observed {series}" in done.stdout
    run = dmod_cli("run", cfe_package, "-o", tmp_path / "out", "--observed", series, "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["scores"]["pairs"] == pairs


def test_result_is_printed_as_json_and_nothing_else(service: GaugeService, tmp_path: Path, dmod_cli) -> None:
    done = dmod_cli(
        *(
            "observations",
            "gage-01073000",
            tmp_path / "o.csv",
            "--source",
            service.address,
            "--kind",
            "daily",
        ),
        *("--start", "2015-10-01", "--end", "2015-10-25", "--json"),
        environment=QUIET_CLIENT,
    )
    found = json.loads(done.stdout)
    assert done.stderr == ""
    assert (found["count"], found["site"], found["coverage"]) == (20, "01073000", 0.8)
    assert found["largest_gaps"][0]["start"] == "2015-10-21T05:00:00Z"


def test_refusal_is_one_message_with_a_hint(tmp_path: Path, dmod_cli) -> None:
    with GaugeService([], failures=[RATE_LIMIT]) as busy:
        done = dmod_cli(
            *("observations", "01073000", tmp_path / "o.csv", "--source", busy.address),
            *("--start", "2015-10-01", "--end", "2015-10-25", "--quiet"),
            environment=QUIET_CLIENT,
        )
    assert done.returncode == 5
    assert "too many requests (429)" in done.stderr
    assert "API_USGS_PAT" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("1073000", "o.csv"), 2, "did you mean 01073000"),
        (("01073000", "o.csv"), 2, "need a period"),
        (("01073000", "o.csv", "--source", "nothing.rdb"), 3, "nothing.rdb does not exist"),
        (("01073000", "o.csv", "--source", "ftp://x"), 3, "does not exist"),
        (("01073000", "o.csv", "--start", "soon"), 2, "--start: 'soon' is not a time"),
        (("01073000", "o.csv", "--kind", "hourly"), 2, "'hourly'"),
    ],
)
def test_bad_input_is_told(
    tmp_path: Path, dmod_cli, arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = dmod_cli("observations", *arguments, cwd=tmp_path, environment=QUIET_CLIENT)
    assert done.returncode == status
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []
