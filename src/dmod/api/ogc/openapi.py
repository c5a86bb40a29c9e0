"""The description of these routes as OpenAPI 3.0 has it, every schema written out in its place."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from dmod.api.ogc.execution import execute_schema
from dmod.api.ogc.links import JSON
from dmod.api.ogc.processes import ASYNC, DISMISS, MODES, PROCESSES, SYNC
from dmod.api.ogc.status import StatusCode
from dmod.api.problems import MEDIA

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_LINK: Schema = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": dict.fromkeys(("href", "rel", "type", "title"), _TEXT),
}
_LINKS: Schema = {"type": "array", "items": _LINK}
_STATUS: Schema = {"type": "string", "enum": list(StatusCode)}
_NAMES: Schema = {"type": "array", "items": _TEXT}
_ANY: Schema = {"type": "object", "additionalProperties": True}


def _object(required: list[str], **properties: Schema) -> Schema:
    return {"type": "object", "required": required, "properties": properties}


LANDING = _object(["links"], title=_TEXT, description=_TEXT, links=_LINKS)
CONFORMANCE = _object(["conformsTo"], conformsTo=_NAMES)
SUMMARY = _object(
    ["id", "version"],
    id=_TEXT,
    title=_TEXT,
    description=_TEXT,
    keywords=_NAMES,
    version=_TEXT,
    jobControlOptions={"type": "array", "items": {"type": "string", "enum": [SYNC, ASYNC, DISMISS]}},
    outputTransmission={"type": "array", "items": {"type": "string", "enum": MODES}},
    links=_LINKS,
)
PROCESS_LIST = _object(["processes", "links"], processes={"type": "array", "items": SUMMARY}, links=_LINKS)
PROCESS = {**SUMMARY, "properties": {**SUMMARY["properties"], "inputs": _ANY, "outputs": _ANY}}
STATUS_INFO = _object(
    ["jobID", "type", "status"],
    processID=_TEXT,
    type={"type": "string", "enum": ["process"]},
    jobID=_TEXT,
    status=_STATUS,
    message=_TEXT,
    **dict.fromkeys(("created", "started", "finished", "updated"), _TIME),
    progress={"type": "integer", "minimum": 0, "maximum": 100},
    links=_LINKS,
)
STATUS_INFO["properties"]["dmod:state"] = _TEXT
JOB_LIST = _object(["jobs", "links"], jobs={"type": "array", "items": STATUS_INFO}, links=_LINKS)
EXCEPTION = _object(
    ["type"], type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_TEXT, instance=_TEXT
)
REFUSALS = {
    400: "the request cannot be used as it stands",
    401: "nobody knows who asks",
    403: "who asks may not do this",
    404: "there is none, or none that one may see",
    409: "it contradicts the present state",
    429: "these are too many requests, or more than one may have",
    500: "something went wrong in the server, or the job failed",
    502: "something that the server or the job relies on failed",
    503: "something that the server relies on cannot be reached; try again",
}


def document(base: str) -> dict[str, Any]:
    """Return the description.

    Parameters
    ----------
    base : address of the landing page
    """
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "dmod – OGC API – Processes",
            "version": version("dmod"),
            "description": "Processes of dmod as OGC API – Processes – Part 1: Core 1.0.0 has them.",
        },
        "servers": [{"url": base}],
        "security": [{"token": []}],
        "paths": {**_capabilities(), **_executions(), **_jobs()},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _capabilities() -> dict[str, Any]:
    numbers = [
        _query("limit", {"type": "integer", "minimum": 1}),
        _query("offset", {"type": "integer", "minimum": 0}),
    ]
    return {
        "/": _get("getLandingPage", "Landing page", LANDING),
        "/conformance": _get("getConformanceClasses", "Conformance", CONFORMANCE),
        "/api": _get(
            "getDescription", "This description", _ANY, media="application/vnd.oai.openapi+json;version=3.0"
        ),
        "/processes": _get("getProcesses", "Processes", PROCESS_LIST, numbers),
        "/processes/{processID}": _get("getProcessDescription", "A process", PROCESS, [_path("processID")]),
    }


def _executions() -> dict[str, Any]:
    """Return the execution of each process, by its own path: their inputs differ."""
    found = {}
    for name, process in PROCESSES.items():
        body = {"required": True, "content": {JSON: {"schema": execute_schema(process)}}}
        created = _answer("the job that was taken on", STATUS_INFO)
        created["headers"] = {"Location": {"schema": _TEXT, "description": "address of the job"}}
        answers: dict[str, Any] = {"201": created}
        if process.is_quick:
            answers |= {
                "200": _results(),
                "204": {"description": "references, in headers `Link`"},
                "410": _refusal("the job was dismissed"),
            }
        operation = _operation(f"execute-{name}", f"Execute {name}", answers, [_header("Prefer")])
        operation["requestBody"] = body
        operation["responses"] |= {
            str(status): _refusal(said)
            for status, said in (
                (408, "the body did not come"), (413, "the body is too large"), (415, "bodies are JSON"),
                (501, "a part that this needs is not there"),
            )
        }  # fmt: skip
        operation["callbacks"] = {
            event: {"{$request.body#/subscriber/" + event + "}": _callback(event)}
            for event in ("successUri", "inProgressUri", "failedUri")
        }
        found[f"/processes/{name}/execution"] = {"post": operation}
    return found


def _callback(event: str) -> dict[str, Any]:
    schema = _ANY if event == "successUri" else STATUS_INFO
    body = {"content": {JSON: {"schema": schema}}}
    return {"post": {"requestBody": body, "responses": {"200": {"description": "it was heard"}}}}


def _jobs() -> dict[str, Any]:
    integer = {"type": "integer", "minimum": 0}
    statuses = {"type": "array", "items": _STATUS}
    filters = [
        _query("type", {"type": "array", "items": {"type": "string", "enum": ["process"]}}),
        _query("processID", _NAMES),
        _query("status", statuses),
        _query("datetime", _TEXT),
        _query("minDuration", integer),
        _query("maxDuration", integer),
        _query("limit", {"type": "integer", "minimum": 1, "default": 10}),
        _query("after", _TEXT),
    ]
    one = [_path("jobID")]
    gone = {"410": _refusal("the job was dismissed")}
    results = _operation("getResult", "Results of a job", {"200": _results(), **gone}, one)
    results["responses"]["204"] = {"description": "references, in headers `Link`"}
    dismissed = _operation("dismiss", "Dismiss a job", {"200": _answer("the job", STATUS_INFO)}, one)
    output = _operation(
        "getOutput",
        "One of the results",
        {"200": _answer("its value", _ANY), **gone},
        [*one, _path("outputID")],
    )
    return {
        "/jobs": _get("getJobs", "Jobs", JOB_LIST, filters),
        "/jobs/{jobID}": {**_get("getStatus", "A job", STATUS_INFO, one), "delete": dismissed},
        "/jobs/{jobID}/results": {"get": results},
        "/jobs/{jobID}/results/{outputID}": {"get": output},
    }


def _get(
    name: str, title: str, schema: Schema, parameters: list[Schema] | None = None, media: str = JSON
) -> dict[str, Any]:
    answers = {"200": _answer(title, schema, media)}
    return {"get": _operation(name, title, answers, parameters or [])}


def _operation(name: str, title: str, answers: dict[str, Any], parameters: list[Schema]) -> dict[str, Any]:
    refusals = {str(status): _refusal(said) for status, said in REFUSALS.items()}
    return {
        "operationId": name,
        "summary": title,
        "parameters": parameters,
        "responses": {**answers, **refusals},
    }


def _answer(description: str, schema: Schema, media: str = JSON) -> dict[str, Any]:
    return {"description": description, "content": {media: {"schema": schema}}}


def _refusal(description: str) -> dict[str, Any]:
    return _answer(description, EXCEPTION, MEDIA)


def _results() -> dict[str, Any]:
    found = _answer("the results", _ANY)
    found["content"]["multipart/related"] = {"schema": _TEXT}
    return found


def _path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _header(name: str) -> Schema:
    return {"name": name, "in": "header", "required": False, "schema": _TEXT}
