"""Scores over a real gateway: a run against any observations, and ensembles of an evaluation."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.client.awaiting import AsyncClient
from dmod.client.blocking import Client
from dmod.core.time_axis import TimeAxis
from dmod.errors import CoverageError
from dmod.output.routed import RoutedNetcdf
from dmod.services.evaluation.results import write_evaluation
from dmod.testing.evaluations import example_evaluation, with_ensemble
from dmod.testing.served_gateway import ServedGateway


@pytest.fixture
def run(client: Client, tmp_path: Path) -> str:
    """Return results of four hours; a gauge of them is there, too."""
    folder = tmp_path / "results"
    axis = TimeAxis(datetime(2015, 10, 1, tzinfo=UTC), 3600, 4)
    with RoutedNetcdf.open(folder / "streamflow.nc", ["wb-1"], axis, variables=("flow",)) as sink:
        sink.write(0, np.ones((1, 4)))
    hours = range(4)
    flow = "".join(f"2015-10-01 {hour:02d}:00:00,{hour + 1}\n" for hour in hours)
    (folder / "hydrograph.csv").write_text("time,simulated[m3 s-1]\n" + flow)
    client.upload("found", folder, category="OUTPUT", format="GENERIC")
    (tmp_path / "gauge.csv").write_text("time,flow[m3/s]\n" + flow)
    client.upload("gauge", tmp_path / "gauge.csv", category="OBSERVATION", format="GENERIC")
    return "found@1"


def test_run_is_scored_against_observations(client: Client, run: str) -> None:
    found = client.rescore(run, "gauge")
    assert (found["pairs"], found["observed"]) == (4, "gauge@1")
    assert found["scores"]["kge"] == pytest.approx(1.0)
    assert client.rescore(run, "gauge", start="2015-10-01T02:00")["pairs"] == 2
    with pytest.raises(CoverageError, match="no step in the period"):
        client.rescore(run, "gauge", start="2016-10-01")


def test_ensembles_come_from_either_client(gateway: ServedGateway, client: Client, tmp_path: Path) -> None:
    found = with_ensemble(example_evaluation(2, ("forecast",), steps=48, facets=False), "forecast", 4)
    client.upload("scores", write_evaluation(tmp_path / "scores", found))
    (one,) = client.ensembles("scores")
    assert (one["members"], len(one["ranks"])) == (4, 5)

    async def asked() -> list[dict[str, Any]]:
        async with AsyncClient(gateway.url, gateway.token("anna")) as awaiting:
            return await awaiting.ensembles("scores")

    assert asyncio.run(asked()) == [one]
