"""What the standard asks servers to say of themselves."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from dmod.api.ogc.processes import PROCESSES
from dmod.jobs.request.request import parse_request

CLASSES = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
RELATIONS = "http://www.opengis.net/def/rel/ogc/1.0/"


@pytest.mark.parametrize("path", ["/ogc", "/ogc/"])
def test_landing_page_leads_to_everything(anna, path: str) -> None:
    links = {item["rel"]: item for item in anna.get(path).json()["links"]}
    assert links["service-desc"]["type"] == "application/vnd.oai.openapi+json;version=3.0"
    for relation in (
        "self",
        "service-desc",
        *(RELATIONS + n for n in ("conformance", "processes", "job-list")),
    ):
        answer = anna.get(links[relation]["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == links[relation]["type"]


def test_form_of_answers_may_be_named_where_there_is_one(anna) -> None:
    assert anna.get("/ogc/processes?f=json").status_code == 200
    assert anna.get("/ogc/processes?f=html").status_code == 400


def test_conformance_names_the_classes(anna) -> None:
    found = anna.get("/ogc/conformance").json()["conformsTo"]
    names = ("core", "ogc-process-description", "json", "oas30", "job-list", "dismiss", "callback")
    assert found == [CLASSES + name for name in names]


def test_processes_are_listed_by_pages_and_described(anna) -> None:
    seen, address = [], "/ogc/processes?limit=3"
    while address:
        page = anna.get(address).json()
        seen += page["processes"]
        address = next((item["href"] for item in page["links"] if item["rel"] == "next"), "")
    assert [item["id"] for item in seen] == ["run", "evaluation", "preparation", "probe"]
    for summary in seen:
        own = next(item["href"] for item in summary["links"] if item["rel"] == "self")
        described = anna.get(own).json()
        assert {name: described[name] for name in summary} == summary
        assert described["inputs"]
        assert described["outputs"]
        for part in (*described["inputs"].values(), *described["outputs"].values()):
            assert part["title"]
            assert part["schema"]
        text = json.dumps(described)
        for word in ("$ref", "$defs", '"const"', '"null"', '"examples"', "patternProperties", '"gt"'):
            assert word not in text, word
    controls = {item["id"]: item["jobControlOptions"] for item in seen}
    assert controls["run"] == ["async-execute", "dismiss"]
    assert controls["probe"] == ["sync-execute", "async-execute", "dismiss"]


def test_required_inputs_occur_once_and_others_may_be_left_out(anna) -> None:
    prepared = anna.get("/ogc/processes/preparation").json()["inputs"]
    assert (prepared["category"]["minOccurs"], prepared["format"]["minOccurs"]) == (1, 0)
    inputs = anna.get("/ogc/processes/evaluation").json()["inputs"]
    assert {"kind", "notify"}.isdisjoint(inputs)
    assert "300" in str(inputs["results"]["schema"])


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("run", {"package": "logan", "resources": {"cpus": 2, "memory": "4 GB"}, "evaluation": False}),
    ("run", {"where": {"places": ["gage-1"]}, "formulation": "cfe",
             "period": {"start": "2015-12-01T00:00:00Z", "end": "2015-12-02T00:00:00Z"}}),
    ("evaluation", {"results": "run-1@1", "evaluation": {"warm_up": "2h"}}),
    ("preparation", {"category": "FORCING", "parameters": {"a": [1]}, "labels": {"a": "b"}}),
    ("probe", {"seconds": 1.5, "use_memory": 1000}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "inputs"), GOOD)
def test_inputs_that_the_description_allows_are_allowed(anna, name: str, inputs: dict[str, Any]) -> None:
    described = anna.get(f"/ogc/processes/{name}").json()["inputs"]
    assert all(name in inputs for name, item in described.items() if item["minOccurs"])
    for key, value in inputs.items():
        jsonschema.Draft4Validator(described[key]["schema"]).validate(value)  # bounds as OpenAPI 3.0 has them
    assert parse_request({"kind": name, **inputs}).kind == name


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [("probe", "seconds", -1), ("probe", "use_memory", 0), ("run", "where", {"place": 1}),
     ("run", "engine", "X"), ("probe", "text", 3), ("run", "resources", {"cpus": 0})],
)  # fmt: skip
def test_inputs_that_are_wrong_are_so_by_the_description(anna, name: str, key: str, value: Any) -> None:
    schema = anna.get(f"/ogc/processes/{name}").json()["inputs"][key]["schema"]
    assert list(jsonschema.Draft4Validator(schema).iter_errors(value))


def test_description_is_openapi_3_0_and_complete(anna) -> None:
    document = anna.get("/ogc/api").json()
    assert document["openapi"].startswith("3.0.")
    validate(document)
    assert "$ref" not in json.dumps(document)
    executions = {f"/processes/{name}/execution" for name in PROCESSES}
    assert executions <= set(document["paths"])
    assert {"/", "/conformance", "/api", "/processes", "/jobs", "/jobs/{jobID}"} <= set(document["paths"])
    assert document["paths"]["/processes/run/execution"]["post"]["callbacks"]


def test_nobody_is_let_in_without_a_token(quick) -> None:
    client = quick.client()
    for path in ("/ogc/", "/ogc/conformance", "/ogc/api", "/ogc/processes", "/ogc/jobs", "/ogc/jobs/x"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_process_that_is_not_there_is_said_as_the_standard_says_it(anna) -> None:
    for answer in (
        anna.get("/ogc/processes/none"), anna.post("/ogc/processes/none/execution", json={"inputs": {}}),
    ):  # fmt: skip
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("/ogcapi-processes-1/1.0/no-such-process")
        assert answer.json()["status"] == 404
