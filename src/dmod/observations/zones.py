"""Time zones as gauges state them, and the clock times that go with them.

Abbreviations are those of the USGS (``tz_cd``); with one on every row, the hour that occurs twice when
daylight saving ends is unambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import EPOCH
from dmod.errors import InputError

Where = Callable[[int], str]

# hours east of Greenwich
HOURS = {
    **{"UTC": 0, "GMT": 0, "Z": 0},
    **{"AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5},
    **{"MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8},
    **{"HST": -10, "HDT": -9, "SST": -11, "GST": 10, "CHST": 10},
}


def parse_zone(text: str, *, what: str = "time zone") -> tzinfo:
    """Read ``MST``, ``-07:00``, ``UTC-7`` or ``America/Denver``.

    Raises
    ------
    InputError
        it is none of these; ``what`` names it.
    """
    name = text.strip()
    if name.upper() in HOURS:
        return timezone(timedelta(hours=HOURS[name.upper()]), name.upper())
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", name, re.IGNORECASE)
    if match and int(match[2]) <= 14 and int(match[3] or 0) < 60:
        span = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-span if match[1] == "-" else span)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"{what} {text!r} is not known",
            hint="write it as the gauge does (MST), as an offset (-07:00), or by name (America/Denver)",
        ) from error


def standard_offset(zone: tzinfo) -> int:
    """Return how far the zone's standard time, without daylight saving, is ahead of UTC [s]."""
    winter = datetime(2001, 1, 15)
    ahead = zone.utcoffset(winter) or timedelta(0)
    return int((ahead - (zone.dst(winter) or timedelta(0))).total_seconds())


def offset_text(seconds: int) -> str:
    """Return an offset as ``-07:00``."""
    sign = "-" if seconds < 0 else "+"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{sign}{hours:02d}:{minutes:02d}"


def utc_times(texts: Sequence[str], zones: tzinfo | Sequence[tzinfo], where: Where) -> NDArray[np.datetime64]:
    """Convert clock times to UTC.

    Parameters
    ----------
    texts : ISO 8601; a zone of their own goes before ``zones``
    zones : of the times that carry none, one for all or one for each
    where : names the place of a text, for the message

    Raises
    ------
    InputError
        a text is no time.
    """
    seconds = np.empty(len(texts), dtype=np.int64)
    each = [zones] * len(texts) if isinstance(zones, tzinfo) else zones
    for i, (text, zone) in enumerate(zip(texts, each, strict=True)):
        try:
            time = datetime.fromisoformat(text)
        except ValueError as error:
            raise InputError(
                f"{where(i)}: {text!r} is not a time", hint="write YYYY-MM-DD HH:MM, or ISO 8601"
            ) from error
        aware = time.replace(tzinfo=zone) if time.tzinfo is None else time
        seconds[i] = round((aware - EPOCH).total_seconds())
    return seconds.astype("datetime64[s]")


def has_zone(text: str) -> bool:
    """Whether an ISO time says its zone."""
    return len(text) > 10 and (text[-1] in "Zz" or re.search(r"[+-]\d{2}:?\d{2}$", text) is not None)


def is_date(text: str) -> bool:
    """Whether a text is a day without a time (``2019-03-01``, ``2019-03-01T00:00:00.000``)."""
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}(?:[T ]00:00:00(?:\.0+)?)?", text) is not None


UTC_ZONE: tzinfo = UTC
