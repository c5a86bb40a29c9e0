"""A request of the client, what comes back, and the transport between: the one thing that differs by colour.

Operations are written once, as coroutines over a `Transport`. That of `AsyncClient` waits as asyncio does.
That of `Client` never waits but blocks, so that its coroutines run to their end when they are begun.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from dmod.errors import BackendError

Found = TypeVar("Found")
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Call:
    """A request.

    Parameters
    ----------
    path : below ``/v1``
    query : what is None is left out; a list is sent value by value
    body : sent as JSON
    content, media : bytes that are sent as they are
    is_repeatable : whether sending it twice is as sending it once; None goes by the method
    quiet_for : longest silence of an answer that comes in pieces [s]
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    content: bytes | None = None
    media: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_repeatable: bool | None = None
    quiet_for: float = 60.0

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again where nobody knows whether it arrived."""
        return self.method in REPEATABLE if self.is_repeatable is None else self.is_repeatable

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Return the query, pair by pair."""
        found = []
        for name, value in self.query.items():
            values = value if isinstance(value, list | tuple) else [value]
            found += [(name, _text(item)) for item in values if item is not None]
        return found

    @property
    def bytes(self) -> bytes | None:
        """Return what is sent as the body."""
        if self.content is not None:
            return self.content
        return None if self.body is None else json.dumps(self.body, default=str).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the document that the body holds.

        Raises
        ------
        BackendError
            it holds none.
        """
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise BackendError(
                "the server's answer is no JSON", hint="is this the address of a dmod server?"
            ) from error


class Stream(Protocol):
    """An answer that comes in pieces."""

    @property
    def status(self) -> int:
        """Return its status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return its headers, names in small letters."""

    async def read(self) -> bytes:
        """Return the whole body."""

    def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes."""


class Unreached(Exception):  # noqa: N818 - no error yet: it may be tried again
    """No answer came, or not all of it.

    Parameters
    ----------
    cause : what the network says
    was_sent : whether the server may have got the request
    """

    def __init__(self, cause: Exception, *, was_sent: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.was_sent = was_sent


class Transport(Protocol):
    """Sends requests to one server, and waits."""

    @property
    def url(self) -> str:
        """Return the address of the server."""

    @property
    def patience(self) -> float:
        """Return for how long it is tried again [s]."""

    async def send(self, call: Call) -> Answer:
        """Return what the server answers, whatever it is.

        Raises
        ------
        Unreached
            it does not.
        """

    def open(self, call: Call) -> AbstractAsyncContextManager[Stream]:
        """Open an answer that comes in pieces; what `send` raises, its pieces do too."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    async def work(self, act: Callable[[], Found]) -> Found:
        """Return what something returns that takes a while on this machine: reading, hashing."""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
