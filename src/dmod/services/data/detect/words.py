"""Periods, steps and counts as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dmod.catalog.restriction import Continuous
from dmod.core.time_axis import format_time

_NAMED = {60: "every minute", 3600: "hourly", 86400: "daily"}
_UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))
_FEW = 3


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 catchment``, ``88 catchments``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def period_text(period: Continuous) -> str:
    """Return a period without the seconds that nobody set: ``2015-12-01 00:00 to 2016-01-01 00:00``."""
    return f"{_time_text(period.begin)} to {_time_text(period.end)}"


def step_text(step: int) -> str:
    """Return a step in words: ``hourly``, ``every 15 minutes``."""
    if step in _NAMED:
        return _NAMED[step]
    size, unit = next((size, unit) for size, unit in _UNITS if step % size == 0)
    return f"every {step // size} {unit}"


def some(names: Sequence[str]) -> str:
    """Return the first few of the names, and how many more there are."""
    rest = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {rest:,} more" if rest > 0 else "")


def _time_text(bound: datetime | float) -> str:
    if not isinstance(bound, datetime):
        return f"{bound:g}"
    return format_time(bound).removesuffix(":00")
