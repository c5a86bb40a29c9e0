"""Thresholds: values at or above which something counts as happening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold by location, for all times or for each day of the year.

    Parameters
    ----------
    name : for people: ``Flood``, ``75th percentile``
    constant : by location [unit of the plan]
    daily : by location, for day 1 (1 January) to 366 of a leap year [unit of the plan], shape (366,)
    weight : in an aggregated score
    """

    name: str
    constant: Mapping[str, float]
    daily: Mapping[str, NDArray[np.float64]]
    weight: float = 1.0

    @property
    def locations(self) -> frozenset[str]:
        """The locations that it is known for."""
        return frozenset(self.constant) | frozenset(self.daily)

    def at(self, location: str, times: NDArray[np.datetime64]) -> NDArray[np.float64]:
        """Return the threshold at each time, NaN where it is not known, shape (time,)."""
        if location in self.constant:
            return np.full(len(times), self.constant[location])
        if location not in self.daily:
            return np.full(len(times), np.nan)
        days = times.astype("datetime64[D]")
        months = days.astype("datetime64[M]")
        # the day's number in a leap year, whatever the year: 1 March is 61
        of_month = (days - months.astype("datetime64[D]")).astype(np.int64)
        before = np.array([0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335])
        return self.daily[location][before[months.astype(np.int64) % 12] + of_month]
