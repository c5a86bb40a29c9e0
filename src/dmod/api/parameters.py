"""Parameters that several routes have, and what they are read as."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Header, Path, Query

from dmod.errors import InputError

PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
LARGEST = 2**63 - 1

JobId = Annotated[
    str,
    Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$", description="id of a job",
         examples=["1kqg8d3m0x4v7tza"]),
]  # fmt: skip
StepName = Annotated[
    str, Path(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$", description="name of a step",
              examples=["run"]),
]  # fmt: skip
Words = Annotated[str, Query(max_length=200, pattern=PRINTABLE)]
Sequence = Annotated[int, Query(ge=0, le=LARGEST, description="go on after the event of this number")]
Tag = Annotated[str | None, Header(description="answer 304 where it is still like this")]


def utc(time: datetime | None, name: str) -> datetime | None:
    """Return a time as UTC; one without a zone is.

    Raises
    ------
    InputError
        there is no such time in UTC.
    """
    if time is None:
        return None
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError as error:
        raise InputError(f"{name}: there is no such time") from error


def tag_of(parts: Iterable[object]) -> str:
    """Return an entity tag for what has these parts."""
    text = "\n".join(str(part) for part in parts)
    return f'"{hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]}"'


def is_same(tag: str, header: str | None) -> bool:
    """Whether a header ``If-None-Match`` names a tag."""
    if header is None:
        return False
    named = [item.strip().removeprefix("W/") for item in header.split(",")]
    return "*" in named or tag in named
