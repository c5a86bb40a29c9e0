"""Following what happens to a job: every event once, in order, however often the connection is cut."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from dmod.client.asking import Patience, opened, wait_or_raise
from dmod.client.call import Call, Transport, Unreached
from dmod.client.event_stream import EventStream
from dmod.client.operations import jobs
from dmod.client.record import time_of
from dmod.errors import DmodError
from dmod.jobs.event import Event, EventKind
from dmod.jobs.state import ENDS

QUIET = 60.0
"""Silence after which a connection is taken to be dead [s]; a server says something more often."""


async def follow(transport: Transport, job_id: str, after: int = 0) -> AsyncGenerator[Event]:
    """Yield what happened to a job after a sequence, and what happens, until the job is at an end.

    None is left out and none comes twice, whoever is restarted meanwhile: each connection goes on after the
    last event that came.

    Raises
    ------
    DmodError
        the job is not there, or the server has been away for longer than `Transport.patience`.
    """
    patience = Patience(transport.patience)
    state, over_before = "", False
    while True:
        came = 0
        try:
            async with aclosing(_connection(transport, job_id, after)) as events:
                async for event in events:
                    if event.sequence <= after:
                        continue
                    after, came = event.sequence, came + 1
                    if event.kind is EventKind.STATE:
                        state = str(event.data.get("to", ""))
                    patience.renew()
                    yield event
        except (Unreached, DmodError) as error:
            await wait_or_raise(transport, error, patience)
            continue
        if state in ENDS or (not came and over_before):
            return
        # the server closed the connection: at the end, or because it is being stopped
        over_before = (await jobs.job(transport, job_id)).get("state") in ENDS
        if not over_before:
            await transport.sleep(patience.pause() or 0.0)


async def history(transport: Transport, job_id: str) -> list[Event]:
    """Return what has happened to a job; kinds that this version does not know are left out."""
    found = [known_event(document) for document in await jobs.history(transport, job_id)]
    return [event for event in found if event is not None]


async def _connection(transport: Transport, job_id: str, after: int) -> AsyncGenerator[Event]:
    call = Call(
        "GET",
        f"jobs/{job_id}/events",
        {"until": "end"},
        headers={"Accept": "text/event-stream", "Last-Event-ID": str(after)},
        quiet_for=QUIET,
    )
    lines = EventStream()
    async with opened(transport, call) as stream:
        async for piece in stream.pieces():
            for message in lines.feed(piece):
                event = known_event(json.loads(message.data))
                if event is not None:
                    yield event


def known_event(document: Mapping[str, Any]) -> Event | None:
    """Return an event from what the server says of it; None where this version does not know its kind."""
    try:
        kind = EventKind(document["kind"])
    except (KeyError, TypeError, ValueError):
        return None
    return Event(
        str(document["job"]),
        time_of(str(document["at"])),
        kind,
        str(document.get("actor", "")),
        str(document.get("reason", "")),
        document.get("data") or {},
        int(document.get("sequence", 0)),
    )
