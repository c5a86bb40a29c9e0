"""Restrictions of one index of a domain: a range of a continuous one, a set of a discrete one.

A range holds its beginning and not its end, so that ranges that meet neither overlap nor leave a gap: hourly
data stamped 00:00 to 23:00 cover the range from 00:00 to 24:00.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf

from dmod.core.time_axis import format_time
from dmod.errors import InputError

Bound = datetime | float
Element = str | int

NUMBER = re.compile(r"[0-9]{1,18}")
FIRST_TIME = datetime.min.replace(tzinfo=UTC)
LAST_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Continuous:
    """A range of a continuous index: from ``begin`` to ``end``, the end excluded.

    Parameters
    ----------
    begin, end : both aware times, or both numbers
    pattern : how a time is written in DMOD's JSON; no part of the value
    subclass : DMOD's name of the kind of range; no part of the value

    Raises
    ------
    InputError
        the range is empty, mixes times with numbers, or a time has no zone; a bound is neither.
    """

    begin: Bound
    end: Bound
    pattern: str = field(default="%Y-%m-%d %H:%M:%S", compare=False)
    subclass: str = field(default="TimeRange", compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.begin, datetime) != isinstance(self.end, datetime):
            raise InputError(f"a range mixes a time and a number: {self.begin!r}, {self.end!r}")
        for name, bound in (("begin", self.begin), ("end", self.end)):
            if not isinstance(bound, datetime):
                object.__setattr__(self, name, _number(bound))
            elif bound.tzinfo is None:
                raise InputError(f"the time {bound} of a range has no zone", hint="give it in UTC")
        if not self.begin < self.end:  # type: ignore[operator]
            raise InputError(
                f"a range must begin before it ends, got {say(self.begin)} to {say(self.end)}",
                hint="the end is excluded: one hour at 00:00 is the range 00:00 to 01:00",
            )

    def contains(self, other: Continuous) -> bool:
        """Whether every point of ``other`` lies in this range."""
        return self.begin <= other.begin and other.end <= self.end  # type: ignore[operator]

    def intersection(self, other: Continuous) -> Continuous | None:
        """Return what both hold; None if nothing."""
        begin, end = max(self.begin, other.begin), min(self.end, other.end)
        return Continuous(begin, end, self.pattern, self.subclass) if begin < end else None  # type: ignore[operator]

    def subtract(self, other: Continuous) -> tuple[Continuous, ...]:
        """Return what this range holds and ``other`` does not: none, one or two ranges."""
        both = self.intersection(other)
        if both is None:
            return (self,)
        sides = ((self.begin, both.begin), (both.end, self.end))
        return tuple(Continuous(a, b, self.pattern, self.subclass) for a, b in sides if a < b)  # type: ignore[operator]

    def complement(self) -> tuple[Continuous, ...]:
        """Return everything before and after this range; times end with those that can be written."""
        is_time = isinstance(self.begin, datetime)
        first, last = (FIRST_TIME, LAST_TIME) if is_time else (-inf, inf)
        return Continuous(first, last, self.pattern, self.subclass).subtract(self)

    def union(self, other: Continuous) -> Continuous | None:
        """Return the range that holds exactly what one or the other does; None where a gap lies between."""
        if other.begin > self.end or self.begin > other.end:  # type: ignore[operator]
            return None
        begin, end = min(self.begin, other.begin), max(self.end, other.end)
        return Continuous(begin, end, self.pattern, self.subclass)

    def __str__(self) -> str:
        return f"{say(self.begin)} to {say(self.end)}"


@dataclass(frozen=True, slots=True)
class Discrete:
    """A set of elements of a discrete index, or with ``excluded`` all but these.

    Parameters
    ----------
    values : the elements
    excluded : whether the set is everything except ``values``; without values it is everything

    Raises
    ------
    InputError
        the set is empty: it would hold nothing.
    """

    values: frozenset[Element]
    excluded: bool = False

    def __post_init__(self) -> None:
        if not self.values and not self.excluded:
            raise InputError("a discrete restriction without a value would hold nothing")

    @classmethod
    def of(cls, values: Iterable[Element]) -> Discrete:
        """Return the set of these values; of none, everything (as DMOD's empty list means it)."""
        held = frozenset(values)
        return cls(held, excluded=not held)

    @property
    def is_all(self) -> bool:
        """Whether it holds everything."""
        return self.excluded and not self.values

    def contains(self, other: Discrete) -> bool:
        """Whether every element of ``other`` lies in this set."""
        if other.excluded:
            return self.excluded and self.values <= other.values
        return other.values.isdisjoint(self.values) if self.excluded else other.values <= self.values

    def intersection(self, other: Discrete) -> Discrete | None:
        """Return what both hold; None if nothing."""
        if self.excluded and other.excluded:
            return Discrete(self.values | other.values, excluded=True)
        if self.excluded or other.excluded:
            finite, without = (other, self) if self.excluded else (self, other)
            return _finite(finite.values - without.values)
        return _finite(self.values & other.values)

    def subtract(self, other: Discrete) -> tuple[Discrete, ...]:
        """Return what this set holds and ``other`` does not: none or one set."""
        rest = (
            None if other.is_all else self.intersection(Discrete(other.values, excluded=not other.excluded))
        )
        return () if rest is None else (rest,)

    def union(self, other: Discrete) -> Discrete:
        """Return the set that holds exactly what one or the other does."""
        if self.excluded and other.excluded:
            return Discrete(self.values & other.values, excluded=True)
        if self.excluded or other.excluded:
            finite, without = (other, self) if self.excluded else (self, other)
            return Discrete(without.values - finite.values, excluded=True)
        return Discrete(self.values | other.values)

    def __str__(self) -> str:
        if self.is_all:
            return "all"
        named = ", ".join(str(value) for value in in_order(self.values)[:5])
        more = f" and {len(self.values) - 5} more" if len(self.values) > 5 else ""
        return f"{'all but ' if self.excluded else ''}{named}{more}"


Restriction = Continuous | Discrete
ALL = Discrete(frozenset(), excluded=True)


def is_comparable(held: Restriction, other: Restriction) -> bool:
    """Whether both are sets, ranges of times, or ranges of numbers; the set of everything fits to each."""
    if isinstance(held, Discrete):
        return isinstance(other, Discrete) or held.is_all
    if isinstance(other, Discrete):
        return other.is_all
    return isinstance(held.begin, datetime) == isinstance(other.begin, datetime)


def _number(bound: object) -> float:
    """Return a number as all bounds of ranges are held, so that they compare and are written alike."""
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        raise InputError(f"{bound!r} is neither a time nor a number", hint="give a range as begin and end")
    try:
        return float(bound)
    except OverflowError as error:
        raise InputError(
            "a bound of a range is too large a number", hint="leave it out, or give less"
        ) from error


def _finite(values: frozenset[Element]) -> Discrete | None:
    return Discrete(values) if values else None


def in_order(values: Iterable[Element]) -> list[Element]:
    """Return elements in the order in which people count: numbers, then ``cat-2`` before ``cat-10``."""
    return sorted(values, key=_rank)


def _rank(value: Element) -> tuple[int, str, int, str]:
    if isinstance(value, int):
        return (0, "", value, "")
    head, _, tail = value.rpartition("-")
    if NUMBER.fullmatch(tail):
        return (1, head, int(tail), value)
    return (1, value, -1, value)


def say(bound: Bound) -> str:
    """Return a bound as people read it."""
    return format_time(bound) if isinstance(bound, datetime) else f"{bound:.15g}"
