"""First and last times of a NetCDF variable, whatever its unit."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np

from dmod.core.time_axis import EPOCH
from dmod.errors import InputError
from dmod.services.data.detect.csv_ends import Span


def span_of_times(variable: Any, path: Path) -> Span:
    """Return the span of a variable of times; only its ends are read.

    Raises
    ------
    InputError
        it holds no times, or its unit is not one of times.
    """
    import cftime  # type: ignore[import-untyped]

    variable.set_auto_maskandscale(False)
    count = variable.shape[0]
    if not count:
        raise InputError(f"{path}: there are no times", hint="the file holds no values")
    at = [0, min(1, count - 1), max(count - 2, 0), count - 1]
    values = np.array([variable[i] for i in at])
    unit = str(getattr(variable, "units", ""))
    calendar = str(getattr(variable, "calendar", "standard"))
    try:
        found = np.atleast_1d(cftime.num2pydate(values, unit, calendar))
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(
            f"{path}: times in {unit!r} (calendar {calendar}) cannot be read: {error}",
            hint="write them as in 'hours since 2015-12-01 00:00:00'",
        ) from error
    first, second, before, last = (
        round((time.replace(tzinfo=UTC) - EPOCH).total_seconds()) for time in found
    )
    if last < first:
        raise InputError(f"{path}: its times do not rise", hint="put them in order")
    return Span(first, last, second - first, last - before)
