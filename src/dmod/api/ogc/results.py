"""What came of a job: outputs by value or by reference, in one document or by themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi.responses import JSONResponse, Response

from dmod.api.ogc.asked import Asked
from dmod.api.ogc.exceptions import JobFailed, ResultNotReady
from dmod.api.ogc.links import JSON, PREFIX, RELATIONS
from dmod.api.ogc.processes import PROCESSES
from dmod.errors import NotFoundError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.job import Job, JobKind
from dmod.jobs.state import JobState


def require_results(job: Job) -> None:
    """Refuse a job that has no results.

    Raises
    ------
    ResultNotReady
        it is under way.
    JobFailed
        it has ended without any.
    """
    if job.state is JobState.COMPLETED:
        return
    if not job.is_over:
        raise ResultNotReady(f"job {job.id} is {job.state.words}", hint="ask again when it is successful")
    raise JobFailed(job, job.cause or Cause(CauseKind.INTERNAL, "nobody knows why"))


def values_of(job: Job, origin: str) -> dict[str, Any]:
    """Return the values of the outputs that there are, by name: without observations there are no scores."""
    found = job.found
    if job.kind is JobKind.PROBE:
        return {"summary": {name: dict(result) for name, result in job.results.items()}}
    if isinstance(found.get("dataset"), str):
        named = {name: found[name] for name in ("dataset", "uuid", "datasets") if name in found}
        found["results"] = {**named, "files": f"{origin}/v1/data/datasets/{found['dataset']}/files"}
    return {name: found[name] for name in PROCESSES[job.kind.value].outputs if name in found}


def document_of(job: Job, asked: Asked, origin: str) -> dict[str, Any]:
    """Return the outputs that are wanted in one document: objects with their media type, or links."""
    document: dict[str, Any] = {}
    for name, value in _wanted(job, asked, origin).items():
        if asked.modes.get(name) == "reference":
            document[name] = {"href": _address(job, name, origin), "type": JSON, "title": name}
        else:
            document[name] = {"value": value, "mediaType": JSON}
    return document


def response_of(job: Job, asked: Asked, origin: str) -> Response:
    """Return the answer with the outputs that are wanted.

    Raises
    ------
    ResultNotReady, JobFailed
        as `require_results` has them.
    """
    require_results(job)
    return _raw(job, asked, origin) if asked.raw else JSONResponse(document_of(job, asked, origin))


def output_of(job: Job, name: str, origin: str) -> Any:
    """Return the value of one output.

    Raises
    ------
    NotFoundError
        it has none of that name.
    """
    require_results(job)
    values = values_of(job, origin)
    if name not in values:
        raise NotFoundError(
            f"job {job.id} has no output {name[:80]!r}", hint=f"it has {', '.join(values) or 'none'}"
        )
    return values[name]


def _wanted(job: Job, asked: Asked, origin: str) -> dict[str, Any]:
    values = values_of(job, origin)
    return {name: value for name, value in values.items() if not asked.modes or name in asked.modes}


def _address(job: Job, name: str, origin: str) -> str:
    return f"{origin}{PREFIX}/jobs/{job.id}/results/{name}"


def _raw(job: Job, asked: Asked, origin: str) -> Response:
    """Return outputs by themselves: one as the body, references as headers, several as parts of the body."""
    wanted = _wanted(job, asked, origin)
    by_value = {name: value for name, value in wanted.items() if asked.modes.get(name) != "reference"}
    if not by_value:
        answer = Response(status_code=204)
        for name in wanted:
            told = f'<{_address(job, name, origin)}>; rel="{RELATIONS}results"; type="{JSON}"; title="{name}"'
            answer.headers.append("Link", told)
        return answer
    if len(wanted) == 1:
        return JSONResponse(next(iter(by_value.values())))
    return _parts(
        {name: by_value.get(name) for name in wanted},
        {name: _address(job, name, origin) for name in wanted if name not in by_value},
    )


def _parts(values: Mapping[str, Any], addresses: Mapping[str, str]) -> Response:
    boundary = uuid4().hex
    text = ""
    for name, value in values.items():
        text += f"--{boundary}\r\nContent-Type: {JSON}\r\nContent-ID: <{name}>\r\n"
        if name in addresses:
            text += f"Content-Location: {addresses[name]}\r\n\r\n\r\n"
        else:
            text += f"\r\n{json.dumps(value, ensure_ascii=False)}\r\n"
    media = f'multipart/related; type="{JSON}"; boundary={boundary}'
    return Response(f"{text}--{boundary}--\r\n", media_type=media)
