"""Observed floods and what was simulated of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.evaluation.events import INDEPENDENCE, Events, Indices, find_events, flood_threshold
from dmod.evaluation.quantile import quantile
from dmod.evaluation.sample import Floats, MetricFunction, Sample, ratio

T = TypeVar("T", np.float64, np.int64)
# rows of a table of windows that are looked at in one go: some tens of MB
_ROWS = 1 << 14


@dataclass(frozen=True, slots=True)
class EventMatch:
    """What was observed and simulated of each observed flood, one series a row, the last columns empty.

    Parameters
    ----------
    peak_at : where the observed peak stands among all pairs, -1 where there is no event, shape (series,
        event)
    alarm_at : where the peaks of simulated events without an observed one stand, likewise, shape (series,
        alarm)
    weight : of the pair at the observed peak, 0 where there is no event, shape (..., series, event); the
        draws of a bootstrap, if any, come first
    false_alarms : weight of the simulated events without an observed one, shape (...)
    peak_observed, peak_simulated : highest flow; the simulated one within the window of the observed peak
        [unit of the input], shape (series, event)
    late : time of the simulated peak minus that of the observed one [h], shape (series, event)
    volume_observed, volume_simulated : sum of flow over the observed event [unit of the input times the
        number of pairs], shape (series, event)
    rise_observed, rise_simulated : time from the foot of an event to its peak [h]; the simulated one of the
        simulated event that matches, NaN without one, shape (series, event)
    rate_observed, rate_simulated : rise of flow during that time [unit of the input h-1], shape (series,
        event)
    shape : leading axes of the sample
    """

    peak_at: Indices
    alarm_at: Indices
    weight: Floats
    false_alarms: Floats
    peak_observed: Floats
    peak_simulated: Floats
    late: Floats
    volume_observed: Floats
    volume_simulated: Floats
    rise_observed: Floats
    rise_simulated: Floats
    rate_observed: Floats
    rate_simulated: Floats
    shape: tuple[int, ...]

    def weighted(self, weights: Floats) -> EventMatch:
        """Return the same events with other weights of the pairs, shape (..., time)."""
        flat = weights.reshape(*weights.shape[: weights.ndim - 1 - len(self.shape)], -1)
        weight, alarms = (
            np.where(at >= 0, flat[..., at], 0.0) if at.size else np.zeros((*flat.shape[:-1], *at.shape))
            for at in (self.peak_at, self.alarm_at)
        )
        shape = weights.shape[:-1]
        return replace(self, weight=weight, false_alarms=alarms.sum(axis=-1).reshape(shape), shape=shape)

    @property
    def is_hit(self) -> NDArray[np.bool_]:
        """Whether a simulated event matches, shape (series, event)."""
        return np.isfinite(self.rise_simulated)

    @property
    def peak_error(self) -> Floats:
        """Relative error of each peak [%], shape (series, event)."""
        return 100.0 * ratio(self.peak_simulated - self.peak_observed, self.peak_observed)

    @property
    def volume_error(self) -> Floats:
        """Relative error of the volume over each observed event [%], shape (series, event)."""
        return 100.0 * ratio(self.volume_simulated - self.volume_observed, self.volume_observed)

    @property
    def rise_time_error(self) -> Floats:
        """Difference of the times from foot to peak [h], NaN without a hit, shape (series, event)."""
        return np.asarray(self.rise_simulated - self.rise_observed)

    @property
    def rise_rate_error(self) -> Floats:
        """Relative error of the rate of rise [%], NaN without a hit, shape (series, event)."""
        return 100.0 * ratio(self.rate_simulated - self.rate_observed, self.rate_observed)

    def count(self, which: NDArray[np.bool_] | None = None) -> Floats:
        """Return the weight of all observed events, or of some, shape (...)."""
        return self.placed((self.weight if which is None else self.weight * which).sum(axis=-1))

    def mean(self, values: Floats) -> Floats:
        """Return the mean over the events where a value is known; NaN without one. Shape (...)."""
        weight = np.where(np.isfinite(values), self.weight, 0.0)
        total = weight.sum(axis=-1)
        found = (weight * np.where(np.isfinite(values), values, 0.0)).sum(axis=-1)
        return self.placed(np.where(total > 0.0, found / np.where(total > 0.0, total, 1.0), np.nan))

    def median(self, values: Floats) -> Floats:
        """Return the median over the events where a value is known; NaN without one. Shape (...)."""
        return self.placed(quantile(values, 0.5, self.weight))

    def placed(self, values: Floats) -> Floats:
        """Return values of the series in the shape of the sample's leading axes, shape (...)."""
        return np.asarray(values).reshape(self.shape)


def match_events(
    sample: Sample,
    times: ArrayLike | None = None,
    threshold: ArrayLike | None = None,
    *,
    independence: float = INDEPENDENCE,
) -> EventMatch:
    """Find the floods in both series of a sample and tell which belong together.

    A simulated peak belongs to an observed one less than half of ``independence`` away, so that it belongs
    to no other. The match is kept with the sample, so that several metrics share it. Draws of a sample have
    the events of the whole.

    Parameters
    ----------
    times : of the pairs [h], ascending, shape (time,); hourly without gaps if not given
    threshold : [unit of the input], of both series, broadcast to (..., time); that of
        :func:`dmod.evaluation.events.flood_threshold` if not given
    independence : see :func:`dmod.evaluation.events.find_events` [h]

    Raises
    ------
    InputError
        the shape of the times or of the threshold does not fit.
    """
    asked = (times, threshold, independence)
    last = sample.kept.get("events")
    if last is not None and all(one is other for one, other in zip(last[0], asked, strict=True)):
        return last[1]  # type: ignore[no-any-return]
    if sample.whole is None:
        match = _match(sample, times, threshold, independence)
    else:
        match = match_events(sample.whole, times, threshold, independence=independence)
    match = match.weighted(sample.weights)
    sample.kept["events"] = (asked, match)
    return match


def metric_of_events(of_events: Callable[[EventMatch], Floats]) -> MetricFunction:
    """Make a metric of a function of the floods of a sample.

    It is called as any metric, and takes ``times`` [h], ``threshold`` [unit of the input] and
    ``independence`` [h] besides, as :func:`match_events` has them.
    """

    @functools.wraps(of_events)
    def of_sample(
        sample: Sample,
        *,
        times: ArrayLike | None = None,
        threshold: ArrayLike | None = None,
        independence: float = INDEPENDENCE,
    ) -> Floats:
        return of_events(match_events(sample, times, threshold, independence=independence))

    return MetricFunction(of_sample)


def _match(
    sample: Sample, times: ArrayLike | None, threshold: ArrayLike | None, independence: float
) -> EventMatch:
    observed = np.where(sample.counts, sample.observed, np.nan)
    simulated = np.where(sample.counts, sample.simulated, np.nan)
    hours = np.asarray(np.arange(observed.shape[-1]) if times is None else times, dtype=np.float64)
    limit = flood_threshold(observed) if threshold is None else threshold
    found = [find_events(flow, hours, limit, independence=independence) for flow in (observed, simulated)]
    return _Matching(simulated, observed, hours, independence / 2.0).of(*found)


@dataclass(frozen=True, slots=True)
class _Matching:
    """The series that events are matched in, NaN where a pair does not count."""

    simulated: Floats
    observed: Floats
    hours: Floats
    window: float

    def of(self, observed: Events, simulated: Events) -> EventMatch:
        series, shape = int(np.prod(self.observed.shape[:-1])), self.observed.shape[:-1]
        length = self.observed.shape[-1]
        at = observed.series * length + observed.peak
        peak, late = self.highest_near(observed)
        partner = self.partner(observed, simulated)
        is_hit = partner >= 0
        rise, rate = self.rise(self.observed, observed)
        rise_simulated, rate_simulated = (
            np.append(part, np.nan) for part in self.rise(self.simulated, simulated)
        )
        matched = np.where(is_hit, partner, len(simulated))
        alone = self.partner(simulated, observed) < 0
        rows = {
            "peak_observed": self.observed.reshape(-1)[at],
            "peak_simulated": peak,
            "late": late,
            "volume_observed": self.volume(self.observed, observed),
            "volume_simulated": self.volume(self.simulated, observed),
            "rise_observed": rise,
            "rise_simulated": rise_simulated[matched],
            "rate_observed": rate,
            "rate_simulated": rate_simulated[matched],
        }
        tables = {name: _table(row, observed.series, series, np.nan) for name, row in rows.items()}
        alarms = simulated.series[alone]
        alarm_at = _table(alarms * length + simulated.peak[alone], alarms, series, -1)
        peak_at = _table(at, observed.series, series, -1)
        nothing = np.empty(0)
        return EventMatch(
            peak_at=peak_at, alarm_at=alarm_at, weight=nothing, false_alarms=nothing, shape=shape, **tables
        )

    def highest_near(self, events: Events) -> tuple[Floats, Floats]:
        """Return the highest simulated flow within the window of each peak, and how much later it is [h]."""
        hour = self.hours[events.peak]
        low = np.searchsorted(self.hours, hour - self.window, side="left")
        high = np.searchsorted(self.hours, hour + self.window, side="right")
        reach = np.arange(int((high - low).max(initial=0)))
        flow = self.simulated.reshape(int(np.prod(self.simulated.shape[:-1])), len(self.hours))
        peak, when = np.empty(len(events)), np.empty(len(events))
        for begin in range(0, len(events), _ROWS):
            rows = slice(begin, begin + _ROWS)
            index = np.minimum(low[rows, None] + reach, high[rows, None] - 1)
            near = flow[events.series[rows, None], index]
            best = np.argmax(np.where(np.isnan(near), -np.inf, near), axis=-1)[:, None]
            peak[rows] = np.take_along_axis(near, best, axis=-1)[:, 0]
            when[rows] = self.hours[np.take_along_axis(index, best, axis=-1)[:, 0]]
        return peak, when - hour

    def partner(self, events: Events, others: Events) -> NDArray[np.int64]:
        """Return the number of the nearest other event within the window of each, -1 without one."""
        if len(events) == 0 or len(others) == 0:
            return np.full(len(events), -1)
        # one axis for all series, each far from the next
        span = self.hours[-1] - self.hours[0] + 4.0 * self.window + 1.0
        mine, theirs = (part.series * span + self.hours[part.peak] for part in (events, others))
        after = np.searchsorted(theirs, mine)
        near = np.stack((np.maximum(after - 1, 0), np.minimum(after, len(others) - 1)))
        distance = np.abs(theirs[near] - mine)
        best = np.where(distance[0] <= distance[1], near[0], near[1])
        return np.where(distance.min(axis=0) < self.window, best, -1)

    def volume(self, flow: Floats, events: Events) -> Floats:
        """Return the sum of the flow over each event."""
        if len(events) == 0:
            return np.empty(0)
        values = np.append(np.where(np.isnan(flow), 0.0, flow).reshape(-1), 0.0)
        length = flow.shape[-1]
        bounds = np.stack((events.series * length + events.start, events.series * length + events.end + 1))
        return np.asarray(np.add.reduceat(values, bounds.T.reshape(-1))[::2])

    def rise(self, flow: Floats, events: Events) -> tuple[Floats, Floats]:
        """Return how long the flow rises to each peak [h], and how fast [unit h-1].

        The foot is the value before the event where that is lower than the event's first: between two
        events of one flood it is higher, and the first is the foot.
        """
        values, length = flow.reshape(-1), flow.shape[-1]
        start = events.series * length + events.start
        before = np.where(events.start > 0, values[start - 1], np.nan)
        foot = events.start - (before < values[start])
        time = self.hours[events.peak] - self.hours[foot]
        height = values[events.series * length + events.peak] - values[events.series * length + foot]
        return time, np.where(time > 0.0, height / np.where(time > 0.0, time, 1.0), np.nan)


def _table(row: NDArray[T], of_series: Indices, series: int, empty: float) -> NDArray[T]:
    """Put the values of events into one row a series, shape (series, event)."""
    # the column of an event is its number within its series
    column = np.arange(len(row)) - np.searchsorted(of_series, of_series)
    table = np.full((series, int(column.max(initial=-1)) + 1), empty, dtype=row.dtype)
    table[of_series, column] = row
    return table
