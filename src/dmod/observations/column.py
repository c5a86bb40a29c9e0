"""What a source says of one series, as text, before it is read as times and numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import tzinfo

import numpy as np

from dmod.errors import InputError
from dmod.observations.codes import joined, read_value
from dmod.observations.series import DAY, MEAN, MOMENT, Floats, Series, Times, texts
from dmod.observations.zones import (
    UTC_ZONE,
    has_zone,
    is_date,
    parse_zone,
    standard_offset,
    utc_times,
)

UNITS = {"ft^3/s": "ft3/s", "cfs": "ft3/s", "ft3/sec": "ft3/s", "m^3/s": "m3/s", "cms": "m3/s"}
"""Spellings of units → the one that is written; the unit itself is kept."""


@dataclass(slots=True)
class Column:
    """One series as text, filled row by row.

    Parameters
    ----------
    place : where it comes from, for messages
    zone : of the gauge, "" where the source does not say
    no_data : numbers that stand for "no value"
    lines : where each row stands in the source
    zones : of each row, where the source says it row by row
    """

    place: str
    site: str = ""
    parameter: str = ""
    statistic: str = ""
    unit: str = ""
    id: str = ""
    name: str = ""
    zone: str = ""
    no_data: tuple[float, ...] = ()
    times: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    approval: list[str] = field(default_factory=list)
    qualifiers: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of the same key are parts of one series."""
        return self.site, self.parameter, self.statistic, self.id, self.unit

    def add(self, time: str, value: str, approval: str, qualifiers: str, line: int) -> None:
        """Append a row."""
        self.times.append(time)
        self.values.append(value)
        self.approval.append(approval)
        self.qualifiers.append(qualifiers)
        self.lines.append(line)

    def where(self, row: int) -> str:
        """Return the place of a row."""
        return f"{self.place}, line {self.lines[row]}"

    def series(self, zone: tzinfo | None = None) -> Series:
        """Read the text.

        Parameters
        ----------
        zone : of the gauge, where the source does not say

        Raises
        ------
        InputError
            a cell is no time or no number, with its line.
        """
        values, qualifiers = self._numbers()
        dated = self.statistic != MOMENT and bool(self.times) and all(map(is_date, self.times))
        own = self._clock(zone, dated=dated)
        notes: tuple[str, ...] = ()
        statistic, offset = self.statistic, None
        if dated:
            times, notes = self._days(own)
            offset = 0 if own is None else standard_offset(own)
            if not statistic:
                statistic = MEAN
                notes = (*notes, "values stand on days and are taken as daily means")
        else:
            times, notes = self._moments(own)
            if statistic not in ("", MOMENT):
                offset = _offset_of_days(times)
        return Series(
            site=self.site,
            parameter=self.parameter,
            statistic=statistic,
            unit=UNITS.get(self.unit.lower(), self.unit),
            times=times,
            values=values,
            approval=texts(self.approval),
            qualifiers=texts(qualifiers),
            name=self.name,
            id=self.id,
            day_offset=offset,
            notes=notes,
        )

    def _clock(self, zone: tzinfo | None, *, dated: bool) -> tzinfo | None:
        """Return the gauge's zone; one that is not known matters only where days depend on it."""
        if not self.zone:
            return zone
        try:
            return parse_zone(self.zone, what=f"{self.place}: time zone")
        except InputError:
            if dated and zone is None:
                raise
            return zone

    def _numbers(self) -> tuple[Floats, list[str]]:
        values = np.empty(len(self.values))
        qualifiers = list(self.qualifiers)
        for row, text in enumerate(self.values):
            try:
                values[row], word = read_value(text, missing=self.no_data)
            except InputError as error:
                raise InputError(f"{self.where(row)}: {error.message}", hint=error.hint) from error
            if word:
                qualifiers[row] = joined(word, qualifiers[row])
        return values, qualifiers

    def _days(self, zone: tzinfo | None) -> tuple[Times, tuple[str, ...]]:
        ahead = 0 if zone is None else standard_offset(zone)
        days = utc_times(self.times, UTC_ZONE, self.where) - np.timedelta64(ahead, "s")
        if zone is not None:
            return days, ()
        return days, (
            "the source does not say on which clock its days begin; they are taken as days of UTC "
            "(give the gauge's zone with --zone MST)",
        )

    def _moments(self, zone: tzinfo | None) -> tuple[Times, tuple[str, ...]]:
        if self.zones:
            known = {name: parse_zone(name, what=f"{self.place}: time zone") for name in set(self.zones)}
            return utc_times(self.times, [known[name] for name in self.zones], self.where), ()
        times = utc_times(self.times, zone or UTC_ZONE, self.where)
        bare = 0 if zone is not None else sum(not has_zone(text) for text in self.times)
        if not bare:
            return times, ()
        return times, (
            f"{bare} times carry no zone and are taken as UTC "
            "(where they are not, write it to each, 2015-12-01 00:00-07:00, or give it with --zone MST)",
        )


def _offset_of_days(times: Times) -> int | None:
    """Return how far ahead of UTC the clock is by which every time is midnight; None if there is none."""
    seconds = np.unique(times.astype("datetime64[s]").astype(np.int64) % DAY)
    if len(seconds) != 1:
        return None
    late = int(seconds[0])
    return -late if late <= DAY // 2 else DAY - late


def merged(columns: Iterable[Column]) -> list[Column]:
    """Return the columns with those of one series put together, as pages of a reply are."""
    found: dict[tuple[str, ...], Column] = {}
    for column in columns:
        first = found.setdefault(column.key, column)
        if first is not column:
            for name in ("times", "values", "approval", "qualifiers", "lines", "zones"):
                getattr(first, name).extend(getattr(column, name))
            first.name, first.zone = first.name or column.name, first.zone or column.zone
    return list(found.values())
