"""What every request passes: it gets an id, limits, headers that browsers heed, and a line in the log."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dmod.api.measuring import Measures
from dmod.api.problems import BodyTooLarge, WrongHost, plain_problem, problem
from dmod.api.services import GatewaySettings
from dmod.errors import InputError

log = logging.getLogger("dmod.api")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
UPLOAD = re.compile(r"/v1/data/uploads/[^/]+/files/.+")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Set where an answer does not say otherwise itself."""


class Passage:
    """Around the whole application."""

    def __init__(self, app: ASGIApp, settings: GatewaySettings, measures: Measures) -> None:
        self.app = app
        self.settings = settings
        self.measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request or a WebSocket pass."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        named = headers.get("x-request-id", "")
        request_id = named if REQUEST_ID.fullmatch(named) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        refused = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            await (self.app if refused is None else problem(refused, request_id))(scope, receive, send)
            return
        await _Answer(self, scope, request_id).give(receive, send, refused)

    def _refusal(self, scope: Scope, headers: Headers) -> InputError | None:
        """Return why a request is not even looked at."""
        host = headers.get("host", "")
        if self.settings.hosts and _name_of(host) not in self.settings.hosts:
            return WrongHost(
                f"this is not {host[:100]!r}", hint="ask for the server by a name it is set to have"
            )
        length = headers.get("content-length", "")
        if self.has_limit(scope) and length.isdigit() and int(length[:20]) > self.settings.largest_body:
            return self.too_large()
        return None

    def too_large(self) -> BodyTooLarge:
        """Return the error for a body that is more than is read."""
        most = self.settings.largest_body
        return BodyTooLarge(f"the body has more than {most:,} bytes", hint="large data are sent as an upload")

    def has_limit(self, scope: Scope) -> bool:
        """Whether the body of a request is limited; files of uploads are not."""
        return not (scope["type"] == "http" and scope["method"] == "PUT" and UPLOAD.fullmatch(scope["path"]))


class _Answer:
    """One request, on its way."""

    def __init__(self, passage: Passage, scope: Scope, request_id: str) -> None:
        self.passage, self.scope, self.request_id = passage, scope, request_id
        self.status = 0
        self.received = 0
        self.is_whole = False
        self.has_limit = passage.has_limit(scope)
        self.begun = time.perf_counter()

    async def give(self, receive: Receive, send: Send, refused: InputError | None) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self._head(message)
            await send(message)

        async def receiving() -> Message:
            return await self._received(receive)

        try:
            if refused is not None:
                await problem(refused, self.request_id)(self.scope, receive, sending)
            else:
                await self.passage.app(self.scope, receiving, sending)
        except Exception:  # boundary: a fault of this program is answered without telling what it was
            log.exception("request %s failed", self.request_id)
            if self.status == 0:
                await self._failed()(self.scope, receive, sending)
            else:
                raise
        finally:
            self._finish()

    async def _received(self, receive: Receive) -> Message:
        """Return the next piece of the body; once all have come, wait for the end of the connection."""
        if self.is_whole:
            return await receive()
        try:
            async with asyncio.timeout(self.passage.settings.patience):
                message = await receive()
        except TimeoutError as error:
            raise HTTPException(408, "the body did not come") from error
        self.is_whole = not message.get("more_body", False)
        self.received += len(message.get("body", b""))
        if self.has_limit and self.received > self.passage.settings.largest_body:
            raise HTTPException(413, self.passage.too_large().message)
        return message

    def _head(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        headers["X-Request-ID"] = self.request_id
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if self.scope.get("scheme") == "https":
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")

    def _failed(self) -> Response:
        said = "something went wrong here; the log of the server has it under the request's id"
        return plain_problem(500, said, self.request_id)

    def _finish(self) -> None:
        seconds = time.perf_counter() - self.begun
        route = getattr(self.scope.get("route"), "path_format", "")
        self.passage.measures.request(self.scope["method"], route, self.status, seconds)
        asking = self.scope["state"].get("asking")
        address = (self.scope.get("client") or ("",))[0]
        who = asking.user if asking is not None else "-"
        path = self.scope["path"].encode("unicode_escape").decode("ascii")
        said = f"{self.scope['method']} {path} {self.status} {seconds * 1000:.0f} ms"
        log.info("%s %s %s %s", said, who, address or "-", self.request_id)


def _name_of(host: str) -> str:
    """Return the name in a header ``Host``, without the port."""
    if host.startswith("["):
        return host.partition("]")[0][1:].lower()
    return host.partition(":")[0].lower()
