"""Routes that do something: execute a process, follow its job, get its results, dismiss it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking
from dmod.api.evaluations import settle
from dmod.api.naming import require_visible
from dmod.api.ogc import asked as asking_for
from dmod.api.ogc.asked import Asked
from dmod.api.ogc.callbacks import LABEL, WANTED
from dmod.api.ogc.execution import Execute, mode_of, requested
from dmod.api.ogc.links import PREFIX, base_of, link, origin_of
from dmod.api.ogc.listing import LARGEST_PAGE, Chosen, interval_of, kinds_of, page_of, statuses_of
from dmod.api.ogc.processes import KINDS, Process, process_named
from dmod.api.ogc.results import output_of, response_of
from dmod.api.ogc.route import Changing, JobId, OgcRoute, OutputId, ProcessId, Seeing, Submitting, prepared
from dmod.api.ogc.state import callbacks_of, outgoing_of
from dmod.api.ogc.status import status_info
from dmod.api.parameters import PRINTABLE
from dmod.api.seeing import visible_job, visible_query
from dmod.api.watching import Streams
from dmod.errors import InputError
from dmod.jobs.job import Job
from dmod.jobs.store.refusal import no_job

router = APIRouter(
    prefix=PREFIX, route_class=OgcRoute, include_in_schema=False, dependencies=[Depends(prepared)]
)

Names = Annotated[list[str], Query(max_length=20)]
Seconds = Annotated[int | None, Query(ge=0)]


@router.post("/processes/{name}/execution", summary="Execute a process")
async def execute_process(
    asking: Submitting,
    request: Request,
    name: ProcessId,
    body: Execute,
    prefer: Annotated[list[str] | None, Header()] = None,
    idempotency_key: Annotated[str | None, Header(max_length=200, pattern=PRINTABLE)] = None,
) -> Response:
    """Take a job on; where it is quick and nothing else is preferred, answer with its results."""
    process = process_named(name)
    mode = mode_of(process, prefer or ())
    streams: Streams = request.app.state.streams
    if mode.wait:
        streams.require_room(asking.user)
    job, asked = await run_sync(_submit, asking, request, process, body, idempotency_key or "")
    asking.target = job.id
    if mode.wait:
        with streams.one_more(asking.user):
            job = await _awaited(asking, job, mode.wait)
    base = base_of(request)
    here = f"{base}/jobs/{job.id}"
    if mode.wait and job.is_over:
        answer = response_of(job, asked, origin_of(request))
        answer.headers.append("Link", f'<{here}>; rel="monitor"')
        applied = mode.applied if "respond-async" not in mode.applied else ""
    else:
        answer = JSONResponse(status_info(job, base), 201, headers={"Location": here})
        applied = mode.applied
    if applied:
        answer.headers["Preference-Applied"] = applied
    return answer


def _submit(asking: Asking, request: Request, process: Process, body: Execute, key: str) -> tuple[Job, Asked]:
    outgoing = outgoing_of(asking.services)
    asked = body.asked(process, outgoing, origin_of(request))
    document = requested(process, body.inputs, outgoing)
    document = settle(asking, document)
    require_visible(asking, document)
    if asked.subscriber:
        labels = document.get("labels") or {}
        if not isinstance(labels, dict):
            raise InputError("inputs.labels: they are names with values")
        document["labels"] = {**labels, LABEL: WANTED}
    jobs = asking.services.jobs
    submitted = jobs.submit(
        document,
        asking.user,
        idempotency_key=key,
        is_confined=not asking.sees_all(Permission.DATASET_SEE),
    )
    kept = None if submitted.is_new else asking_for.found(jobs.store, submitted.job.id)
    if kept is None:
        asking_for.keep(jobs.store, submitted.job, asking.user, asked)
    if asked.subscriber:
        callbacks_of(request.app).wake()
    return submitted.job, kept or asked


async def _awaited(asking: Asking, job: Job, seconds: int) -> Job:
    """Return a job when it is over, or as it is after some seconds."""
    store = asking.services.jobs.store
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for _ in asking.services.bus.follow(0, job.id):
                job = await run_sync(store.job, job.id)
                if job.is_over:
                    return job
    return await run_sync(store.job, job.id)


@router.get("/jobs", summary="Jobs")
def list_jobs(
    asking: Seeing,
    request: Request,
    type: Names = [],  # noqa: B006 - as the standard has it; FastAPI copies it
    processID: Names = [],  # noqa: B006
    status: Names = [],  # noqa: B006
    datetime: Annotated[str, Query(max_length=100)] = "",
    minDuration: Seconds = None,
    maxDuration: Seconds = None,
    limit: Annotated[int, Query(ge=1)] = 10,
    after: Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")] = "",
) -> dict[str, Any]:
    """List the jobs that one may see, the newest first."""
    begin, end = interval_of(datetime)
    kinds = kinds_of(processID) if not type or "process" in ",".join(type).split(",") else frozenset()
    chosen = Chosen(kinds, statuses_of(status), begin, end, minDuration, maxDuration)
    service = asking.services.jobs
    query = replace(chosen.query(visible_query(asking)), after=after)
    jobs, following = page_of(service.list, query, chosen, min(limit, LARGEST_PAGE), service.clock())
    base = base_of(request)
    links = [link(str(request.url), "self", "this document")]
    if following:
        given = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
        address = f"{base}/jobs?{urlencode([*given, ('after', following)])}"
        links.append(link(address, "next", "next page"))
    return {"jobs": [status_info(job, base) for job in jobs], "links": links}


@router.get("/jobs/{job_id}", summary="Job")
def show_job(asking: Seeing, request: Request, job_id: JobId) -> dict[str, Any]:
    """Say how far a job is."""
    job = _job(asking, job_id)
    return status_info(job, base_of(request), asking.services.jobs.store.reports(job.id))


@router.get("/jobs/{job_id}/results", summary="Results of a job")
def show_results(asking: Seeing, request: Request, job_id: JobId) -> Response:
    """Return what came of a job, in the form in which it was asked for when it was executed."""
    job = _job(asking, job_id)
    asked = asking_for.found(asking.services.jobs.store, job.id) or Asked()
    return response_of(job, asked, origin_of(request))


@router.get("/jobs/{job_id}/results/{name}", summary="One of the results")
def show_output(asking: Seeing, request: Request, job_id: JobId, name: OutputId) -> JSONResponse:
    """Return one output by itself: where references in results lead to."""
    return JSONResponse(output_of(_job(asking, job_id), name, origin_of(request)))


@router.delete("/jobs/{job_id}", summary="Dismiss a job")
def dismiss_job(asking: Changing, request: Request, job_id: JobId) -> dict[str, Any]:
    """Let a job end: what waits is cancelled at once, what runs is asked to end and then made to.

    Dismissing twice is dismissing once. What has ended otherwise stays, with its results.
    """
    job = _job(asking, job_id)
    asking.require(Permission.JOB_CHANGE, job.owner, job.shared_with)
    return status_info(asking.services.jobs.cancel(job.id, asking.user, "dismissed"), base_of(request))


def _job(asking: Asking, job_id: str) -> Job:
    """Return a job that one may see and that is one of a process."""
    job = visible_job(asking, job_id)
    if job.kind not in KINDS:
        raise no_job(job_id, ())
    return job
