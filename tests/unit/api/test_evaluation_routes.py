"""Evaluations over HTTP: metrics, the library of specifications, checks, and requests that name one."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.services.evaluation.results import write_evaluation
from dmod.services.jobs.members import SubmittedMembers, submitted_members
from dmod.testing.evaluations import example_evaluation, unplaced
from dmod.testing.gateway import Gateway

SHORT = {"runs": {"cfe": "flows"}, "observations": "gauge", "metrics": ["kge", "nse"]}


@pytest.fixture
def having(quick: Gateway, tmp_path: Path) -> TestClient:
    """Return a client of a user who has results, observations and scores."""
    data = DataService(quick.services.data.catalog, quick.services.data.folder, owner="anna")
    file = tmp_path / "a.csv"
    file.write_text("time,flow[m3/s]\n2015-10-01T00:00Z,1\n")
    data.add("flows", [file], Description(category="OUTPUT", format="GENERIC"))
    data.add("gauge", [file], Description(category="OBSERVATION", format="GENERIC"))
    write_evaluation(tmp_path / "scores", example_evaluation(places=6, steps=48, facets=True))
    data.add("scores", [tmp_path / "scores"])
    others = example_evaluation(places=6, configurations=("tuned",), steps=48, seed=5)
    write_evaluation(tmp_path / "others", others)
    data.add("others", [tmp_path / "others"])
    elsewhere = example_evaluation(places=1, configurations=("tuned",), steps=48, intervals=False)
    write_evaluation(tmp_path / "elsewhere", unplaced(elsewhere))
    data.add("elsewhere", [tmp_path / "elsewhere"])
    return quick.client(quick.token("anna"))


def test_metrics_are_listed_with_their_meaning(having: TestClient) -> None:
    found = {metric["name"]: metric for metric in having.get("/v1/evaluation/metrics").json()}
    assert len(found) > 80
    assert found["kge"]["ideal"] == 1.0
    assert "Probability Of Detection" in found["probability_of_detection"]["aliases"]
    assert all(metric["reference"] and metric["definition"] for metric in found.values())


def test_specification_is_kept_found_shown_and_removed_by_its_owner(
    quick: Gateway, having: TestClient
) -> None:
    kept = having.put(
        "/v1/evaluation/specifications/daily", json={"document": SHORT, "description": "of Logan"}
    )
    assert kept.status_code == 200, kept.text
    assert kept.json()["owner"] == "anna"
    assert [entry["name"] for entry in having.get("/v1/evaluation/specifications?text=logan").json()] == [
        "daily"
    ]
    assert having.get("/v1/evaluation/specifications/daily").json()["document"] == SHORT
    again = having.put("/v1/evaluation/specifications/daily", json={"document": SHORT})
    assert again.status_code == 409
    bert = quick.client(quick.token("bert"))
    assert bert.delete("/v1/evaluation/specifications/daily").status_code == 403
    assert having.delete("/v1/evaluation/specifications/daily").status_code == 204
    assert having.get("/v1/evaluation/specifications/daily").status_code == 404


def test_wrong_specification_is_not_kept_and_its_fault_is_placed(having: TestClient) -> None:
    wrong = {**SHORT, "metrcis": ["kge"]}
    answer = having.put("/v1/evaluation/specifications/daily", json={"document": wrong})
    assert answer.status_code == 422
    assert "metrcis" in answer.json()["detail"]
    assert having.get("/v1/evaluation/specifications").json() == []


def test_check_names_datasets_with_their_versions(having: TestClient) -> None:
    answer = having.post("/v1/evaluation/check", json={"document": SHORT})
    assert answer.json()["document"]["runs"] == {"cfe": "flows@1"}
    lost = having.post("/v1/evaluation/check", json={"document": {**SHORT, "runs": {"cfe": "lost"}}})
    assert lost.status_code == 422
    assert "specification.runs.cfe" in lost.json()["detail"]


def test_request_may_name_a_specification_of_the_library(having: TestClient) -> None:
    having.put("/v1/evaluation/specifications/daily", json={"document": SHORT})
    answer = having.post("/v1/jobs", json={"kind": "evaluation", "specification": "daily"})
    assert answer.status_code == 201, answer.text
    request = having.get(f"/v1/jobs/{answer.json()['id']}").json()["request"]
    assert request["specification"]["runs"] == {"cfe": "flows@1"}
    lost = having.post("/v1/jobs", json={"kind": "evaluation", "specification": "monthly"})
    assert lost.status_code == 404


def test_evaluation_names_results_or_a_specification(having: TestClient) -> None:
    both = {"kind": "evaluation", "specification": SHORT, "results": "flows"}
    for said in (both, {"kind": "evaluation"}):
        answer = having.post("/v1/jobs", json=said)
        assert answer.status_code == 422
        assert "either results, or a specification" in answer.json()["detail"]


def test_scores_are_read_by_what_is_asked_for(having: TestClient) -> None:
    shown = having.get("/v1/evaluation/scores/scores", params={"metric": "kge", "limit": 4}).json()
    assert shown["total"] == 18
    assert len(shown["rows"]) == 4
    assert {row["metric"] for row in shown["rows"]} == {"kge"}
    season = having.get("/v1/evaluation/scores/scores", params={"facet": "season", "metric": "kge"}).json()
    assert {row["part"] for row in season["rows"]} == {"DJF", "MAM", "JJA", "SON"}
    places = having.get("/v1/evaluation/scores/scores/places", params={"metric": "nse"}).json()["places"]
    assert len(places) == 6
    assert set(places[0]["values"]) == set(shown["configurations"])
    none = having.get("/v1/evaluation/scores/scores/places", params={"metric": "keg"})
    assert none.status_code == 422


def test_scores_of_a_part_of_a_facet_are_read(having: TestClient) -> None:
    winter = {"facet": "season", "part": "DJF", "metric": "kge"}
    rows = having.get("/v1/evaluation/scores/scores", params=winter).json()["rows"]
    assert {row["part"] for row in rows} == {"DJF"}
    places = having.get("/v1/evaluation/scores/scores/places", params=winter).json()["places"]
    values = {(row["location"], row["configuration"]): row["value"] for row in rows}
    assert {(place["id"], run): value for place in places for run, value in place["values"].items()} == values
    whole = having.get("/v1/evaluation/scores/scores/places", params={"metric": "kge"}).json()["places"]
    assert whole != places


def test_series_at_a_location_are_thinned_and_keep_their_peak(having: TestClient) -> None:
    place = having.get("/v1/evaluation/scores/scores", params={"limit": 1}).json()["rows"][0]["location"]
    asked = {"location": place, "points": 8}
    found = having.get("/v1/evaluation/scores/scores/series", params=asked).json()
    whole = having.get("/v1/evaluation/scores/scores/series", params={**asked, "points": 100}).json()
    assert found["steps"] == len(whole["observed"]) == 48
    few, every = (one["simulated"]["default"]["values"] for one in (found, whole))
    assert len(few) < len(every)
    assert max(few) == max(every)
    lost = having.get("/v1/evaluation/scores/scores/series", params={"location": "nowhere"})
    assert (lost.status_code, "nowhere" in lost.json()["detail"]) == (404, True)


def test_several_evaluations_are_shown_beside_one_another(having: TestClient) -> None:
    of = {"of": ["scores", "others"]}
    together = having.get("/v1/evaluation/together", params=of).json()
    assert together["datasets"] == ["scores@1", "others@1"]
    assert [run["name"] for run in together["runs"]][-1] == "tuned"
    assert {"metric": "csi", "threshold": "Flood"} in together["measures"]
    assert together["facets"]["season"] == ["DJF", "MAM", "JJA", "SON"]
    asked = {**of, "metric": "csi", "threshold": "Flood", "facet": "season"}
    places = having.get("/v1/evaluation/together/places", params={**asked, "part": "JJA"}).json()["places"]
    assert {len(place["values"]) for place in places} == {4}
    parts = having.get("/v1/evaluation/together/facets", params=asked).json()["parts"]
    assert [part["part"] for part in parts] == ["DJF", "MAM", "JJA", "SON"]
    assert parts[0]["locations"] == 5
    assert all(low <= middle <= high for low, middle, high in parts[0]["quartiles"].values())


def test_runs_are_compared_in_pairs_with_holms_correction(having: TestClient) -> None:
    asked = {"of": ["scores", "others"], "metric": "kge"}
    found = having.get("/v1/evaluation/compare", params=asked).json()
    (aspect,) = found["aspects"]
    assert len(aspect["pairs"]) == 6
    assert all(pair["p_adjusted"] >= pair["p"] for pair in aspect["pairs"])
    assert max(pair["p_adjusted"] / pair["p"] for pair in aspect["pairs"]) > 1.5
    two = having.get("/v1/evaluation/compare", params={**asked, "run": ["tuned", "default"]}).json()
    assert [(pair["first"], pair["second"]) for pair in two["aspects"][0]["pairs"]] == [("tuned", "default")]


def test_what_cannot_be_compared_is_refused_with_the_reason(having: TestClient) -> None:
    alone = having.get("/v1/evaluation/compare", params={"of": "others", "metric": "kge"})
    assert (alone.status_code, "one run alone" in alone.json()["detail"]) == (422, True)
    apart = having.get("/v1/evaluation/together", params={"of": ["scores", "elsewhere"]})
    assert (apart.status_code, "share no location" in apart.json()["detail"]) == (422, True)
    none = having.get("/v1/evaluation/together", params={"of": ["scores", "flows"]})
    assert none.status_code == 404


def test_another_users_scores_are_not_there(quick: Gateway, having: TestClient) -> None:
    bert = quick.client(quick.token("bert"))
    metric = {"metric": "kge"}
    for path, asked in (
        ("together", {}),
        ("together/places", metric),
        ("together/facets", {**metric, "facet": "season"}),
        ("compare", metric),
    ):
        assert bert.get(f"/v1/evaluation/{path}", params={"of": "scores", **asked}).status_code == 404
    assert bert.get("/v1/evaluation/scores/scores/series", params={"location": "x"}).status_code == 404


def test_dataset_without_scores_says_so(having: TestClient) -> None:
    answer = having.get("/v1/evaluation/scores/flows")
    assert answer.status_code == 404
    assert "no table of scores" in answer.json()["detail"]


def test_schema_is_that_of_specifications(having: TestClient) -> None:
    assert "$defs" in having.get("/v1/evaluation/schema").json()


def test_ensemble_of_a_specification_is_that_of_its_members(quick: Gateway, having: TestClient) -> None:
    request = {
        "kind": "ensemble",
        "base": {"package": "flows"},
        "members": [{"name": "dry", "changes": {"fill": "zero"}}, {"name": "wet", "changes": {}}],
    }
    service = quick.services.jobs
    job = service.submit(request, "anna").job
    SubmittedMembers(service, quick.store).submit(job)
    wanted = {**SHORT, "runs": {"f": {"members": f"job:{job.id}"}}, "metrics": ["crps"]}
    answer = having.post("/v1/evaluation/check", json={"document": wanted})
    # no member has results: the first is named
    assert answer.status_code == 409
    first = submitted_members(quick.store, job)["dry"]
    assert f"job {first} has no results yet" in answer.json()["detail"]
    wanted["runs"] = {"f": f"job:{job.id}"}
    answer = having.post("/v1/evaluation/check", json={"document": wanted})
    assert answer.status_code == 422
    assert "is an ensemble of 2 runs" in answer.json()["detail"]
    wanted["runs"] = {"f": {"members": {"dry": "flows", "wet": "flows"}}}
    answer = having.post("/v1/evaluation/check", json={"document": wanted})
    assert answer.status_code == 200, answer.text
    assert answer.json()["document"]["runs"] == {"f": {"members": {"dry": "flows@1", "wet": "flows@1"}}}
