"""What attempts at steps have written, in parts or as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.guarding import GuardedRoute
from dmod.api.openapi import ANSWERS
from dmod.api.parameters import LARGEST, JobId, StepName
from dmod.api.problems import RangeNotThere
from dmod.api.ranges import open_range
from dmod.api.seeing import visible_job
from dmod.api.watching import Streams
from dmod.errors import NotFoundError
from dmod.jobs.job import Attempt, Job, Step, label
from dmod.jobs.state import AttemptState

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=GuardedRoute)

Seeing = Annotated[Asking, Depends(Needs(Permission.JOB_SEE))]
PART = 1 << 20
LARGEST_PART = 16 << 20
PAUSE = 0.5
"""Seconds between two looks at a log that grows."""
TEXT = "text/plain; charset=utf-8"


@router.get(
    "/{job_id}/steps/{step}/log",
    summary="Read the log of a step",
    response_class=Response,
    responses=ANSWERS.log,
)
async def read_log(
    asking: Seeing,
    request: Request,
    job_id: JobId,
    step: StepName,
    attempt: Annotated[int | None, Query(ge=1, le=10_000, description="the latest where left out")] = None,
    offset: Annotated[int, Query(ge=0, le=LARGEST - 1, description="first byte")] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PART, description="bytes at most")] = PART,
    follow: Annotated[bool, Query(description="go on as more is written, until the attempt ends")] = False,
    range: Annotated[str | None, Header(description="in place of offset and limit")] = None,
) -> Response:
    """Return what an attempt has written, or with `Range` a part; `X-Log-Next` is where to go on."""
    job = await run_sync(visible_job, asking, job_id)
    found = attempt_of(job, step, attempt)
    name = label(job.id, step, found.number) if found is not None else ""
    if range is not None:
        offset, limit = open_range(range, LARGEST_PART)
    if follow:
        streams: Streams = request.app.state.streams
        streams.require_room(asking.user)
        growing = _growing(asking, job.id, step, attempt, offset)
        return StreamingResponse(_counted(growing, streams, asking.user), media_type=TEXT)
    text = await run_sync(asking.services.log_of, name, offset, limit) if name else b""
    headers = {"X-Log-Next": str(offset + len(text)), "Accept-Ranges": "bytes"}
    if range is None:
        return Response(text, headers=headers, media_type=TEXT)
    if not text:
        raise RangeNotThere(f"the log has nothing from byte {offset} on", hint="more may come; ask again")
    headers["Content-Range"] = f"bytes {offset}-{offset + len(text) - 1}/*"
    return Response(text, 206, headers=headers, media_type=TEXT)


def attempt_of(job: Job, name: str, number: int | None) -> Attempt | None:
    """Return an attempt at a step, the latest where no number is given; None where there is none yet.

    Raises
    ------
    NotFoundError
        there is no such step or attempt.
    """
    step: Step | None = next((item for item in job.steps if item.name == name), None)
    if step is None:
        names = ", ".join(item.name for item in job.steps)
        raise NotFoundError(f"job {job.id} has no step {name!r}", hint=f"its steps: {names}")
    if number is None:
        return step.attempt
    found = next((item for item in step.attempts if item.number == number), None)
    if found is None:
        hint = f"it took the result of {step.reused}" if step.reused else f"there are {len(step.attempts)}"
        raise NotFoundError(f"step {name} of job {job.id} has no attempt {number}", hint=hint)
    return found


async def _counted(growing: AsyncIterator[bytes], streams: Streams, user: str) -> AsyncIterator[bytes]:
    with streams.one_more(user):
        async for part in growing:
            yield part


async def _growing(
    asking: Asking, job_id: str, step: str, number: int | None, offset: int
) -> AsyncIterator[bytes]:
    """Yield a log as it is written, until its attempt has ended or the job has."""
    while True:
        try:
            job = await asyncio.to_thread(visible_job, asking, job_id)
            attempt = attempt_of(job, step, number)
        except NotFoundError:
            return  # it is shared no more
        # asked before the log is read: what is written before the end is in what is read after it
        is_over = job.is_over or (attempt is not None and attempt.state is AttemptState.ENDED)
        if attempt is not None:
            number = attempt.number
            name = label(job_id, step, number)
            while text := await asyncio.to_thread(asking.services.log_of, name, offset, PART):
                offset += len(text)
                yield text
        if is_over:
            return
        await asyncio.sleep(PAUSE)
