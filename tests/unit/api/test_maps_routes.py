"""Maps and series over HTTP: seen by who may see the dataset, in the forms that pages draw."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from fastapi.testclient import TestClient

from dmod.core.time_axis import TimeAxis
from dmod.hydrofabric import write_geopackage
from dmod.output.routed import RoutedNetcdf
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.testing.fabrics import y_confluence
from dmod.testing.gateway import Gateway

START = 1_443_657_600
"""2015-10-01 00:00 UTC"""


@pytest.fixture
def seen(quick: Gateway, tmp_path: Path) -> TestClient:
    """Return a client of a user who has a hydrofabric, results, and observations."""
    data = DataService(quick.services.data.catalog, quick.services.data.folder, owner="anna")
    fabric = tmp_path / "basin.gpkg"
    write_geopackage(fabric, y_confluence())
    data.add("basin", [fabric])
    results = tmp_path / "results"
    (results / "metadata").mkdir(parents=True)
    (results / "metadata/run.json").write_text(json.dumps({"outlet": "nex-3"}))
    flows(results / "streamflow.nc")
    (results / "hydrograph.csv").write_text(
        "time,simulated[m3 s-1],rain[mm h-1]\n2015-10-01 00:00:00,,0.5\n2015-10-01 01:00:00,2,0\n"
    )
    data.add("found", [results], Description(category="OUTPUT", format="GENERIC"))
    observed = tmp_path / "gauge.csv"
    observed.write_text(
        "time,flow[m3/s]\n2015-10-01T00:00Z,1\n2015-10-01T01:00Z,\n2015-10-01T02:00Z,3\n2015-10-01T03:00Z,5\n"
    )
    data.add("gauge", [observed], Description(category="OBSERVATION", format="GENERIC"))
    return quick.client(quick.token("anna"))


def flows(path: Path, hours: int = 500) -> None:
    """Write streamflow of two flowpaths; the second rises by one every hour."""
    axis = TimeAxis(datetime.fromtimestamp(START, UTC), 3600, hours)
    with RoutedNetcdf.open(path, ["wb-1", "wb-2"], axis, variables=("flow",)) as sink:
        sink.write(0, np.vstack((np.ones(hours), np.arange(hours))))


def test_map_is_described_searched_and_walked(seen: TestClient) -> None:
    shown = seen.get("/v1/maps/basin").json()
    assert shown["state"] == "ready"
    assert {layer["name"]: layer["count"] for layer in shown["layers"]}["catchments"] == 3
    assert [hit["id"] for hit in seen.get("/v1/maps/basin/search?text=cat-").json()] == [
        "cat-1",
        "cat-2",
        "cat-3",
    ]
    above = seen.get("/v1/maps/basin/upstream", params={"place": "cat-3"}).json()
    assert above["catchments"] == ["cat-1", "cat-2", "cat-3"]
    assert seen.get("/v1/maps/basin/feature", params={"place": "cat-1"}).json()["kind"] == "catchment"
    values = seen.get("/v1/maps/basin/values", params={"attribute": shown["attributes"][0]}).json()
    assert sorted(values["catchments"]) == ["cat-1", "cat-2", "cat-3"]


def test_tile_is_kept_by_browsers_and_asked_for_again_by_its_tag(seen: TestClient) -> None:
    answer = seen.get("/v1/maps/basin/tiles/0/0/0")
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    assert "private" in answer.headers["cache-control"]
    again = seen.get("/v1/maps/basin/tiles/0/0/0", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    plain = seen.get("/v1/maps/basin/tiles/0/0/0", headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert seen.get("/v1/maps/basin/tiles/2/9/0").status_code == 404


def test_dataset_without_a_hydrofabric_has_no_map(seen: TestClient) -> None:
    answer = seen.get("/v1/maps/gauge")
    assert answer.status_code == 404
    assert "gpkg" in answer.json()["detail"]


def test_what_another_owns_is_not_there(quick: Gateway, seen: TestClient) -> None:
    bert = quick.client(quick.token("bert"))
    for path in ("/v1/maps/basin", "/v1/maps/basin/tiles/0/0/0", "/v1/results/found",
                 "/v1/results/found/series?layer=rivers&place=wb-1"):  # fmt: skip
        assert bert.get(path).status_code == 404, path


def test_series_is_cut_to_its_period_and_thinned(seen: TestClient) -> None:
    shown = seen.get("/v1/results/found").json()
    assert shown["summary"] == {"outlet": "nex-3"}
    rivers, basin = shown["layers"]
    assert (rivers["places"], rivers["steps"], rivers["step"]) == (2, 500, 3600)
    assert (basin["name"], basin["variables"]) == ("basin", {"simulated": "m3 s-1", "rain": "mm h-1"})
    query = {"layer": "rivers", "place": "wb-2", "variable": "flow"}
    whole = seen.get("/v1/results/found/series", params={**query, "points": 40}).json()
    assert whole["steps"] == 500
    assert len(whole["values"]) <= 44
    assert (whole["values"][0], whole["values"][-1]) == (0.0, 499.0)
    part = seen.get(
        "/v1/results/found/series",
        params={**query, "start": "2015-10-01T02:00:00Z", "end": "2015-10-01T04:00:00Z"},
    ).json()
    assert part["seconds"] == [START + 7200, START + 10800, START + 14400]
    assert part["values"] == [1.0, 2.0, 3.0]
    assert part["unit"] == "m3 s-1"


def test_table_has_every_value(seen: TestClient) -> None:
    answer = seen.get("/v1/results/found/table", params={"layer": "rivers", "place": "wb-2"})
    lines = answer.text.splitlines()
    assert lines[0] == 'time,"flow [m3 s-1]"'
    assert lines[1] == "2015-10-01T01:00:00Z,0.0"
    assert len(lines) == 501


def test_rain_over_the_basin_is_a_series_of_its_outlet(seen: TestClient) -> None:
    (place,) = seen.get("/v1/results/found/places?layer=basin").json()["places"]
    query = {"layer": "basin", "place": place, "variable": "rain"}
    shown = seen.get("/v1/results/found/series", params=query).json()
    assert (shown["values"], shown["unit"]) == ([0.5, 0.0], "mm h-1")
    first = seen.get("/v1/results/found/series", params={**query, "variable": ""}).json()
    assert first["values"] == [None, 2.0]


def test_several_series_come_as_one_netcdf_file(seen: TestClient, tmp_path: Path) -> None:
    (gauge,) = seen.get("/v1/results/gauge/places?layer=gauges").json()["places"]
    query = {
        "layer": "rivers",
        "place": "wb-2",
        "also": ["found@1", f"gauge@1/gauges//{gauge}", "found@1/basin/rain/outlet"],
        "end": "2015-10-01T03:00:00Z",
        "form": "netcdf",
    }
    answer = seen.get("/v1/results/found/table", params=query)
    assert answer.headers["content-type"] == "application/x-netcdf"
    assert 'filename="wb-2-flow.nc"' in answer.headers["content-disposition"]
    path = tmp_path / "series.nc"
    path.write_bytes(answer.content)
    with netCDF4.Dataset(path) as file:
        assert [file[name].source for name in ("flow", "flow_2", "flow_3", "rain")] == [
            "found@1", "found@1", "gauge@1", "found@1",
        ]  # fmt: skip
        assert file["flow"][:].filled(-1).tolist() == [-1, 0.0, 1.0, 2.0]
        assert file["flow_3"][:].filled(-1).tolist() == [1.0, -1, 3.0, 5.0]
        assert file["rain"][:].filled(-1).tolist() == [0.5, 0.0, -1, -1]
        assert file["time"][:].tolist() == [START + 3600 * hour for hour in range(4)]
    table = seen.get("/v1/results/found/table", params={**query, "form": "csv"}).text.splitlines()
    assert len(table) == 5


def test_further_series_are_those_that_one_may_see(quick: Gateway, seen: TestClient, tmp_path: Path) -> None:
    data = DataService(quick.services.data.catalog, quick.services.data.folder, owner="bert")
    flows(tmp_path / "streamflow.nc", 3)
    data.add("berts", [tmp_path / "streamflow.nc"], Description(category="OUTPUT", format="GENERIC"))
    query = {"layer": "rivers", "place": "wb-2"}
    for also, status in (("found", 200), ("berts", 404), ("found/rivers", 422), ("found/rivers//wb-9", 404)):
        assert seen.get("/v1/results/found/table", params={**query, "also": also}).status_code == status, also


def test_range_is_of_all_places_and_steps(seen: TestClient) -> None:
    shown = seen.get("/v1/results/found/range?layer=rivers").json()
    assert (shown["variable"], shown["unit"], shown["whole"]) == ("flow", "m3 s-1", True)
    assert (shown["least"], shown["greatest"], shown["count"], shown["missing"]) == (0.0, 499.0, 1000, 0)
    assert shown["low"] == 1.0
    assert shown["high"] == pytest.approx(479, rel=1e-3)
    assert len(shown["breaks"]) == 7
    assert seen.get("/v1/results/found/range?layer=lakes").status_code == 404


def test_frames_are_numbers_of_all_places(seen: TestClient) -> None:
    query = {"layer": "rivers", "first": 3, "count": 2}
    shown = seen.get("/v1/results/found/frames", params=query).json()
    assert shown["values"] == [[1.0, 3.0], [1.0, 4.0]]
    raw = seen.get("/v1/results/found/frames", params={**query, "form": "float32"})
    assert np.frombuffer(raw.content, "<f4").tolist() == [1.0, 3.0, 1.0, 4.0]
    assert seen.get("/v1/results/found/frames", params={**query, "first": 900}).status_code == 422


def test_duration_curve_is_of_the_whole_period(seen: TestClient) -> None:
    shown = seen.get(
        "/v1/results/found/duration", params={"layer": "rivers", "place": "wb-2", "points": 50}
    ).json()
    assert shown["values"][0] == 499.0
    assert shown["values"][-1] == 0.0
    assert shown["exceeded"][0] == pytest.approx(100 / 501)


def test_observations_are_seen_with_their_gaps(seen: TestClient) -> None:
    shown = seen.get("/v1/results/gauge").json()
    assert shown["layers"][0]["name"] == "gauges"
    (place,) = seen.get("/v1/results/gauge/places?layer=gauges").json()["places"]
    series = seen.get("/v1/results/gauge/series", params={"layer": "gauges", "place": place}).json()
    assert series["values"] == [1.0, None, 3.0, 5.0]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"layer": "lakes", "place": "wb-1"}, "it has no 'lakes'"),
        ({"layer": "rivers", "place": "wb-9"}, "no 'wb-9'"),
        ({"layer": "rivers", "place": "wb-1", "variable": "flux"}, "no variable 'flux'"),
    ],
)
def test_what_is_not_there_is_said(seen: TestClient, query: dict[str, str], words: str) -> None:
    answer = seen.get("/v1/results/found/series", params=query)
    assert answer.status_code == 404
    assert words in answer.json()["detail"]
    assert answer.json()["hint"]


def test_period_that_ends_before_it_starts_is_refused(seen: TestClient) -> None:
    query = {
        "layer": "rivers",
        "place": "wb-1",
        "start": "2015-10-02T00:00:00Z",
        "end": "2015-10-01T00:00:00Z",
    }
    assert seen.get("/v1/results/found/series", params=query).status_code == 422
