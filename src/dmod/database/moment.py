"""Times as whole microseconds since 1970."""

from __future__ import annotations

from datetime import datetime, timedelta

from dmod.core.time_axis import EPOCH

_MICROSECOND = timedelta(microseconds=1)

FIRST_MOMENT, LAST_MOMENT = -(2**62), 2**62
"""Before and after every time that can be written."""


def moment(time: datetime) -> int:
    """Return a time as microseconds."""
    return (time - EPOCH) // _MICROSECOND


def time_of(microseconds: int) -> datetime:
    """Return the time of a moment."""
    return EPOCH + timedelta(microseconds=microseconds)
