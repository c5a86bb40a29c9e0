"""Routes of jobs: submit, plan, list, show, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.documents import read_document
from dmod.api.evaluations import settle
from dmod.api.guarding import GuardedRoute
from dmod.api.naming import require_visible
from dmod.api.openapi import ANSWERS, REQUEST_BODY
from dmod.api.parameters import LARGEST, PRINTABLE, JobId, Sequence, Tag, Words, is_same, tag_of, utc
from dmod.api.seeing import visible_job, visible_query
from dmod.api.shown_jobs import (
    EventShown,
    JobPage,
    JobShown,
    JobSummary,
    PlanShown,
    job_of,
    plan_of,
    summary_of,
)
from dmod.jobs.job import JobKind
from dmod.jobs.state import JobState
from dmod.jobs.store.port import JobQuery
from dmod.services.jobs.estimating import Reader

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=GuardedRoute)

Seeing = Annotated[Asking, Depends(Needs(Permission.JOB_SEE))]
Submitting = Annotated[Asking, Depends(Needs(Permission.JOB_SUBMIT))]
Planning = Annotated[Asking, Depends(Needs(Permission.JOB_SUBMIT, audited=False))]


async def requested(request: Request) -> Any:
    """Return the document in the body of a request."""
    body = await request.body()
    return await run_sync(read_document, body, request.headers.get("content-type", ""))


Document = Annotated[Any, Depends(requested)]
Labels = Annotated[
    list[str], Query(max_length=32, description="name=value, all of these", examples=[["basin=logan"]])
]


@router.post(
    "",
    status_code=201,
    response_model=JobShown,
    summary="Submit a job",
    openapi_extra=REQUEST_BODY,
    responses={200: {"description": "the job that was submitted with this key before", "model": JobShown}},
)
def submit_job(
    asking: Submitting,
    document: Document,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=200, pattern=PRINTABLE, description="the same key is the same job, however often"),
    ] = None,
) -> JobShown:
    """Take a job on: once this answers, the job is run, whatever happens to the server.

    A request is JSON or YAML; `/v1/schema` describes it. With an `Idempotency-Key` it can be sent again
    when no answer came.
    """
    document = settle(asking, document)
    require_visible(asking, document)
    submitted = asking.services.jobs.submit(
        document,
        asking.user,
        idempotency_key=idempotency_key or "",
        is_confined=not asking.sees_all(Permission.DATASET_SEE),
    )
    job = submitted.job
    asking.target = job.id
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    response.headers["ETag"] = tag_of([job.id, job.revision])
    if not submitted.is_new:
        response.status_code = 200
    return job_of(job)


@router.post(
    "/plan",
    response_model=PlanShown,
    summary="Say what would become of a request",
    openapi_extra=REQUEST_BODY,
)
def plan_job(asking: Planning, document: Document) -> PlanShown:
    """Return steps, demand, estimate, and why it would be refused; nothing is changed."""
    document = settle(asking, document)
    require_visible(asking, document)
    planned = asking.services.jobs.plan(
        document, Reader(asking.user, not asking.sees_all(Permission.DATASET_SEE))
    )
    earlier = planned.answered_by
    is_seen = earlier is not None and asking.can_see(Permission.JOB_SEE, earlier.owner, earlier.shared_with)
    return plan_of(planned, earlier.id if earlier is not None and is_seen else None)


WHOLE = frozenset(JobKind) - {JobKind.PART}
"""Kinds of jobs that are listed where nobody asks for kinds or labels: parts belong to their run."""


@router.get("", response_model=JobPage, summary="List jobs", responses=ANSWERS.not_modified)
def list_jobs(
    asking: Seeing,
    request: Request,
    response: Response,
    state: Annotated[list[JobState], Query(description="any of these")] = [],  # noqa: B006 - FastAPI copies it
    kind: Annotated[list[JobKind], Query(description="any of these")] = [],  # noqa: B006
    owner: Words = "",
    label: Labels = [],  # noqa: B006
    text: Annotated[str, Query(max_length=200, pattern=PRINTABLE, description="part of id or name")] = "",
    created_after: Annotated[datetime | None, Query(description="this moment included")] = None,
    created_before: Annotated[datetime | None, Query(description="this moment excluded")] = None,
    after: Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]*$", description="id of a job")] = "",
    oldest_first: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    if_none_match: Tag = None,
) -> Any:
    """List the jobs that one may see, the newest first; `next` and the header `Link` lead on."""
    query = JobQuery(
        owner=owner,
        visible_to=visible_query(asking).visible_to,
        states=frozenset(state),
        kinds=frozenset(kind) or (frozenset() if label else WHOLE),
        labels=tuple(_labels(label)),
        text=text,
        created_after=utc(created_after, "created_after"),
        created_before=utc(created_before, "created_before"),
        after=after,
        newest_first=not oldest_first,
        limit=limit,
    )
    page = asking.services.jobs.list(query)
    tag = tag_of([*(f"{job.id}-{job.revision}" for job in page.jobs), page.next])
    if is_same(tag, if_none_match):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    following = None
    if page.next:
        given = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
        following = f"/v1/jobs?{urlencode([*given, ('after', page.next)])}"
        response.headers["Link"] = f'<{following}>; rel="next"'
    return JobPage(jobs=[JobSummary(**summary_of(job)) for job in page.jobs], next=following)


def _labels(given: list[str]) -> Iterator[tuple[str, str]]:
    from dmod.errors import InputError

    for item in given:
        name, sign, value = item.partition("=")
        if not sign or not name or not item.isprintable() or len(item) > 300:
            raise InputError(f"label: {item[:80]!r} is none", hint="write name=value")
        yield name, value


class StateCounts(BaseModel):
    """How many jobs are in each state."""

    states: dict[JobState, int] = Field(examples=[{"running": 2, "completed": 14}])
    total: int


@router.get("/summary", response_model=StateCounts, summary="Count jobs by state")
def count_jobs(asking: Seeing) -> StateCounts:
    """Count the jobs that one may see, by state; states without any are there with 0."""
    counted = asking.services.jobs.store.count(visible_query(asking))
    states = {state: counted.get(state, 0) for state in JobState}
    return StateCounts(states=states, total=sum(states.values()))


@router.get("/{job_id}", response_model=JobShown, summary="Show a job", responses=ANSWERS.not_modified)
def show_job(asking: Seeing, job_id: JobId, response: Response, if_none_match: Tag = None) -> Any:
    """Show a job with its request and steps; its `ETag` changes with every change of it."""
    job = visible_job(asking, job_id)
    tag = tag_of([job.id, job.revision])
    if is_same(tag, if_none_match):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return job_of(job)


class History(BaseModel):
    """What happened to a job, in order."""

    events: list[EventShown]
    next: str | None = Field(description="address of the next page")


@router.get("/{job_id}/history", response_model=History, summary="Show what happened to a job")
def show_history(
    asking: Seeing, job_id: JobId, after: Sequence = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 200
) -> History:
    """Return the events of a job in the order in which they happened."""
    job = visible_job(asking, job_id)
    found = asking.services.jobs.store.events(min(after, LARGEST - 1), job=job.id, limit=limit)
    more = (
        f"/v1/jobs/{job.id}/history?after={found[-1].sequence}&limit={limit}" if len(found) == limit else None
    )
    return History(events=[EventShown.of(event) for event in found], next=more)


class Reasons(BaseModel):
    """Why a job is where it is."""

    lines: list[str] = Field(examples=[["1kqg8d3m0x4v7tza is awaiting resources", "it is looked at next"]])


@router.get("/{job_id}/why", response_model=Reasons, summary="Say why a job is where it is")
def explain_job(asking: Seeing, job_id: JobId) -> Reasons:
    """Return sentences: what it waits for, what it does, or why it ended."""
    return Reasons(lines=list(asking.services.jobs.why(visible_job(asking, job_id).id)))


class ResultsShown(BaseModel):
    """What a job has found, so far."""

    job: str
    state: JobState
    dataset: str | None = Field(description="the results, by name and version")
    evaluation: str | None = Field(description="the dataset of the scores")
    scores: dict[str, Any] | None
    summary: dict[str, Any] | None
    steps: dict[str, dict[str, Any]] = Field(description="all that each step found")
    links: dict[str, str]


@router.get("/{job_id}/results", response_model=ResultsShown, summary="Show what a job has found")
def show_results(asking: Seeing, job_id: JobId) -> ResultsShown:
    """Return datasets, scores and summary; `links` lead to the files."""
    job = visible_job(asking, job_id)
    found = job.found
    links = {"job": f"/v1/jobs/{job.id}"}
    for name in ("dataset", "evaluation"):
        if isinstance(found.get(name), str):
            links[name] = f"/v1/data/datasets/{found[name]}"
            links[f"{name}_files"] = f"/v1/data/datasets/{found[name]}/files"
    return ResultsShown(
        job=job.id,
        state=job.state,
        dataset=_text(found.get("dataset")),
        evaluation=_text(found.get("evaluation")),
        scores=_object(found.get("scores")),
        summary=_object(found.get("summary")),
        steps={name: dict(result) for name, result in job.results.items()},
        links=links,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None
