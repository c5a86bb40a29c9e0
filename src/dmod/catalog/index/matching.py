"""Statements that find what may fulfil a requirement, by the signatures of domains."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, literal, or_, select, true

from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.rows import dataset_from
from dmod.catalog.index.signature import Wanted, bit_of, may_hold, period_of, wanted_of
from dmod.catalog.index.tables import OTHERS, PLACES, documents, summaries, versions
from dmod.catalog.requirement import Requirement
from dmod.database.moment import moment

Condition = ColumnElement[bool]


def candidates(connection: Connection, requirement: Requirement, at: datetime) -> Sequence[int]:
    """Return the rows' ids of datasets that may fulfil a requirement alone, the best first."""
    return _ids(connection, requirement, at, [_whole(item) for item in wanted_whole(requirement)])


def parts(connection: Connection, requirement: Requirement, at: datetime, limit: int) -> Sequence[int]:
    """Return the rows' ids of datasets that may hold a part of what is required, the best first."""
    wanted = _wanted_parts(requirement)
    conditions = [_whole(item) if item.is_whole else _part(item) for item in wanted]
    coded = (
        _chosen(requirement, at, conditions)
        .join(documents, documents.c.version_id == summaries.c.version_id)
        .add_columns(documents.c.coded, documents.c.codes)
    )
    verdicts: dict[tuple[int, bytes], bool] = {}  # months of one basin have the same codes
    found: list[int] = []
    for version_id, *codes in connection.execute(coded):
        key = (codes[0], codes[1])
        if key not in verdicts:
            verdicts[key] = may_hold(wanted, *key)
        if verdicts[key]:
            found.append(version_id)
            if len(found) == limit:
                break
    return found


def read(connection: Connection, version_ids: Sequence[int]) -> list[Row[Any]]:
    """Return records and codes of datasets in the order of ids; what was removed meanwhile is left out."""
    rows = connection.execute(
        select(documents)
        .join(summaries, documents.c.version_id == summaries.c.version_id)
        .where(documents.c.version_id.in_(version_ids))
    )
    found = {row.version_id: row for row in rows}
    return [found[version_id] for version_id in version_ids if version_id in found]


def wanted_whole(requirement: Requirement) -> list[Wanted]:
    """Return what must be held whole, index by index."""
    return [wanted_of(index, held) for index, held in sorted(requirement.restrictions.items())]


def _wanted_parts(requirement: Requirement) -> list[Wanted]:
    """Return what must be held in part where a format can be divided, and whole where none can."""
    dividing = {index for form in FORMATS.values() if requirement.accepts(form) for index in form.divides}
    return [
        wanted_of(index, held, is_whole=index not in dividing)
        for index, held in sorted(requirement.restrictions.items())
    ]


def nearest(connection: Connection, requirement: Requirement, at: datetime, limit: int) -> list[Dataset]:
    """Return datasets of the category, those first for which most conditions hold."""
    wanted = wanted_whole(requirement)
    points: Any = _point(_accepted(requirement), 2) + _point(_unexpired(at), 1)
    for item in wanted:
        points = points + _point(_whole(item), 2) + _point(_part(item), 2) + _point(_states(item), 1)
    # to weigh all of them takes long, and is needed only where few hold a part of everything
    near = _weighed(connection, requirement, points, [_part(item) for item in wanted], limit)
    if len(near) < limit and wanted:
        near = _weighed(connection, requirement, points, [], limit)
    rows = connection.execute(
        select(documents.c.version_id, documents.c.record).where(documents.c.version_id.in_(near))
    )
    records = {row.version_id: row.record for row in rows}
    return [dataset_from(records[version_id]) for version_id in near]


def _weighed(
    connection: Connection, requirement: Requirement, points: Any, conditions: Sequence[Condition], limit: int
) -> Sequence[int]:
    chosen = (
        select(summaries.c.version_id)
        .where(summaries.c.category == requirement.category.value, *conditions)
        .order_by(points.desc(), summaries.c.created.desc(), summaries.c.version_id.desc())
        .limit(limit)
    )
    return connection.execute(chosen).scalars().all()


def _ids(
    connection: Connection, requirement: Requirement, at: datetime, conditions: Sequence[Condition]
) -> Sequence[int]:
    return connection.execute(_chosen(requirement, at, conditions)).scalars().all()


def _chosen(requirement: Requirement, at: datetime, conditions: Sequence[Condition]) -> Select[Any]:
    return (
        select(summaries.c.version_id)
        .join(versions, versions.c.id == summaries.c.version_id)
        .where(_kind(requirement), _unexpired(at), *conditions)
        .order_by(*_best(requirement))
    )


def _accepted(requirement: Requirement) -> Condition:
    if requirement.format is None:
        return true()
    return summaries.c.format.in_([f.id for f in FORMATS.values() if requirement.accepts(f)])


def _kind(requirement: Requirement) -> Condition:
    return and_(summaries.c.category == requirement.category.value, _accepted(requirement))


def _unexpired(at: datetime) -> Condition:
    return or_(summaries.c.expires.is_(None), summaries.c.expires > moment(at))


def _best(requirement: Requirement) -> Sequence[Any]:
    newest = (summaries.c.created.desc(), versions.c.name, versions.c.version.desc())
    if requirement.format is None:
        return newest
    return (case((summaries.c.format == requirement.format.id, 0), else_=1), *newest)


def _point(condition: Condition, points: int) -> Any:
    return case((condition, points), else_=0)


def _states(item: Wanted) -> Condition:
    return summaries.c.stated.op("&")(item.bit) != 0


def _whole(item: Wanted) -> Condition:
    """Whether a dataset may hold all that is wanted of an index; never false where it does."""
    period = period_of(item.restriction) if item.index is DomainIndex.TIME else None
    if period is not None:
        begin, end = period
        return and_(_states(item), summaries.c.time_begin <= begin, summaries.c.time_end >= end)
    if not item.words:
        return _states(item) if item.index is DomainIndex.DATA_ID else and_(_states(item), _unbounded(item))
    columns = _columns(item)
    bits = and_(*(column.op("&")(word) == word for column, word in columns if word))
    if item.index is DomainIndex.CATCHMENT_ID:
        bits = and_(bits, summaries.c.place_count >= item.count)
    return and_(_states(item), or_(_unbounded(item), bits))


def _part(item: Wanted) -> Condition:
    """Whether a dataset may hold a part of what is wanted of an index."""
    period = period_of(item.restriction) if item.index is DomainIndex.TIME else None
    if period is not None:
        begin, end = period
        return and_(_states(item), summaries.c.time_begin < end, summaries.c.time_end > begin)
    if not item.words:
        return _states(item)
    bits = or_(*(column.op("&")(word) != 0 for column, word in _columns(item) if word))
    return and_(_states(item), or_(_unbounded(item), bits))


def _unbounded(item: Wanted) -> Condition:
    return summaries.c.unbounded.op("&")(literal(bit_of(item.index))) != 0


def _columns(item: Wanted) -> list[tuple[Any, int]]:
    names = PLACES if item.index is DomainIndex.CATCHMENT_ID else OTHERS
    return [(summaries.c[name], word) for name, word in zip(names, item.words, strict=True)]
