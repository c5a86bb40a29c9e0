"""Durations and dates as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from dmod.errors import InputError

DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(s|m|min|h|d|w)\s*")
SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_duration(text: str, what: str) -> timedelta:
    """Return a duration written like ``30d``, ``12h``, ``2w``, ``90s``; ``0`` is none.

    Raises
    ------
    InputError
        it cannot be read.
    """
    if text.strip() == "0":
        return timedelta(0)
    match = DURATION.fullmatch(text)
    if match is None:
        raise InputError(f"{what}: {text!r} is no duration", hint="write it like 30d, 12h, 2w or 90s")
    try:
        return timedelta(seconds=float(match[1]) * SECONDS[match[2]])
    except OverflowError as error:
        raise InputError(f"{what}: {text!r} is too long", hint="write it like 30d") from error


def parse_expiry(text: str | None, what: str = "--expires") -> datetime | None:
    """Return the moment of a duration from now, or of a date; None for none.

    Raises
    ------
    InputError
        it is neither, or lies in the past.
    """
    if text is None:
        return None
    now = datetime.now(UTC)
    moment = _moment(text, now, what)
    if moment <= now:
        raise InputError(
            f"{what}: {text!r} lies in the past", hint="`dmod data rm` removes what is no longer wanted"
        )
    return moment


def _moment(text: str, now: datetime, what: str) -> datetime:
    from dmod.core.time_axis import parse_time

    if DURATION.fullmatch(text):
        wait = parse_duration(text, what)
        try:
            return now + wait
        except OverflowError as error:
            raise InputError(f"{what}: {text!r} is too long", hint="write it like 30d") from error
    try:
        return parse_time(text, what=what)
    except InputError as error:
        raise InputError(
            f"{what}: {text!r} is neither a duration nor a date", hint="write 30d, 12h, 2w, or 2030-12-31"
        ) from error
