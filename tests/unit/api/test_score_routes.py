"""Scores of any run against any observations, and of ensembles, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from dmod.core.time_axis import TimeAxis
from dmod.output.routed import RoutedNetcdf
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.services.evaluation.results import write_evaluation
from dmod.testing.evaluations import THRESHOLDS, example_evaluation, with_ensemble
from dmod.testing.gateway import Gateway

HOUR = 3600
START = 1_443_657_600
"""2015-10-01 00:00 UTC"""
MEMBERS = 4


def table(unit: str, values: list[float], day: int = 1) -> str:
    rows = (f"2015-10-{day:02d} {hour:02d}:00:00,{value}\n" for hour, value in enumerate(values))
    return f"time,{unit}\n{''.join(rows)}"


@pytest.fixture
def scored(quick: Gateway, tmp_path: Path) -> TestClient:
    """Return a client of a user who has results, observations and the scores of an ensemble."""
    data = DataService(quick.services.data.catalog, quick.services.data.folder, owner="anna")
    axis = TimeAxis(datetime.fromtimestamp(START, UTC), HOUR, 4)
    with RoutedNetcdf.open(tmp_path / "results/streamflow.nc", ["wb-1"], axis, variables=("flow",)) as sink:
        sink.write(0, np.ones((1, 4)))
    (tmp_path / "results/hydrograph.csv").write_text(table("simulated[m3 s-1]", [2.0, 4.0, 3.0, 2.0]))
    data.add("found", [tmp_path / "results"], Description(category="OUTPUT", format="GENERIC"))
    for name, text in {
        "gauge": table("flow[m3/s]", [1.0, 4.0, 2.0]),
        "later": table("flow[m3/s]", [1.0, 4.0, 2.0], day=9),
        "nothing-said": table("flow", [1.0, 4.0, 2.0]),
    }.items():
        (tmp_path / f"{name}.csv").write_text(text)
        data.add(name, [tmp_path / f"{name}.csv"], Description(category="OBSERVATION", format="GENERIC"))
    single = example_evaluation(places=2, configurations=("cfe", "forecast"), steps=96, facets=False)
    write_evaluation(tmp_path / "single", single)
    write_evaluation(tmp_path / "scores", with_ensemble(single, "forecast", MEMBERS))
    for name in ("single", "scores"):
        data.add(name, [tmp_path / name])
    return quick.client(quick.token("anna"))


def test_run_is_scored_against_observations_that_are_named(scored: TestClient) -> None:
    shown = scored.get("/v1/results/found/scores", params={"observed": "gauge"}).json()
    assert (shown["dataset"], shown["observed"], shown["gauge"]) == ("found@1", "gauge@1", "gauge")
    assert (shown["layer"], shown["variable"]) == ("basin", "simulated")
    assert (shown["pairs"], shown["step"]) == (3, HOUR)
    assert (shown["start"], shown["end"]) == (START, START + 3 * HOUR)
    assert shown["scores"]["rmse"] == pytest.approx((2.0 / 3.0) ** 0.5)
    assert "1 of 4 intervals have no complete observation and are left out" in shown["notes"]
    asked = {"observed": "gauge", "end": "2015-10-01T01:00:00"}
    part = scored.get("/v1/results/found/scores", params=asked).json()
    assert part["pairs"] == 2
    assert scored.get("/v1/results/found/scores", params={**asked, "end": "2015-10-01T00:00"}).json()[
        "undefined"
    ]["kge"]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"observed": "later"}, 422, "share no complete interval: simulated 2015-10-01 00:00:00"),
        ({"observed": "nothing-said"}, 422, "nothing-said@1/nothing-said.csv: the unit of column 'flow'"),
        ({"observed": "found"}, 422, "holds no observations"),
        ({"observed": "lost"}, 404, "lost"),
        ({"observed": "gauge", "gauge": "x"}, 404, "no gauge 'x'"),
        ({"observed": "gauge", "layer": "lakes"}, 404, "no 'lakes'"),
    ],
)
def test_what_cannot_be_scored_is_said(
    scored: TestClient, query: dict[str, str], status: int, words: str
) -> None:
    answer = scored.get("/v1/results/found/scores", params=query)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert answer.json()["hint"]


def test_bands_of_an_ensemble_come_with_its_series(scored: TestClient) -> None:
    place = scored.get("/v1/evaluation/scores/scores", params={"limit": 1}).json()["rows"][0]["location"]
    whole, few = (
        scored.get("/v1/evaluation/scores/scores/series", params={"location": place, "points": points}).json()
        for points in (200, 10)
    )
    assert list(whole["bands"]) == ["forecast"]
    band = whole["bands"]["forecast"]
    assert list(band["quantiles"]) == ["0.05", "0.25", "0.75", "0.95"]
    assert band["seconds"] == whole["seconds"]
    median = whole["simulated"]["forecast"]["values"]
    assert band["quantiles"]["0.95"] == pytest.approx([1.5 * value for value in median])
    thin = few["bands"]["forecast"]
    assert len(thin["seconds"]) == 10
    assert max(thin["quantiles"]["0.95"]) == max(band["quantiles"]["0.95"])
    assert min(thin["quantiles"]["0.05"]) == min(band["quantiles"]["0.05"])
    single = scored.get("/v1/evaluation/scores/single/series", params={"location": place}).json()
    assert single["bands"] == {}


def test_ranks_and_reliability_of_an_ensemble_are_shown(scored: TestClient) -> None:
    (one,) = scored.get("/v1/evaluation/scores/scores/ensembles").json()["ensembles"]
    assert (one["configuration"], one["members"]) == ("forecast", MEMBERS)
    assert one["ranks"] == pytest.approx([54 / 260, 51 / 260, 50 / 260, 51 / 260, 54 / 260])
    assert one["times"] == 260.0
    assert tuple(one["reliability"]) == THRESHOLDS
    flood = one["reliability"]["Flood"]
    assert flood["given"] == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    assert flood["occurred"] == pytest.approx([0.0, 0.0625, 0.25, 0.5625, 1.0])
    assert flood["times"][0] == 1000.0
    assert 0.0 < flood["base_rate"] < 1.0
    assert scored.get("/v1/evaluation/scores/single/ensembles").json()["ensembles"] == []


def test_anothers_runs_and_scores_are_not_there(quick: Gateway, scored: TestClient) -> None:
    bert = quick.client(quick.token("bert"))
    assert bert.get("/v1/evaluation/scores/scores/ensembles").status_code == 404
    assert bert.get("/v1/results/found/scores", params={"observed": "gauge"}).status_code == 404
