"""Asking a server until it answers: again where that can help, and never twice where that could do harm."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from dmod.client.call import Answer, Call, Stream, Transport, Unreached
from dmod.client.failure import TRANSIENT, failure, unreachable
from dmod.errors import DmodError

FIRST, FACTOR, LONGEST = 0.1, 2.0, 10.0
"""Pauses [s]: the first, by how much each is longer, the longest."""


class Patience:
    """The pauses between tries, until they have lasted too long altogether."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Begin anew, after a success."""
        self._until = monotonic() + self.seconds
        self._pause = FIRST

    def pause(self, asked: float | None = None) -> float | None:
        """Return how long to wait before the next try; None where it is enough.

        Parameters
        ----------
        asked : for how long the server asks to be left alone [s]
        """
        # some chance keeps those that were cut off at once from coming back at once
        wait = asked if asked is not None else self._pause * random.uniform(0.5, 1.0)
        self._pause = min(self._pause * FACTOR, LONGEST)
        return wait if monotonic() + wait <= self._until else None


async def ask(transport: Transport, call: Call) -> Answer:
    """Return the answer to a request that the server has carried out.

    Raises
    ------
    DmodError
        as the same act raises without a server; `BackendError`, retryable, where none answers.
    """
    patience = Patience(transport.patience)
    while True:
        try:
            answer = await transport.send(call)
        except Unreached as error:
            wait = patience.pause() if call.may_repeat or not error.was_sent else None
            if wait is None:
                raise unreachable(transport.url, error.cause) from error
        else:
            if 200 <= answer.status < 300:
                return answer
            wait = _pause(call, answer.status, answer.headers, patience)
            if wait is None:
                raise failure(answer.status, answer.headers, answer.body, f"{transport.url}/v1/{call.path}")
        await transport.sleep(wait)


async def ask_json(transport: Transport, call: Call) -> Any:
    """Return the document that a request is answered with."""
    return (await ask(transport, call)).json()


@asynccontextmanager
async def opened(transport: Transport, call: Call) -> AsyncIterator[Stream]:
    """Open an answer that comes in pieces, once.

    Raises
    ------
    Unreached
        the server does not answer, or stops in the middle.
    DmodError
        it refuses; retryable where it may not later.
    """
    async with transport.open(call) as stream:
        if not 200 <= stream.status < 300:
            body = await stream.read()
            raise failure(stream.status, stream.headers, body, f"{transport.url}/v1/{call.path}")
        yield stream


async def wait_or_raise(transport: Transport, error: Unreached | DmodError, patience: Patience) -> None:
    """Wait before a stream is opened again; raise where that cannot help, or was tried for too long."""
    can_help = isinstance(error, Unreached) or error.retryable
    wait = patience.pause() if can_help else None
    if wait is not None:
        await transport.sleep(wait)
    elif isinstance(error, Unreached):
        raise unreachable(transport.url, error.cause) from error
    else:
        raise error


def _pause(call: Call, status: int, headers: Mapping[str, str], patience: Patience) -> float | None:
    asked = _seconds(headers.get("retry-after"))
    if status == 429:
        # who asks too often may ask again; who has as much as they may have gets no more by that
        return None if asked is None else patience.pause(asked)
    return patience.pause(asked) if status in TRANSIENT and call.may_repeat else None


def _seconds(text: str | None) -> float | None:
    """Return the seconds of a ``Retry-After``; a date, which servers of dmod do not send, is passed over."""
    return float(text) if text is not None and text.strip().isdigit() else None
