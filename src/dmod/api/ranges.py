"""The header ``Range`` (RFC 9110, section 14), one range of bytes."""

from __future__ import annotations

import re

from dmod.api.problems import RangeNotThere
from dmod.errors import InputError

RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the bytes that are asked for, the end excluded; None for all.

    Raises
    ------
    InputError
        the header cannot be read.
    RangeNotThere
        it asks for what is not there.
    """
    if header is None:
        return None
    match = RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        raise InputError(
            f"Range {header!r} cannot be read", hint="write bytes=0-99, bytes=100- or bytes=-100"
        )
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
    else:
        start, end = max(size - int(match[2]), 0), size
    if start >= end:
        raise RangeNotThere(f"Range {header!r} asks for nothing of {size} bytes", hint="ask for less")
    return start, end


def open_range(header: str, most: int) -> tuple[int, int]:
    """Return the first byte that is asked for, and how many, of something that may grow.

    Raises
    ------
    InputError
        the header cannot be read, or names no first byte.
    """
    match = RANGE.fullmatch(header.strip())
    if match is None or not match[1]:
        raise InputError(f"Range {header[:80]!r} cannot be read", hint="write bytes=0-99 or bytes=100-")
    start = int(match[1])
    wanted = int(match[2]) - start + 1 if match[2] else most
    if wanted < 1:
        raise InputError(f"Range {header[:80]!r} ends before it begins", hint="write bytes=0-99")
    return start, min(wanted, most)
