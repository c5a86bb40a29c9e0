"""Events as they happen, over a WebSocket: one says which jobs to follow, and may say so anew.

→ {"token": "dmod_…"}                      unless it came in the header Authorization
→ {"follow": ["1kqg8d3m0x4v7tza"], "after": 0}     "all" in place of ids: all jobs that one may see
← {"following": …, "after": 0}
← {"event": {"sequence": 1, "job": …}}
← {"alive": 17}                             now and then; the number is that of the last event looked at
← {"problem": {…}}                          and the connection ends
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import Field, ValidationError

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Gate, Needs, gate_of, require_any, services_of
from dmod.api.bodies import Body
from dmod.api.documents import read_json
from dmod.api.parameters import LARGEST
from dmod.api.problems import status_of
from dmod.api.shown_jobs import EventShown
from dmod.api.watching import Streams, Watch
from dmod.errors import DmodError, InputError, NotAuthenticated, NotPermitted

router = APIRouter(prefix="/v1")

NEEDS = Needs(Permission.JOB_SEE)
PATIENCE = 10.0
"""Seconds in which who connects has to say who it is."""
REFUSED, ENDED = 1008, 1000
LARGEST_MESSAGE = 64 << 10

Message = TypeVar("Message", bound=Body)


class TokenMessage(Body):
    """Who asks."""

    token: str = Field(max_length=200, repr=False)


class FollowMessage(Body):
    """What to follow, from where on."""

    follow: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=1000)] | Literal["all"]
    after: Annotated[int, Field(ge=0, le=LARGEST - 1)] | None = None


@router.websocket("/events/ws")
async def follow_by_socket(socket: WebSocket) -> None:
    """Follow events over a WebSocket; see this module for what is said."""
    await socket.accept()
    streams: Streams = socket.app.state.streams
    try:
        asking = await _known(socket)
        with streams.one_more(asking.user):
            await _Conversation(socket, asking).hold()
    except DmodError as error:
        await _refuse(socket, error)
    except WebSocketDisconnect:
        return


async def _known(socket: WebSocket) -> Asking:
    """Return who connects, by its header or its first message."""
    _require_origin(socket)
    gate: Gate = gate_of(socket.app)
    if "authorization" in socket.headers:
        found = await run_sync(gate.admit, socket, NEEDS)
        assert found is not None
        return found
    try:
        async with asyncio.timeout(PATIENCE):
            said = _read(TokenMessage, await _heard(socket))
        asking = await run_sync(gate.authenticate, socket, said.token)
    except TimeoutError as error:
        raise NotAuthenticated("nobody said who asks", hint='send {"token": "dmod_…"} first') from error
    except NotAuthenticated:
        gate.turn_away(socket)
        raise
    require_any(asking, NEEDS.permission)
    return asking


def _require_origin(socket: WebSocket) -> None:
    """Refuse pages of other addresses, which a browser lets connect wherever they like."""
    origin = socket.headers.get("origin")
    allowed = services_of(socket).settings.origins
    if origin is not None and origin not in allowed and urlsplit(origin).netloc != socket.headers.get("host"):
        raise NotPermitted(
            f"pages of {origin[:100]!r} may not ask here", hint="the setting origins names those that may"
        )


class _Conversation:
    """What goes on over one connection once it is known who is there."""

    def __init__(self, socket: WebSocket, asking: Asking) -> None:
        self.socket, self.asking = socket, asking

    async def hold(self) -> None:
        """Tell what is asked for until the other side goes."""
        message = await _heard(self.socket)
        while True:
            watch = await self._watch(message)
            telling = asyncio.create_task(self._tell(watch))
            hearing = asyncio.create_task(_heard(self.socket))
            try:
                await asyncio.wait({telling, hearing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (telling, hearing):
                    if not task.done():
                        task.cancel()
                await asyncio.gather(telling, hearing, return_exceptions=True)
            if telling.done() and not telling.cancelled():
                telling.result()  # the token does not hold any more
                raise NotAuthenticated("the token does not hold any more")
            message = hearing.result()

    async def _watch(self, message: str) -> Watch:
        wanted = _read(FollowMessage, message)
        after = wanted.after
        if after is None:
            after = await run_sync(self.asking.services.jobs.store.last_sequence)
        jobs = None if wanted.follow == "all" else frozenset(wanted.follow)
        await self.socket.send_json({"following": wanted.follow, "after": after})
        return Watch(self.asking, after, jobs)

    async def _tell(self, watch: Watch) -> None:
        last = time.monotonic()
        async for batch in watch.events():
            for event in batch:
                await self.socket.send_json({"event": EventShown.of(event).model_dump(mode="json")})
            if batch:
                last = time.monotonic()
            elif time.monotonic() - last >= self.asking.services.settings.heartbeat:
                await self.socket.send_json({"alive": watch.after})
                last = time.monotonic()


async def _heard(socket: WebSocket) -> str:
    """Return the next message."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", ENDED))
    text = message.get("text")
    if not isinstance(text, str) or len(text) > LARGEST_MESSAGE:
        raise InputError("the message is no text, or a very long one", hint="send JSON")
    return text


def _read(kind: type[Message], text: str) -> Message:
    try:
        return kind.model_validate(read_json(text.encode("utf-8", "replace")))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{place}: {first['msg']}", hint="see the documentation of /v1/events/ws") from error


async def _refuse(socket: WebSocket, error: DmodError) -> None:
    """Say what was wrong, and end the connection."""
    said: dict[str, Any] = {"status": status_of(error), "detail": error.message, "hint": error.hint}
    try:
        await socket.send_text(json.dumps({"problem": said}))
        await socket.close(REFUSED, error.message.encode()[:100].decode("utf-8", "ignore"))
    except (WebSocketDisconnect, RuntimeError):
        return  # it has gone
