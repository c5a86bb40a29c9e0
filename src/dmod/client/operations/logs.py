"""What a step of a job has written."""

from __future__ import annotations

import codecs
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from dmod.client.asking import Patience, ask, opened, wait_or_raise
from dmod.client.call import Call, Transport, Unreached
from dmod.client.operations.jobs import job
from dmod.client.record import JobRecord
from dmod.errors import DmodError, NotFoundError
from dmod.jobs.state import AttemptState, StepState

PART = 16 << 20
"""Bytes that are asked for at once."""
PAUSE = 0.5
"""Between two looks at a step that has not begun [s]."""


async def log(transport: Transport, job_id: str, step: str | None = None, tail: int | None = None) -> str:
    """Return what the latest attempt at a step has written so far.

    Parameters
    ----------
    step : that whose log tells most, where none is named
    tail : how many lines from the end; None is all
    """
    name, document = await _step(transport, job_id, step)
    attempts = document["attempts"]
    if not attempts:
        return ""
    parts: list[bytes] = []
    while part := await _read(transport, job_id, name, len(attempts), sum(map(len, parts))):
        parts.append(part)
    text = b"".join(parts).decode("utf-8", "replace")
    return text if tail is None else "".join(text.splitlines(keepends=True)[-tail:] if tail > 0 else [])


async def follow_log(transport: Transport, job_id: str, step: str | None = None) -> AsyncGenerator[str]:
    """Yield what a step has written, and what it writes until it is over, attempt by attempt.

    Nothing comes twice and nothing is left out, however often the connection is cut.
    """
    name, document = await _step(transport, job_id, step)
    number = max(len(document["attempts"]), 1)
    while True:
        if len(document["attempts"]) >= number:
            async with aclosing(_attempt(transport, job_id, name, number)) as pieces:
                async for piece in pieces:
                    yield piece
            number += 1
        record = JobRecord(await job(transport, job_id))
        document = _named(record, name)
        if len(document["attempts"]) < number:
            if record.is_over or StepState(document["state"]).is_end:
                return
            await transport.sleep(PAUSE)


async def _attempt(transport: Transport, job_id: str, step: str, number: int) -> AsyncGenerator[str]:
    """Yield what an attempt writes until it has ended."""
    patience = Patience(transport.patience)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    offset, is_over = 0, False
    while not is_over:
        try:
            async with aclosing(_growing(transport, job_id, step, number, offset)) as pieces:
                async for piece in pieces:
                    offset += len(piece)
                    patience.renew()
                    yield decoder.decode(piece)
        except (Unreached, DmodError) as error:
            await wait_or_raise(transport, error, patience)
            continue
        # the server closes at the end, or because it is being stopped
        record = JobRecord(await job(transport, job_id))
        attempt = _named(record, step)["attempts"][number - 1]
        is_over = record.is_over or attempt["state"] == AttemptState.ENDED
    while rest := await _read(transport, job_id, step, number, offset):
        offset += len(rest)
        yield decoder.decode(rest)
    yield decoder.decode(b"", final=True)


async def _growing(
    transport: Transport, job_id: str, step: str, number: int, offset: int
) -> AsyncGenerator[bytes]:
    async with opened(transport, _call(job_id, step, number, offset, follow=True)) as stream:
        async for piece in stream.pieces():
            yield piece


async def _read(transport: Transport, job_id: str, step: str, number: int, offset: int) -> bytes:
    return (await ask(transport, _call(job_id, step, number, offset, limit=PART))).body


def _call(job_id: str, step: str, number: int, offset: int, **query: Any) -> Call:
    asked = {"attempt": number, "offset": offset, **query}
    # a step that computes may be silent for long
    return Call(
        "GET", f"jobs/{job_id}/steps/{step}/log", asked, headers={"Accept": "text/plain"}, quiet_for=300.0
    )


async def _step(transport: Transport, job_id: str, step: str | None) -> tuple[str, Mapping[str, Any]]:
    record = JobRecord(await job(transport, job_id))
    name = step or record.telling_step()
    if name is None:
        raise NotFoundError(f"job {job_id} has no steps", hint=f"see: dmod job show {job_id}")
    return name, _named(record, name)


def _named(record: JobRecord, name: str) -> Mapping[str, Any]:
    steps: list[Mapping[str, Any]] = list(record.document.get("steps") or ())
    found = next((item for item in steps if item["name"] == name), None)
    if found is None:
        names = ", ".join(str(item["name"]) for item in steps) or "none"
        raise NotFoundError(f"job {record.id} has no step {name!r}", hint=f"its steps: {names}")
    return found
