"""Floods in hydrographs: peaks over a threshold that are independent of one another.

Two peaks are of one event unless they are far enough apart and the flow between them falls well below the
lower of the two, as the Water Resources Council of the United States asks (Lang et al. 1999): at least five
days (more in large basins), and to three quarters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.quantile import quantile
from dmod.evaluation.sample import Floats

Indices = NDArray[np.int64]

INDEPENDENCE = 120.0
"""Least time between two independent peaks [h]."""
FALL = 0.75
"""Flow between two independent peaks falls to this share of the lower one, or less."""
QUANTILE = 0.9
"""Of the flow at each location: the threshold where none is given."""


@dataclass(frozen=True, slots=True)
class Events:
    """Floods of several series, in the order of the series and of time.

    Parameters
    ----------
    series : which of the series, counted along the flattened leading axes, shape (event,)
    start : index in time of the first value, shape (event,)
    peak : index in time of the highest value, shape (event,)
    end : index in time of the last value, shape (event,)
    """

    series: Indices
    start: Indices
    peak: Indices
    end: Indices

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.series)

    def inside(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return which values are part of an event, for series of a shape (..., time)."""
        size, length = int(np.prod(shape)), shape[-1]
        steps = np.zeros(size + 1, dtype=np.int64)
        np.add.at(steps, self.series * length + self.start, 1)
        np.add.at(steps, self.series * length + self.end + 1, -1)
        return np.asarray(np.cumsum(steps[:-1]) > 0).reshape(shape)


def find_events(
    values: ArrayLike,
    times: ArrayLike,
    threshold: ArrayLike,
    *,
    independence: float = INDEPENDENCE,
    fall: float = FALL,
) -> Events:
    """Find the floods in series.

    An event is what surrounds a peak at or above the threshold: from the value after the last one below the
    threshold to the value before the next one below it, or to the lowest value between it and an independent
    peak (which belongs to the later event). Missing values are passed over; a gap longer than
    ``independence`` parts two events. A peak beside such a gap, or at an end of the series, may not be the
    event's highest: its event is left out.

    Parameters
    ----------
    values : [any one unit], NaN where missing, shape (..., time)
    times : [h], ascending, shape (time,)
    threshold : [unit of the values], broadcast to (..., time): one value, one by time, or one by location
        with shape (location, 1); no event where it is NaN
    independence : least time between two independent peaks [h]
    fall : share of the lower of two independent peaks that the flow between them falls to, in (0, 1)

    Raises
    ------
    InputError
        the times are not one for each value, or do not ascend; the threshold's shape does not fit.

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    x, hours = np.asarray(values, dtype=np.float64), np.asarray(times, dtype=np.float64)
    if hours.shape != x.shape[-1:] or np.any(np.diff(hours) <= 0.0):
        raise InputError(
            f"times of shape {hours.shape} do not belong to values of shape {x.shape}",
            hint="give one ascending time [h] for each value along the last axis",
        )
    limit = np.asarray(threshold, dtype=np.float64)
    try:
        is_high = x >= np.broadcast_to(limit, x.shape)
    except ValueError as error:
        raise InputError(
            f"a threshold of shape {limit.shape} does not fit values of shape {x.shape}",
            hint="give one value, one by time, or one by location with shape (location, 1)",
        ) from error
    flow = _Flow.of(x, hours, is_high, independence)
    return flow.events(flow.independent_peaks(independence, fall))


def flood_threshold(observed: ArrayLike) -> Floats:
    """Return what counts as a flood where nobody says: the 90th percentile of the flow at each location.

    Where flow does not exceed its lowest value for so long, as in a stream that is mostly dry, it is whatever
    is above that.

    Parameters
    ----------
    observed : [any], NaN where missing, shape (..., time)

    Returns
    -------
    threshold : [unit of the flow]; NaN without a value. Shape (..., 1)
    """
    x = np.asarray(observed, dtype=np.float64)
    usual = quantile(x, QUANTILE)[..., None]
    lowest = np.where(np.isfinite(x), x, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    return np.where(
        usual > lowest, usual, np.where(np.isfinite(lowest), np.nextafter(lowest, np.inf), np.nan)
    )


@dataclass(frozen=True, slots=True)
class _Peaks:
    """Chains of peaks that depend on each other: first, highest and last, shape (event,)."""

    first: Indices
    highest: Indices
    last: Indices


@dataclass(frozen=True, slots=True)
class _Flow:
    """The values that count of all series, one after the other.

    ``place`` is where a value stands among all. ``begins`` tells where a stretch without a long gap begins:
    at the first of a series, or after a gap; it has one more for the end.
    """

    value: Floats
    place: Indices
    is_high: NDArray[np.bool_]
    begins: NDArray[np.bool_]
    hours: Floats

    @classmethod
    def of(cls, x: Floats, hours: Floats, is_high: NDArray[np.bool_], longest_gap: float) -> _Flow:
        length = max(len(hours), 1)
        is_there = np.isfinite(x).reshape(-1)
        if is_there.all():
            place, value, high = np.arange(x.size), x.reshape(-1), is_high.reshape(-1)
        else:
            place = np.flatnonzero(is_there)
            value, high = x.reshape(-1)[place], is_high.reshape(-1)[place]
        begins = np.zeros(len(place) + 1, dtype=np.bool_)
        begins[np.searchsorted(place, np.arange(0, x.size + 1, length))] = True
        begins[-1] = True
        # neighbours in time are far apart where values are missing, or where the times leap
        leaps = np.append(False, np.diff(hours) > longest_gap)
        apart = np.diff(place) > 1
        if leaps.any():
            apart |= leaps[place[1:] % length]
        after = np.flatnonzero(apart) + 1
        far = hours[place[after] % length] - hours[place[after - 1] % length] > longest_gap
        begins[after[far]] = True
        return cls(value, place, high, begins, hours)

    def hour(self, at: Indices) -> Floats:
        """Return the times of some values [h]."""
        return self.hours[self.place[at] % len(self.hours)]

    def candidates(self) -> Indices:
        """Return local maxima above the threshold, and ends of stretches that would be."""
        value, begins = self.value, self.begins
        at = np.flatnonzero(self.is_high)
        at = at[begins[at] | (value[at] > value[at - 1])]
        # the last value is followed by itself: a stretch ends there
        return at[begins[at + 1] | (value[at] >= value[np.minimum(at + 1, len(value) - 1)])]

    def independent_peaks(self, independence: float, fall: float) -> _Peaks:
        """Chain candidates that depend on each other."""
        at = self.candidates()
        if len(at) == 0:
            return _Peaks(at, at, at)
        stretch = np.searchsorted(np.flatnonzero(self.begins), at, side="right")
        valley = np.minimum.reduceat(self.value, at)
        hours, heights = self.hour(at).tolist(), self.value[at].tolist()
        first = [int(at[0])]
        highest, last = first.copy(), first.copy()
        top_stretch, top_hour, top, lowest = int(stretch[0]), hours[0], heights[0], np.inf
        # plain numbers: a list is read several times faster than an array, one value at a time
        rows = zip(
            at[1:].tolist(), stretch[1:].tolist(), hours[1:], heights[1:], valley[:-1].tolist(), strict=True
        )
        for position, its_stretch, hour, height, low in rows:
            lowest = low if low < lowest else lowest
            if its_stretch != top_stretch or (
                hour - top_hour >= independence and lowest <= fall * min(top, height)
            ):
                first.append(position)
                highest.append(position)
                last.append(position)
            elif height > top:
                highest[-1] = last[-1] = position
            else:
                last[-1] = position
                continue
            top_stretch, top_hour, top, lowest = its_stretch, hour, height, np.inf
        return _Peaks(*(np.asarray(part, dtype=np.int64) for part in (first, highest, last)))

    def events(self, peaks: _Peaks) -> Events:
        """Give each chain of peaks its first and last value."""
        high, begins = self.is_high, self.begins
        # a run of high values ends where a stretch does
        changes = np.diff(high, prepend=False, append=False)
        opens = np.flatnonzero(high & (changes[:-1] | begins[:-1]))
        closes = np.flatnonzero(high & (changes[1:] | begins[1:]))
        start = opens[np.searchsorted(opens, peaks.first, side="right") - 1]
        end = closes[np.searchsorted(closes, peaks.last, side="left")]
        for k in np.flatnonzero(start[1:] <= peaks.last[:-1]):
            # two events in one run: the lowest value between them parts them
            after = peaks.last[k] + 1
            start[k + 1] = after + int(np.argmin(self.value[after : peaks.first[k + 1] + 1]))
            end[k] = start[k + 1] - 1
        whole = ~begins[peaks.highest] & ~begins[peaks.highest + 1]
        series, peak = np.divmod(self.place[peaks.highest[whole]], max(len(self.hours), 1))
        first, final = (self.place[part[whole]] % max(len(self.hours), 1) for part in (start, end))
        return Events(series, first, peak, final)
