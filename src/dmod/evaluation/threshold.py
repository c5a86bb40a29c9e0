"""Thresholds: values at or above which something counts as happening."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.location_series import LocationSeries
from dmod.evaluation.quantile import OrderedValues

DAYS = 366
"""Of a leap year."""


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
        return self.daily[location][days_of_leap_year(times) - 1]


def days_of_leap_year(times: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the number of each day in a leap year, whatever the year: 1 March is 61. Shape (time,)."""
    days = times.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    of_month = (days - months.astype("datetime64[D]")).astype(np.int64)
    before = np.array([0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335])
    return np.asarray(before[months.astype(np.int64) % 12] + of_month + 1)


def quantile_threshold(
    name: str, probability: float, observed: Iterable[LocationSeries], *, weight: float = 1.0
) -> Threshold:
    """Return the flow at each location that is not exceeded for a share of the time.

    A location without a value is left out.

    Parameters
    ----------
    name : for people
    probability : [-], in [0, 1]: 0.9 for the 90th percentile
    observed : what is read once, one location after the other
    weight : in an aggregated score

    Raises
    ------
    InputError
        the probability is outside of [0, 1].
    """
    constant = {}
    for series in observed:
        limit = float(OrderedValues.of(series.values).at(probability))
        if np.isfinite(limit):
            constant[series.location] = limit
    return Threshold(name, constant, {}, weight)


def daily_quantile_threshold(
    name: str,
    probability: float,
    observed: Iterable[LocationSeries],
    *,
    half_window: int = 15,
    weight: float = 1.0,
) -> Threshold:
    """Return the flow that is not exceeded for a share of the time about each day of the year.

    Of all years the values at most ``half_window`` days from the day count. A day without a value is NaN; a
    location without any is left out.

    Parameters
    ----------
    name : for people
    probability : [-], in [0, 1]: 0.9 for the 90th percentile
    observed : what is read once, one location after the other
    half_window : days to either side, 0 to 182
    weight : in an aggregated score

    Raises
    ------
    InputError
        the probability is outside of [0, 1], or the window too wide.
    """
    if not 0 <= half_window < DAYS // 2:
        raise InputError(
            f"a window of {half_window} days to either side is not within a year",
            hint=f"give 0 to {DAYS // 2 - 1} days",
        )
    daily = {}
    for series in observed:
        days = days_of_leap_year(series.times) - 1
        values = series.values.astype(np.float64)
        by_day = [values[days == day] for day in range(DAYS)]
        about = np.full(DAYS, np.nan)
        for day in range(DAYS):
            near = [by_day[other % DAYS] for other in range(day - half_window, day + half_window + 1)]
            about[day] = OrderedValues.of(np.concatenate(near)).at(probability)
        if np.isfinite(about).any():
            daily[series.location] = about
    return Threshold(name, {}, daily, weight)
