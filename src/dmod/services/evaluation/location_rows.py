"""The rows of one location as they stand in a source, and the series that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.flow_columns import MISSING_CODES
from dmod.evaluation.location_series import LocationSeries

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one location, as they stand in its source.

    Parameters
    ----------
    seconds : since 1970 UTC, shape (row,)
    values : [unit of the plan], NaN where missing, shape (row,)
    notes : what is missing and why
    """

    seconds: NDArray[np.int64]
    values: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def numbers_of(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Return numbers, NaN where a cell is none."""
    import pandas as pd

    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)


def part_of(seconds: NDArray[np.int64], numbers: NDArray[np.float64], scales: NDArray[np.float64]) -> Part:
    """Return rows in the plan's unit; codes for no value are missing.

    Parameters
    ----------
    scales : by what numbers are multiplied, one or as many
    """
    coded = np.isin(numbers, MISSING_CODES)
    missing = int(np.isnan(numbers).sum())
    notes = []
    if missing:
        notes.append(f"{missing} of {len(numbers)} values are missing or no numbers")
    if coded.any():
        code = numbers[coded][0]
        notes.append(f"{int(coded.sum())} values that mean no value, such as {code:g}, are missing")
    return Part(seconds, np.where(coded, np.nan, numbers) * scales, tuple(notes))


def joined(parts: Sequence[Part]) -> Part:
    """Return the rows of several parts as one."""
    if len(parts) == 1:
        return parts[0]
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    seconds = np.concatenate([part.seconds for part in parts]) if parts else np.empty(0, np.int64)
    values = np.concatenate([part.values for part in parts]) if parts else np.empty(0)
    return Part(seconds, values, notes)


def series_of(location: str, part: Part) -> LocationSeries:
    """Return rows as a series: in order, each moment once; gaps are counted in its notes."""
    found = LocationSeries.of(location, part.seconds, part.values, part.notes)
    if found.step is None:
        return found
    times = found.times.astype(np.int64)
    steps = int(times[-1] - times[0]) // found.step + 1
    if steps == len(times):
        return found
    note = f"{steps - len(times)} of {steps} steps are not there"
    return LocationSeries(location, found.times, found.values, found.step, (*found.notes, note))
