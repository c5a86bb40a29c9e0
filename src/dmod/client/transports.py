"""The two transports, over httpx2: one blocks, one awaits. Its errors become ours here and nowhere else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from typing import Any, TypeVar

import httpx2

from dmod.accounts.secret import Secret
from dmod.client.address import Address
from dmod.client.call import Answer, Call, Stream, Unreached

Found = TypeVar("Found")
TIMEOUT = 60.0
"""Longest wait for an answer to begin, or to go on [s]."""
CONNECT = 5.0
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
"""Errors before anything was sent."""


class Bearer(httpx2.Auth):
    """Shows a token with each request; it stands in no header until then."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Put the token into a request."""
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


class BlockingTransport:
    """Sends requests and blocks until they are answered; its coroutines never wait."""

    def __init__(self, address: Address, patience: float) -> None:
        self.url = address.url
        self.patience = patience
        self._client = httpx2.Client(**_options(address))

    async def send(self, call: Call) -> Answer:
        """Return what the server answers."""
        with _network():
            response = self._client.send(self._client.build_request(**_request(call, TIMEOUT)))
        return Answer(response.status_code, response.headers, response.content)

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[Stream]:
        """Open an answer that comes in pieces."""
        with _network():
            request = self._client.build_request(**_request(call, call.quiet_for))
            response = self._client.send(request, stream=True)
        try:
            yield _BlockingStream(response)
        finally:
            response.close()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    async def work(self, act: Callable[[], Found]) -> Found:
        """Return what something returns that takes a while on this machine."""
        return act()

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


class AwaitingTransport:
    """Sends requests and awaits what is answered, on one event loop."""

    def __init__(self, address: Address, patience: float) -> None:
        self.url = address.url
        self.patience = patience
        self._client = httpx2.AsyncClient(**_options(address))

    async def send(self, call: Call) -> Answer:
        """Return what the server answers."""
        with _network():
            response = await self._client.send(self._client.build_request(**_request(call, TIMEOUT)))
        return Answer(response.status_code, response.headers, response.content)

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[Stream]:
        """Open an answer that comes in pieces."""
        with _network():
            request = self._client.build_request(**_request(call, call.quiet_for))
            response = await self._client.send(request, stream=True)
        try:
            yield _AwaitingStream(response)
        finally:
            await response.aclose()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def work(self, act: Callable[[], Found]) -> Found:
        """Return what something returns that takes a while on this machine."""
        return await asyncio.to_thread(act)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


class _BlockingStream:
    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response

    async def read(self) -> bytes:
        with _network():
            return self._response.read()

    async def pieces(self) -> AsyncIterator[bytes]:
        with _network():
            for piece in self._response.iter_bytes():
                yield piece


class _AwaitingStream:
    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response

    async def read(self) -> bytes:
        with _network():
            return await self._response.aread()

    async def pieces(self) -> AsyncIterator[bytes]:
        with _network():
            async for piece in self._response.aiter_bytes():
                yield piece


@contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except (httpx2.RequestError, httpx2.StreamError) as error:
        raise Unreached(error, was_sent=not isinstance(error, _UNSENT)) from error


def _options(address: Address) -> dict[str, Any]:
    return {
        "base_url": f"{address.url}/v1/",
        "auth": None if address.token is None else Bearer(address.token),
        "headers": {"User-Agent": f"dmod/{version('dmod')}"},
        "follow_redirects": False,  # a token goes nowhere but where it is for
        # a connection that the server is about to close is not used again
        "limits": httpx2.Limits(keepalive_expiry=2.0),
        # reading the system's certificates takes long, and plain HTTP has no use for them
        "verify": address.url.startswith("https:"),
        "trust_env": not address.is_loopback,  # no proxy stands between this machine and itself
    }


def _request(call: Call, timeout: float) -> dict[str, Any]:
    content = call.bytes
    headers = {"Accept": "application/json", **call.headers}
    if content is not None:
        headers["Content-Type"] = call.media
    return {
        "method": call.method,
        "url": call.path,
        "params": call.parameters or None,
        "content": content,
        "headers": headers,
        "timeout": httpx2.Timeout(timeout, connect=CONNECT),
    }
