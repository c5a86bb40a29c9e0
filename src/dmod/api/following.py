"""Events as they happen, as Server-Sent Events: each has its sequence as ``id``, from which one goes on."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.guarding import GuardedRoute
from dmod.api.openapi import ANSWERS
from dmod.api.parameters import LARGEST, JobId
from dmod.api.seeing import visible_job
from dmod.api.shown_jobs import EventShown
from dmod.api.watching import Streams, Watch
from dmod.jobs.event import Event

router = APIRouter(prefix="/v1", tags=["events"], route_class=GuardedRoute)

Seeing = Annotated[Asking, Depends(Needs(Permission.JOB_SEE))]
RETRY = 2000
"""Milliseconds after which a browser comes back."""
HEADERS = {"Cache-Control": "no-cache, no-store", "X-Accel-Buffering": "no"}

After = Annotated[
    int | None,
    Query(ge=0, le=LARGEST - 1, description="begin after the event of this number; 0 is the first"),
]
LastEventId = Annotated[
    int | None,
    Header(ge=0, le=LARGEST - 1, description="as `after`; a browser sends it when it comes back"),
]


@router.get(
    "/jobs/{job_id}/events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses={**ANSWERS.stream, 204: {"description": "it is over, and all was told: do not come back"}},
)
async def follow_job(
    asking: Seeing,
    request: Request,
    job_id: JobId,
    after: After = None,
    last_event_id: LastEventId = None,
    until: Annotated[
        Literal["end"] | None, Query(description="end: the stream ends when the job is at an end")
    ] = None,
) -> Response:
    """Stream the events of a job, from its first one on or from where one was cut off.

    Comments come when nothing happens, so that one sees that the connection is alive.
    """
    job = await run_sync(visible_job, asking, job_id)
    begin = last_event_id if last_event_id is not None else after or 0
    watch = Watch(asking, begin, {job.id}, until == "end")
    if watch.until_end and await run_sync(watch.is_over):
        return Response(status_code=204)
    return stream_of(request, watch)


@router.get(
    "/events",
    summary="Follow all jobs",
    response_class=StreamingResponse,
    responses=ANSWERS.stream,
)
async def follow_all(
    asking: Seeing, request: Request, after: After = None, last_event_id: LastEventId = None
) -> Response:
    """Stream the events of all jobs that one may see, from now on or from where one was cut off."""
    begin = last_event_id if last_event_id is not None else after
    if begin is None:
        begin = await run_sync(asking.services.jobs.store.last_sequence)
    return stream_of(request, Watch(asking, begin))


def stream_of(request: Request, watch: Watch) -> Response:
    """Return the answer in which a watch is told."""
    streams: Streams = request.app.state.streams
    streams.require_room(watch.asking.user)
    return StreamingResponse(_told(watch, streams), headers=HEADERS, media_type="text/event-stream")


async def _told(watch: Watch, streams: Streams) -> AsyncIterator[bytes]:
    heartbeat = watch.asking.services.settings.heartbeat
    with streams.one_more(watch.asking.user):
        yield format_sse_event(comment="dmod", retry=RETRY)
        last = time.monotonic()
        async for batch in watch.events():
            if batch:
                yield b"".join(map(written, batch))
            elif time.monotonic() - last < heartbeat:
                continue
            else:
                yield format_sse_event(comment="alive")
            last = time.monotonic()


def written(event: Event) -> bytes:
    """Return an event as it goes over the line."""
    shown: dict[str, Any] = EventShown.of(event).model_dump(mode="json")
    text = json.dumps(shown, ensure_ascii=True, separators=(",", ":"))
    return format_sse_event(data_str=text, event=event.kind.value, id=str(event.sequence))
