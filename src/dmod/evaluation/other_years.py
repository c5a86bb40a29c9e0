"""What was observed at the same time of the year in the other years, as an ensemble.

Each time has as many members as there are years beside its own, so that all of them together would be years
times as many values as there are observations. They are made from one table of the years, for some times at a
time, and scored before the next ones are made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.ensemble import COMPLETE, Ensemble, HeldEnsemble, T, counted
from dmod.evaluation.sample import Floats

VALUES_AT_ONCE = 1 << 18
"""Values of all members that are there together."""


@dataclass(frozen=True)
class OtherYears:
    """Observations by time of the year and in ascending order over the years.

    Parameters
    ----------
    table : NaN, last in order, where a year lacks that time, shape (..., year, slot)
    slot : time of the year of each time, shape (time,)
    place : where in the order of its slot the own year of a time stands, shape (..., time)
    """

    table: Floats
    slot: NDArray[np.int64]
    place: NDArray[np.int64]

    @classmethod
    def of(cls, observed: Floats, times: NDArray[np.datetime64]) -> OtherYears:
        """Order observations of the times, NaN where missing, shape (..., time)."""
        years, year = np.unique(times.astype("datetime64[Y]"), return_inverse=True)
        second = times.astype("datetime64[s]").astype(np.int64) % 86400
        slots, slot = np.unique(days_of_year(times) * 86400 + second, return_inverse=True)
        # of a single year the only member is one that is missing
        table = np.full((*observed.shape[:-1], max(len(years), 2), len(slots)), np.nan)
        table[..., year, slot] = np.where(np.isfinite(observed), observed, np.nan)
        order = np.argsort(table, axis=-2)
        place = np.argsort(order, axis=-2)[..., year, slot]
        return cls(np.take_along_axis(table, order, axis=-2), slot, place)

    @property
    def number(self) -> int:
        """Number of members."""
        return int(self.table.shape[-2]) - 1

    @property
    def size(self) -> NDArray[np.int64]:
        """Number of members that are there at each time, shape (..., time)."""
        there = np.isfinite(self.table).sum(axis=-2)[..., self.slot]
        return np.asarray(there - (self.place < there))

    @property
    def runs(self) -> list[slice]:
        """Stretches of the times in which one time of the year follows the other, in their order."""
        breaks = np.flatnonzero(np.diff(self.slot) != 1) + 1
        edges = [0, *breaks.tolist(), len(self.slot)]
        return [slice(first, end) for first, end in pairwise(edges)]

    def at(self, times: slice) -> Floats:
        """Return the members at some times, in ascending order, missing ones last, (..., member, time)."""
        asked = self.slot[times]
        is_run = len(asked) > 0 and bool(np.all(np.diff(asked) == 1))
        # of a run a view, not a copy
        found = self.table[..., int(asked[0]) : int(asked[-1]) + 1] if is_run else self.table[..., asked]
        below, above = found[..., :-1, :], found[..., 1:, :]
        rank = np.arange(self.number)[:, None]
        return np.where(rank < self.place[..., None, times], below, above)


@dataclass(frozen=True)
class OtherYearsEnsemble(Ensemble):
    """The other years as members, of which only those of some times are there together.

    Parameters
    ----------
    years : of the same places and times
    """

    years: OtherYears

    @classmethod
    def against(cls, years: OtherYears, observed: Floats, weights: Floats) -> OtherYearsEnsemble:
        """Return what counts of the other years and an observation, shapes (..., time)."""
        weights = np.broadcast_to(weights, observed.shape)
        return cls(*counted(observed, weights, years.size > 0), years)

    @property
    def number(self) -> int:
        """Number of members, those that are missing included."""
        return self.years.number

    @property
    def size(self) -> NDArray[np.int64]:
        """Number of members at each time, shape (..., time)."""
        return self.once(lambda _: self.years.size, "size")

    @property
    def is_complete(self) -> bool:
        """Whether no member is missing at any time."""
        return bool((self.size == self.number).all())

    def at_each_time(self, make: Callable[..., T], *given: Any) -> T:
        """Return what ``make`` does of the members of some times after the other, put together."""
        made = [make(self._over(times), *(one[..., times] for one in given)) for times in self._parts()]
        if isinstance(made[0], tuple):
            return cast("T", tuple(np.concatenate(each, axis=-1) for each in zip(*made, strict=True)))
        return cast("T", np.concatenate(cast("list[Floats]", made), axis=-1))

    def _over(self, times: slice) -> HeldEnsemble:
        is_complete = bool((self.size[..., times] == self.number).all())
        return HeldEnsemble(
            self.observed[..., times], self.weights[..., times], self.years.at(times), is_ordered=True,
            kept={COMPLETE: is_complete},
        )  # fmt: skip

    def _parts(self) -> Iterator[slice]:
        places = math.prod(self.observed.shape[:-1])
        step = max(VALUES_AT_ONCE // max(places * self.number, 1), 1)
        for run in self.years.runs:
            for first in range(run.start, max(run.stop, 1), step):
                yield slice(first, min(first + step, run.stop))


def days_of_year(times: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the day's number in a leap year, whatever the year: 1 March is 61. Shape (time,)."""
    days = times.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    of_month = (days - months.astype("datetime64[D]")).astype(np.int64)
    before = np.array([0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335])
    return np.asarray(before[months.astype(np.int64) % 12] + of_month + 1)
