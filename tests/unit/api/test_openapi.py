"""The description of the API is complete, and true of what is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dmod.jobs.request.request import KINDS, request_schema


@pytest.fixture
def document(quick) -> dict[str, Any]:
    return quick.client().get("/openapi.json").json()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, it) for path, methods in document["paths"].items() for method, it in methods.items()
    ]


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    names = [it["operationId"] for _, _, it in operations(document)]
    assert len(names) == len(set(names)) > 38
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, it in operations(document):
        where = f"{method} {path}"
        assert it["summary"], where
        assert it["description"], where
        assert it["summary"] != it["description"], where
        assert set(it["tags"]) <= tags, where
        assert it["tags"], where
        success = [it["responses"][status] for status in it["responses"] if status.startswith("2")]
        assert success, where
        assert all(item["description"] for item in it["responses"].values() if "$ref" not in item), where


def test_every_operation_declares_its_errors(document: dict[str, Any]) -> None:
    declared = document["components"]["responses"]
    for path, method, it in operations(document):
        where = f"{method} {path}"
        statuses = {status for status, item in it["responses"].items() if "$ref" in item}
        assert {"400", "422", "429", "500", "503"} <= statuses, where
        assert ("401" in statuses) == bool(it["security"]), where
        assert bool(it["security"]) == ("x-permission" in it), where
        if "requestBody" in it:
            assert {"413", "415"} <= statuses, where
        if "{" in path:
            assert "404" in statuses, where
        for item in it["responses"].values():
            if "$ref" in item:
                found = declared[item["$ref"].rsplit("/", 1)[1]]
                assert set(found["content"]) == {"application/problem+json"}


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, method, it in operations(document):
        for media, content in it.get("requestBody", {}).get("content", {}).items():
            schema = content["schema"]
            name = next((item["$ref"] for item in [schema, *schema.get("anyOf", [])] if "$ref" in item), "")
            referred = schemas.get(name.rsplit("/", 1)[-1], {})
            assert "example" in content or referred.get("examples"), (method, path, media)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def refs(value: Any) -> list[str]:
        if isinstance(value, dict):
            here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return here + [ref for item in value.values() for ref in refs(item)]
        return [ref for item in value for ref in refs(item)] if isinstance(value, list) else []

    found = set(refs(document))
    assert len(found) > 30
    for ref in found:
        here: Any = document
        for part in ref.removeprefix("#/").split("/"):
            here = here[part]


def test_requests_are_described_as_their_schema_has_them(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas["JobRequest"]["discriminator"]["mapping"]) == set(KINDS)
    asked = request_schema()["$defs"]["RunRequest"]
    assert set(schemas["RunRequest"]["properties"]) == set(asked["properties"])


def test_schema_of_requests_is_open(quick) -> None:
    shown = quick.client().get("/v1/schema").json()
    assert set(shown["discriminator"]["mapping"]) == set(KINDS)


def test_answers_carry_what_the_description_says(document: dict[str, Any], quick) -> None:
    client = quick.client(quick.token("anna"))
    job = client.post("/v1/jobs", json={"kind": "probe"}).json()
    for path, shown in [
        ("/v1/jobs/{job_id}", job), ("/v1/me", client.get("/v1/me").json()),
        ("/v1/jobs", client.get("/v1/jobs").json()),
    ]:  # fmt: skip
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        schema = document["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[1]]
        assert set(shown) == set(schema["properties"])


def test_description_that_the_web_page_is_typed_by_is_this_one(document: dict[str, Any]) -> None:
    written = json.loads((Path(__file__).parents[3] / "web" / "openapi.json").read_text(encoding="utf-8"))
    assert written == document, "make docs writes it anew"
