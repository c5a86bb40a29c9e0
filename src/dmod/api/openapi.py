"""What the description of the API (OpenAPI) says beside what routes say themselves.

Every answer that a route can give is in it: the errors follow from what the route needs and takes.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dmod.api.problems import MEDIA, Problem
from dmod.jobs.request.request import request_schema

Answers = dict[int | str, dict[str, Any]]

TAGS = [
    {
        "name": "jobs",
        "description": "Requests that are carried out: submitted once, run until they are over.",
    },
    {"name": "events", "description": "What happens to jobs, as it happens."},
    {"name": "data", "description": "Datasets: found by what they cover, derived, traced and never lost."},
    {"name": "maps", "description": "Hydrofabrics to look at: tiles, search, what is upstream."},
    {"name": "evaluation", "description": "How good runs are, and where: specifications, metrics, scores."},
    {"name": "results", "description": "Series of runs and observations: to draw, to colour a map by."},
    {"name": "nodes", "description": "Where jobs run, and what they use."},
    {"name": "accounts", "description": "Users, their tokens, and the log of what they did."},
    {"name": "server", "description": "The server itself."},
]
PROBLEMS = {
    400: "the request cannot be read, or asks for another host",
    401: "nobody knows who asks",
    403: "who asks may not do this",
    404: "there is none, or none that one may see",
    408: "the body did not come",
    409: "it contradicts the present state",
    413: "the body is too large",
    415: "bodies of this type are not read",
    416: "the range is not there",
    422: "what is asked for cannot be used as it stands",
    429: "these are too many requests, or more than one may have",
    500: "something went wrong in the server",
    501: "a part that this needs is not there",
    502: "something that the server relies on failed",
    503: "something that the server relies on cannot be reached; try again",
}


def _text(media: str, description: str) -> dict[str, Any]:
    return {"description": description, "content": {media: {"schema": {"type": "string"}}}}


class ANSWERS:
    """Answers that several routes give."""

    not_modified: ClassVar[Answers] = {304: {"description": "it is still as `If-None-Match` says"}}
    stream: ClassVar[Answers] = {
        200: _text("text/event-stream", "events; `id` is the sequence, `data` is JSON")
    }
    log: ClassVar[Answers] = {
        200: _text("text/plain", "what was written"),
        206: _text("text/plain", "a part of it"),
    }
    file: ClassVar[Answers] = {
        200: _text("application/octet-stream", "the file"),
        206: _text("application/octet-stream", "a part of it"),
    }
    tile: ClassVar[Answers] = {
        200: {
            "description": "the tile",
            "content": {
                "application/vnd.mapbox-vector-tile": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    }
    table: ClassVar[Answers] = {
        200: {
            "description": "for each step a line, or a number of each series",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/x-netcdf": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    }
    frames: ClassVar[Answers] = {
        200: {
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            "description": "as JSON, or as numbers",
        }
    }
    lineage: ClassVar[Answers] = {
        200: {
            "description": "the graph",
            "content": {"application/json": {}, "text/plain": {"schema": {"type": "string"}}},
        }
    }
    metrics: ClassVar[Answers] = {200: _text("text/plain", "measures in Prometheus' text form")}


EXAMPLE = {
    "kind": "run",
    "where": {"places": ["gage-10109001"]},
    "period": {"start": "2015-12-01", "end": "2015-12-31 23:00"},
    "formulation": "cfe",
    "labels": {"basin": "logan"},
    "resources": {"cpus": 4, "memory": "4 GB", "time": "2h"},
}
YAML_EXAMPLE = """kind: run
where: {places: [gage-10109001]}
period: {start: 2015-12-01, end: 2015-12-31 23:00}
formulation: cfe
"""
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "what is asked for",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/JobRequest"}, "example": EXAMPLE},
            "application/yaml": {"schema": {"type": "string"}, "example": YAML_EXAMPLE},
        },
    }
}
UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "the bytes of the file, or the next part of them",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": "…"}
        },
    }
}
TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "dmod_…",
    "description": "The text of a token: `Authorization: Bearer dmod_…`",
}


def describe(app: FastAPI) -> None:
    """Let an application describe itself completely."""

    def description() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=app.description,
                    routes=app.routes,
                    tags=TAGS,
                )
            )
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _add_requests(schemas)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    components["responses"] = {
        f"Problem{status}": _problem(status, said) for status, said in PROBLEMS.items()
    }
    components["securitySchemes"] = {"token": TOKEN}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete_operation(path, method, operation)
    return document


DATASETS = "of"
"""Parameter that names datasets to look at together."""


def _complete_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    for status in sorted(_statuses(path, method, operation)):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    operation.setdefault("security", [])


def _statuses(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    """Return the statuses of the errors that an operation can answer with."""
    found = {400, 422, 429, 500, 502, 503}
    parameters = operation.get("parameters", [])
    if operation.get("security"):
        found.add(401)
        if operation["x-permission"] != "any":
            found.add(403)
    is_named = "{" in path or any(item["name"] == DATASETS for item in parameters)
    if is_named or "dataset" in path or "jobs" in path or path.startswith("/v1/data") or method == "post":
        found.add(404)
    if method != "get":
        found |= {409, 501}
    if method in {"post", "put", "patch"}:
        found |= {408, 413, 415}
    if any(item["name"].lower() == "range" for item in parameters):
        found.add(416)
    return found


def _problem(status: int, said: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: {said}",
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in {401, 429}:
        name = "WWW-Authenticate" if status == 401 else "Retry-After"
        found["headers"] = {name: {"schema": {"type": "string"}}}
    return found


def _add_requests(schemas: dict[str, Any]) -> None:
    """Put the schema of requests among the others; a name that stands for something else gets another."""
    text = json.dumps(request_schema())
    for name, schema in json.loads(text)["$defs"].items():
        if schemas.get(name, schema) != schema:
            text = text.replace(f'"#/$defs/{name}"', f'"#/$defs/Asked{name}"')
            text = text.replace(f'"{name}": {{', f'"Asked{name}": {{', 1)
    document = json.loads(text.replace("#/$defs/", "#/components/schemas/"))
    document.pop("$schema")
    schemas.update(document.pop("$defs"))
    schemas["JobRequest"] = document
