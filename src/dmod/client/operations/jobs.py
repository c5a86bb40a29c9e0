"""What is asked of jobs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from dmod.client.asking import ask_json
from dmod.client.call import Call, Transport
from dmod.client.request_file import Asked, read_request
from dmod.errors import InputError, JobNotFound
from dmod.jobs.identity import ALPHABET, LENGTH

Document = dict[str, Any]
SHOWN = 5
"""How many jobs are named where an id could be that of several."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list; what is left out does not matter.

    Parameters
    ----------
    state, kind : any of these
    owner : whose they are
    label : all of these: ``{"study": "logan"}``
    text : part of the id or name
    created_after, created_before : half open
    """

    state: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    owner: str | None = None
    label: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None

    @property
    def query(self) -> dict[str, Any]:
        """Return it as it stands in an address."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        found["label"] = [f"{name}={value}" for name, value in self.label]
        return found


def job_filter(
    *,
    state: str | Iterable[str] = (),
    kind: str | Iterable[str] = (),
    owner: str | None = None,
    label: Mapping[str, str] | None = None,
    text: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> JobFilter:
    """Return a filter out of what people write."""
    return JobFilter(
        _several(state),
        _several(kind),
        owner,
        tuple((label or {}).items()),
        text,
        created_after,
        created_before,
    )


def _several(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)


async def submit(
    transport: Transport, asked: Asked, idempotency_key: str | None = None, *, fresh: bool = False
) -> Document:
    """Submit a request; return the job.

    The key makes it one job, however often the request has to be sent until an answer comes.
    """
    document = {**read_request(asked), **({"fresh": True} if fresh else {})}
    key = idempotency_key or str(uuid4())
    call = Call("POST", "jobs", body=document, headers={"Idempotency-Key": key}, is_repeatable=True)
    found: Document = await ask_json(transport, call)
    return found


async def plan(transport: Transport, asked: Asked, *, fresh: bool = False) -> Document:
    """Return what would become of a request."""
    document = {**read_request(asked), **({"fresh": True} if fresh else {})}
    found: Document = await ask_json(transport, Call("POST", "jobs/plan", body=document, is_repeatable=True))
    return found


async def listed(
    transport: Transport, wanted: JobFilter, limit: int | None = None, page: int = 100
) -> AsyncGenerator[Document]:
    """Yield jobs, the latest first, page by page as they are wanted.

    Parameters
    ----------
    limit : how many at most; None is all
    """
    after, left = None, limit
    while left is None or left > 0:
        size = page if left is None else min(page, left)
        call = Call("GET", "jobs", {**wanted.query, "after": after, "limit": size})
        found = await ask_json(transport, call)
        for document in found["jobs"]:
            yield document
        left = None if left is None else left - len(found["jobs"])
        after = _after(found)
        if after is None:
            return


async def job(transport: Transport, job_id: str) -> Document:
    """Return a job."""
    return await _get(transport, job_id, "")


async def resolve(transport: Transport, prefix: str) -> str:
    """Return the id of the one job whose id begins so.

    Raises
    ------
    JobNotFound
        there is none.
    InputError
        there are several.
    """
    text = prefix.strip().lower()
    if not text or set(text) - set(ALPHABET) or len(text) > LENGTH:
        raise JobNotFound(f"{prefix!r} is no id of a job", hint="`dmod jobs` lists them")
    if len(text) == LENGTH:
        return text
    found = []
    async for document in listed(transport, job_filter(text=text), limit=1000):
        if str(document["id"]).startswith(text):
            found.append(document["id"])
        if len(found) > SHOWN:
            break
    if not found:
        raise JobNotFound(f"there is no job whose id begins with {text}", hint="`dmod jobs` lists them")
    if len(found) > 1:
        more = ", …" if len(found) > SHOWN else ""
        raise InputError(
            f"several jobs have ids that begin with {text}: {', '.join(found[:SHOWN])}{more}",
            hint="write more of the id",
        )
    return str(found[0])


async def cancel(transport: Transport, job_id: str, reason: str = "") -> Document:
    """Let a job end."""
    body = {"reason": reason} if reason else {}
    return await _act(transport, Call("POST", f"jobs/{job_id}/cancel", body=body, is_repeatable=True))


async def retry(transport: Transport, job_id: str) -> Document:
    """Let a job go on from the step where it ended."""
    return await _act(transport, Call("POST", f"jobs/{job_id}/retry"))


async def share(transport: Transport, job_id: str, names: Iterable[str]) -> Document:
    """Let others see a job, and nobody else."""
    body = {"shared_with": sorted(set(names))}
    return await _act(transport, Call("PUT", f"jobs/{job_id}/sharing", body=body))


async def history(transport: Transport, job_id: str) -> list[Document]:
    """Return what has happened to a job."""
    events: list[Document] = []
    after: str | None = None
    while True:
        call = Call("GET", f"jobs/{job_id}/history", {"after": after, "limit": 1000})
        found = await ask_json(transport, call)
        events += found["events"]
        after = _after(found)
        if after is None:
            return events


async def results(transport: Transport, job_id: str) -> Document:
    """Return what a job has found."""
    return await _get(transport, job_id, "/results")


async def why(transport: Transport, job_id: str) -> list[str]:
    """Return why a job is where it is, in sentences."""
    return [str(line) for line in (await _get(transport, job_id, "/why"))["lines"]]


async def get(transport: Transport, path: str, **query: Any) -> Any:
    """Return a document of the server by its path."""
    return await ask_json(transport, Call("GET", path, query))


async def _get(transport: Transport, job_id: str, part: str) -> Document:
    found: Document = await ask_json(transport, Call("GET", f"jobs/{job_id}{part}"))
    return found


def _after(page: Document) -> str | None:
    """Return where the next page begins, by its address; None where there is none."""
    found = parse_qs(urlsplit(page.get("next") or "").query).get("after")
    return found[0] if found else None


async def _act(transport: Transport, call: Call) -> Document:
    found: Document = await ask_json(transport, call)
    return found
