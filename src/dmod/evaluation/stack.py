"""Series of many locations on one clock, as arrays (location, time), so that metrics score them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.align import interval_means, span
from dmod.evaluation.location_series import LocationSeries

Floats = NDArray[np.float64]
VALUES_AT_ONCE = 1 << 17
"""Of one side in one stack: what metrics compute in between then stays in the processor's cache."""
MEMBERS_AT_ONCE = 1 << 19
"""Values of all members of an ensemble in one stack."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Intervals of equal length: they begin at ``phase`` + any number of ``step`` since 1970 UTC [s]."""

    step: int
    phase: int


@dataclass(frozen=True, slots=True)
class LocationPairs:
    """What is known of one location before it is brought onto a clock.

    Parameters
    ----------
    location : of the observations
    simulated : by configuration, or by key of an ensemble's member; those that lack it are left out
    reasons : why a configuration cannot be compared, by its name
    """

    location: str
    observed: LocationSeries
    simulated: Mapping[str, LocationSeries]
    clock: Clock | None
    first: int
    last: int
    reasons: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stack:
    """Locations on the same intervals; NaN where a value is missing.

    Parameters
    ----------
    start : of the intervals, seconds since 1970 UTC, shape (time,)
    observed : shape (location, time)
    simulated : by configuration, shape (location, time)
    members : of ensembles, by configuration, NaN at times at which any is missing, shape (location, member,
        time)
    gaps : whether times were left out since some members are missing, by ensemble, shape (location,)
    """

    rows: tuple[LocationPairs, ...]
    start: NDArray[np.int64]
    step: int
    observed: Floats
    simulated: Mapping[str, Floats]
    members: Mapping[str, Floats] = field(default_factory=dict)
    gaps: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def times(self) -> NDArray[np.datetime64]:
        """Start of the intervals, UTC, shape (time,)."""
        return self.start.astype("datetime64[s]")


@dataclass(frozen=True, slots=True)
class Period:
    """What counts of the time: from ``start`` to before ``end`` [s], without the warm-up [s]."""

    start: int | None = None
    end: int | None = None
    warm_up: int = 0


def pair_up(
    observed: LocationSeries,
    simulated: Mapping[str, LocationSeries],
    step: int | None,
    period: Period,
    reasons: Mapping[str, str] | None = None,
    called: Mapping[str, str] | None = None,
) -> LocationPairs:
    """Choose the clock of a location, and the stretch of it that both sides cover.

    The longest step of all series decides unless ``step`` is given. Intervals begin where those of the
    series with that step do, the observed one before the simulated ones, and else on the hours of UTC.

    Parameters
    ----------
    called : what notes call a series that is simulated, by its key; the key if not given
    """
    why = dict(reasons or {})
    if _is_empty(observed):
        return _hopeless(observed, simulated, why, _empty(observed, "observed"))
    for name, series in simulated.items():
        if _is_empty(series):
            why.setdefault(name, _empty(series, "simulated"))
    usable = {name: series for name, series in simulated.items() if name not in why}
    steps = [series.step for series in (observed, *usable.values()) if series.step is not None]
    chosen = step if step is not None else max(steps, default=None)
    if chosen is None:
        return _hopeless(
            observed, simulated, why, "no series has equal steps: the evaluation has to state its step"
        )
    if observed.step is not None and observed.step > chosen:
        return _hopeless(observed, simulated, why, _too_long("observed", observed.step, chosen))
    for name, series in list(usable.items()):
        if series.step is not None and series.step > chosen:
            why[name] = _too_long("simulated", series.step, chosen)
            del usable[name]
    clock = _clock(chosen, (observed, *usable.values()))
    ours = _extent(observed, clock)
    kept: dict[str, LocationSeries] = {}
    first, last = [], []
    for name, series in usable.items():
        theirs = _extent(series, clock)
        begin, end = max(ours[0], theirs[0]), min(ours[1], theirs[1])
        begin, end = _within(begin, end, period, clock, _seconds(series.times[:1])[0])
        if begin > end:
            why[name] = _no_overlap(observed, series, period)
            continue
        kept[name] = series
        first.append(begin)
        last.append(end)
    if not kept:
        return LocationPairs(
            observed.location, observed, {}, None, 0, -1, why, _notes(observed, kept, clock, called or {})
        )
    return LocationPairs(
        observed.location,
        observed,
        kept,
        clock,
        min(first),
        max(last),
        why,
        _notes(observed, kept, clock, called or {}),
    )


def stacks(
    pairs: Sequence[LocationPairs], period: Period, names: Sequence[str] | Mapping[str, Sequence[str]]
) -> Iterator[Stack]:
    """Bring locations with the same clock together, not more at a time than :data:`VALUES_AT_ONCE`.

    Parameters
    ----------
    names : of configurations; or name → keys of the members of an ensemble, none for a run
    """
    groups = names if isinstance(names, Mapping) else dict.fromkeys(names, ())
    widest = max((len(keys) for keys in groups.values()), default=0)
    most = min(VALUES_AT_ONCE, MEMBERS_AT_ONCE // max(widest, 1))
    by_clock: dict[Clock, list[LocationPairs]] = {}
    for one in pairs:
        if one.clock is not None:
            by_clock.setdefault(one.clock, []).append(one)
    for clock, group in by_clock.items():
        batch: list[LocationPairs] = []
        for one in group:
            together = [*batch, one]
            begin, end = min(p.first for p in together), max(p.last for p in together)
            if batch and len(together) * ((end - begin) // clock.step + 1) > most:
                yield _stacked(batch, clock, period, groups)
                together = [one]
            batch = together
        yield _stacked(batch, clock, period, groups)


def _stacked(
    rows: Sequence[LocationPairs], clock: Clock, period: Period, groups: Mapping[str, Sequence[str]]
) -> Stack:
    begin, end = min(row.first for row in rows), max(row.last for row in rows)
    start = np.arange(begin, end + clock.step, clock.step, dtype=np.int64)
    shape = (len(rows), len(start))
    observed = np.full(shape, np.nan)
    simulated = {name: np.full(shape, np.nan) for name, keys in groups.items() if not keys}
    members = {n: np.full((shape[0], len(keys), shape[1]), np.nan) for n, keys in groups.items() if keys}
    for index, row in enumerate(rows):
        _bring(row.observed, clock, start, observed[index])
        targets = {name: values[index] for name, values in simulated.items()}
        targets |= {key: members[n][index, at] for n in members for at, key in enumerate(groups[n])}
        for name, series in row.simulated.items():
            target = targets[name]
            _bring(series, clock, start, target)
            if period.warm_up:
                target[start < int(_seconds(series.times[:1])[0]) + period.warm_up] = np.nan
    gaps = {name: _drop_gaps(values) for name, values in members.items()}
    return Stack(tuple(rows), start, clock.step, observed, simulated, members, gaps)


def _drop_gaps(members: Floats) -> NDArray[np.bool_]:
    """Make all members missing where some are; return at which locations that was so, shape (location,)."""
    missing = np.isnan(members)
    partly = np.asarray(missing.any(axis=1) & ~missing.all(axis=1))
    np.copyto(members, np.nan, where=partly[:, None, :])
    return np.asarray(partly.any(axis=-1))


def _bring(series: LocationSeries, clock: Clock, start: NDArray[np.int64], target: Floats) -> None:
    """Write a series onto intervals; those that it does not cover completely stay NaN."""
    stamps = _seconds(series.times)
    if series.step == clock.step and (int(stamps[0]) - clock.phase) % clock.step == 0:
        offset = (int(stamps[0]) - int(start[0])) // clock.step
        if (int(stamps[-1]) - int(stamps[0])) // clock.step + 1 == len(stamps):  # without a gap
            first, last = max(offset, 0), min(offset + len(stamps), len(start))
            target[first:last] = series.values[first - offset : last - offset]
        else:
            index = (stamps - start[0]) // clock.step
            inside = (index >= 0) & (index < len(start))
            target[index[inside]] = series.values[inside]
    elif series.step is None:
        known = np.isfinite(series.values)
        index = (stamps[known] - start[0]) // clock.step
        inside = (index >= 0) & (index < len(start))
        total = np.bincount(index[inside], weights=series.values[known][inside], minlength=len(start))
        count = np.bincount(index[inside], minlength=len(start))
        target[:] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    else:
        target[:] = interval_means(stamps, series.values, series.step, start, clock.step)[0]


def _clock(step: int, series: Sequence[LocationSeries]) -> Clock:
    for one in series:
        if one.step == step:
            return Clock(step, int(_seconds(one.times[:1])[0]) % step)
    return Clock(step, 0)


def _extent(series: LocationSeries, clock: Clock) -> tuple[int, int]:
    """Return start of the first and the last interval that a series touches."""
    first, last = _seconds(series.times[[0, -1]]).tolist()
    # of equal steps the last interval has to be complete
    whole = last if series.step is None else last + series.step - clock.step
    return _floor(first, clock), _floor(whole, clock)


def _within(begin: int, end: int, period: Period, clock: Clock, first: int) -> tuple[int, int]:
    """Return first and last interval that lie within the period and after the warm-up."""
    lowest = max(period.start if period.start is not None else begin, first + period.warm_up)
    if lowest > begin:
        begin = _floor(lowest + clock.step - 1, clock)
    if period.end is not None:
        end = min(end, _floor(period.end - clock.step, clock))
    return begin, end


def _floor(second: int, clock: Clock) -> int:
    return second - (second - clock.phase) % clock.step


def _seconds(times: NDArray[np.datetime64]) -> NDArray[np.int64]:
    return times.astype("datetime64[s]").astype(np.int64)


def _is_empty(series: LocationSeries) -> bool:
    return len(series.times) == 0 or not np.isfinite(series.values).any()


def _empty(series: LocationSeries, side: str) -> str:
    said = f": {'; '.join(series.notes)}" if series.notes else ""
    return f"there is no {side} value at {series.location}{said}"


def _hopeless(
    observed: LocationSeries, simulated: Mapping[str, LocationSeries], why: dict[str, str], reason: str
) -> LocationPairs:
    reasons = {**dict.fromkeys(simulated, reason), **why}
    return LocationPairs(observed.location, observed, {}, None, 0, -1, reasons)


def _too_long(side: str, has: int, wanted: int) -> str:
    return f"{side} values hold for {span(has)}, which is longer than the evaluation's step of {span(wanted)}"


def _no_overlap(observed: LocationSeries, simulated: LocationSeries, period: Period) -> str:
    what = f"simulated {_period(simulated)}, observed {_period(observed)}"
    if period.start is not None or period.end is not None or period.warm_up:
        return f"no common interval within the evaluation's period and after the warm-up: {what}"
    return f"no common interval: {what}"


def _period(series: LocationSeries) -> str:
    ends = series.times[[0, -1]].astype("datetime64[m]")
    return " to ".join(text.replace("T", " ") for text in np.datetime_as_string(ends).tolist())


def _notes(
    observed: LocationSeries, kept: Mapping[str, LocationSeries], clock: Clock, called: Mapping[str, str]
) -> tuple[str, ...]:
    notes = list(observed.notes)
    simulated = ((f"simulated ({called.get(name, name)})", series) for name, series in kept.items())
    for side, series in (("observed", observed), *simulated):
        if side != "observed":
            notes += [f"{side}: {note}" for note in series.notes]
        if series.step is None:
            notes.append(
                f"{side} values come at irregular times; those within {span(clock.step)} are averaged"
            )
        elif series.step != clock.step:
            begins = _begins(clock)
            notes.append(f"{side} values are averaged from {span(series.step)} to {span(clock.step)}{begins}")
        elif int(_seconds(series.times[:1])[0]) % clock.step != clock.phase:
            notes.append(f"{side} values are averaged onto intervals that start at other times")
    return tuple(dict.fromkeys(notes))


def _begins(clock: Clock) -> str:
    if clock.step < 86400:
        return ""
    minutes = clock.phase % 86400 // 60
    return f", days begin at {minutes // 60:02d}:{minutes % 60:02d} UTC"
