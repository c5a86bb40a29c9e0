"""Statements that find what may fulfil a requirement.

Where places are asked for, those that hold them are found first, by blocks, and then what lies there; all
else is told by summaries. None that fulfils is left out, and whether one does is for the caller to prove, by
the domain itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    SmallInteger,
    and_,
    case,
    column,
    literal,
    or_,
    select,
    text,
    true,
)

from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.index.content import batches
from dmod.catalog.index.places import Shares, holding, sharing
from dmod.catalog.index.signature import LAST_DURATION, Wanted, bit_of, longest, period_of, wanted_of
from dmod.catalog.index.tables import OTHERS, documents, summaries, versions
from dmod.catalog.match import Shared
from dmod.catalog.requirement import Requirement
from dmod.database.moment import moment

Condition = ColumnElement[bool]
_DURATIONS = (
    text(
        " UNION ALL ".join(f"SELECT {n} AS number, {longest(n)} AS longest" for n in range(LAST_DURATION + 1))
    )
    .columns(column("number", SmallInteger), column("longest", BigInteger))
    .cte("durations")
)
_NEWEST_FIRST = (summaries.c.created.desc(), summaries.c.version_id.desc())
_SORTED = ((summaries.c.created + 0).desc(), summaries.c.version_id.desc())
"""The same where few are to be sorted: databases are not to look through all that there are by their age."""

MOST_PLACES = 2_000
"""Places that are asked for by their ids; where it would be more, all datasets are looked through instead."""
NEAR_PLACES = (0, 1, 8, 50, 500, MOST_PLACES)
"""Places that are looked at for the nearest datasets: those that share most, then more if that is too few."""
NEWEST = 1_000
"""Datasets that are looked at first where it is likely that many of them will do."""


@dataclass(frozen=True)
class Search:
    """A requirement, looked for in a database.

    Parameters
    ----------
    at : time at which a dataset must not have expired
    """

    connection: Connection
    requirement: Requirement
    at: datetime

    def candidates(self, limit: int | None) -> list[int]:
        """Return the rows' ids of datasets that may fulfil the requirement alone, the best first."""
        held = holding(self.connection, self._somewhere) if self._somewhere else None
        return self._best([_whole(item) for item in self._otherwise], held, limit)

    def parts(self, limit: int) -> list[int]:
        """Return the rows' ids of datasets that may hold a part of it, the best first.

        A part is enough of indices along which a format can be divided; of others all must be held.
        """
        accepted = [form for form in FORMATS.values() if self.requirement.accepts(form)]
        dividing = {index for form in accepted for index in form.divides}
        held: set[int] | None = None
        if self._somewhere:
            held = set(self._shares_of_all)
            whole = [item for item in self._somewhere if item.index not in dividing]
            held &= holding(self.connection, whole) if whole else held
        asked = [_part(item) if item.index in dividing else _whole(item) for item in self._otherwise]
        return self._best(asked, held, limit)

    def near(self, shared: Shared, limit: int) -> list[int]:
        """Return the rows' ids of datasets of the category that come near to it.

        Parameters
        ----------
        shared : of what they hold a part, as far as is known: 2 of everything, 1 of something, 0 of whatever
        limit : how many are returned for each thing that they may share
        """
        if shared == 2 and self._somewhere:
            return self._nearest_at(self._shares_of_all, self._otherwise, limit)
        if shared == 2:
            return self._nearest(self._otherwise, None, limit)
        if shared == 0:
            return self._nearest([], None, limit)
        found: dict[int, None] = {}
        for shares in self._shares:
            found |= dict.fromkeys(self._nearest_at(shares, [], limit))
        for item in self._otherwise:
            found |= dict.fromkeys(self._newest(item, limit))
        return list(found)

    @cached_property
    def _wanted(self) -> list[Wanted]:
        return [wanted_of(index, held) for index, held in sorted(self.requirement.restrictions.items())]

    @cached_property
    def _somewhere(self) -> list[Wanted]:
        """What is asked for of named places."""
        return [item for item in self._wanted if item.blocks]

    @cached_property
    def _otherwise(self) -> list[Wanted]:
        """What else is asked for."""
        return [item for item in self._wanted if not item.blocks]

    @cached_property
    def _shares(self) -> list[Shares]:
        """For each index that asks for named places, those that may hold a part of it."""
        return [sharing(self.connection, item) for item in self._somewhere]

    @cached_property
    def _shares_of_all(self) -> Shares:
        """Those that may hold a part of what is asked for of each of these indices."""
        common = reduce(set.intersection, map(set[int], self._shares))
        return {places_id: sum(shares[places_id] for shares in self._shares) for places_id in common}

    def _best(self, asked: Sequence[Condition], held: set[int] | None, limit: int | None) -> list[int]:
        """Return the rows' ids of usable datasets: those of the exact format first, then the newest.

        Parameters
        ----------
        held : places of which they have one; None where that does not matter
        """
        if held is None:
            rows = self._usable(asked, limit)
        elif len(held) <= MOST_PLACES:
            rows = self._usable([summaries.c.places_id.in_(sorted(held)), *asked], limit) if held else []
        else:
            rows = [row for row in self._usable(asked, None) if row.places_id in held]
        return self._ordered(rows[:limit])

    def _ordered(self, rows: Sequence[Any]) -> list[int]:
        """Return the rows' ids in order, where those of one age are ordered by their names."""
        ages = Counter(map(_age, rows))
        alike = [row.version_id for row in rows if ages[_age(row)] > 1]
        names: dict[int, tuple[str, int]] = {}
        for batch in batches(alike):
            named = select(versions.c.id, versions.c.name, versions.c.version).where(versions.c.id.in_(batch))
            names |= {row.id: (row.name, -row.version) for row in self.connection.execute(named)}
        ordered = sorted(rows, key=lambda row: (_age(row), names.get(row.version_id, ("", 0))))
        return [row.version_id for row in ordered]

    def _usable(self, asked: Sequence[Condition], limit: int | None) -> Sequence[Any]:
        """Return rows of usable datasets, the best first but for those of one age."""
        form = self.requirement.format
        differs: Any = literal(0) if form is None else case((summaries.c.format == form.id, 0), else_=1)
        columns = (summaries.c.version_id, summaries.c.places_id, summaries.c.created)
        chosen = (
            select(*columns, differs.label("differs"))
            .where(self._of_category, self._accepted, self._unexpired, *asked)
            .order_by(differs, *_NEWEST_FIRST)
            .limit(limit)
        )
        return self.connection.execute(chosen).all()

    def _nearest_at(self, shares: Shares, others: Sequence[Wanted], limit: int) -> list[int]:
        """Return the rows' ids of what lies where most is shared and holds a part of all else."""
        ordered = sorted(shares, key=lambda places_id: (-shares[places_id], -places_id))
        found: list[int] = []
        for first, end in pairwise(NEAR_PLACES):
            if len(found) < limit and first < len(ordered):
                found += self._nearest(others, ordered[first:end], limit - len(found))
        return found

    def _nearest(self, others: Sequence[Wanted], held: Sequence[int] | None, limit: int) -> list[int]:
        """Return the rows' ids of datasets of the category, those first that share most of ``others``."""
        there = and_(self._of_category, true() if held is None else summaries.c.places_id.in_(held))
        if not others:
            # of one place there may be very many datasets, whose age the database has in order
            order = _NEWEST_FIRST if held is None or len(held) == 1 else _SORTED
            return self._ids(there, order, limit)
        usable = case((and_(self._accepted, self._unexpired), 1), else_=0)
        overlaps = [_overlap(item).desc() for item in others if _period(item)]
        holds = and_(there, *(_part(item) for item in others))
        return self._ids(holds, [usable.desc(), *overlaps, *_SORTED], limit)

    def _newest(self, item: Wanted, limit: int) -> list[int]:
        """Return the rows' ids of the newest datasets of the category that hold a part of one index."""
        newest = select(summaries).where(self._of_category).order_by(*_NEWEST_FIRST).limit(NEWEST).subquery()
        order = (newest.c.created.desc(), newest.c.version_id.desc())
        likely = select(newest.c.version_id).where(_shares(item, newest)).order_by(*order).limit(limit)
        found = list(self.connection.execute(likely).scalars())
        if len(found) == limit:
            return found
        return self._ids(and_(self._of_category, _part(item)), _SORTED, limit)

    def _ids(self, condition: Condition, order: Sequence[Any], limit: int) -> list[int]:
        chosen = select(summaries.c.version_id).where(condition).order_by(*order).limit(limit)
        return list(self.connection.execute(chosen).scalars())

    @property
    def _of_category(self) -> Condition:
        return summaries.c.category == self.requirement.category.value

    @property
    def _accepted(self) -> Condition:
        if self.requirement.format is None:
            return true()
        return summaries.c.format.in_([f.id for f in FORMATS.values() if self.requirement.accepts(f)])

    @property
    def _unexpired(self) -> Condition:
        return or_(summaries.c.expires.is_(None), summaries.c.expires > moment(self.at))


def read(connection: Connection, version_ids: Sequence[int]) -> list[str]:
    """Return records of datasets in the order of ids; what was removed meanwhile is left out."""
    found: dict[int, str] = {}
    for batch in batches(version_ids):
        rows = connection.execute(
            select(documents.c.version_id, documents.c.record)
            .join(summaries, documents.c.version_id == summaries.c.version_id)
            .where(documents.c.version_id.in_(batch))
        )
        found |= {row.version_id: row.record for row in rows}
    return [found[version_id] for version_id in version_ids if version_id in found]


def _age(row: Any) -> tuple[int, int]:
    return (row.differs, -row.created)


def _states(item: Wanted, rows: FromClause = summaries) -> Condition:
    return rows.c.stated.op("&")(item.bit) != 0


def _unbounded(item: Wanted, rows: FromClause = summaries) -> Condition:
    return rows.c.unbounded.op("&")(literal(bit_of(item.index))) != 0


def _whole(item: Wanted) -> Condition:
    """Whether a dataset may hold all that is wanted of an index; never false where it does."""
    period = _period(item)
    if period is not None:
        begin, end = period
        within = and_(summaries.c.time_begin <= begin, summaries.c.time_end >= end)
        return and_(_states(item), within, _begins(end, begin))
    if not item.words:
        return _states(item) if item.index is DomainIndex.DATA_ID else and_(_states(item), _unbounded(item))
    bits = and_(*(summaries.c[name].op("&")(word) == word for name, word in _words(item)))
    return and_(_states(item), or_(_unbounded(item), bits))


def _part(item: Wanted) -> Condition:
    """Whether a dataset may hold a part of what is wanted of an index; never false where it does."""
    period = _period(item)
    shares = _shares(item, summaries)
    return shares if period is None else and_(shares, _begins(period[0], period[1] - 1))


def _shares(item: Wanted, rows: FromClause) -> Condition:
    """Whether one of some rows may, which are few enough to look at each."""
    period = _period(item)
    if period is not None:
        begin, end = period
        return and_(_states(item, rows), rows.c.time_begin < end, rows.c.time_end > begin)
    if not item.words:
        return _states(item, rows)
    bits = or_(*(rows.c[name].op("&")(word) != 0 for name, word in _words(item)))
    return and_(_states(item, rows), or_(_unbounded(item, rows), bits))


def _period(item: Wanted) -> tuple[int, int] | None:
    return period_of(item.restriction) if item.index is DomainIndex.TIME else None


def _begins(after: int, last: int) -> Condition:
    """Whether a period can end after a moment, by its rough duration, and does not begin later than another.

    So a period is found by where it begins, however many there are before it.
    """
    # said twice: SQLite looks up the durations one by one, and PostgreSQL counts on numbers that it is given
    found = (
        and_(summaries.c.duration == number, summaries.c.time_begin > after - longest(number))
        for number in range(LAST_DURATION + 1)
    )
    return and_(
        summaries.c.duration == _DURATIONS.c.number,
        summaries.c.time_begin > after - _DURATIONS.c.longest,
        summaries.c.time_begin <= last,
        or_(*found),
    )


def _words(item: Wanted) -> list[tuple[str, int]]:
    return [(name, word) for name, word in zip(OTHERS, item.words, strict=True) if word]


def _overlap(item: Wanted) -> Any:
    """Return how much of a period a dataset shares [µs]."""
    begin, end = _period(item) or (0, 0)
    first = case((summaries.c.time_begin > begin, summaries.c.time_begin), else_=begin)
    last = case((summaries.c.time_end < end, summaries.c.time_end), else_=end)
    return last - first
