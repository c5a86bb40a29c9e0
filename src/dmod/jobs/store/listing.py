"""Statements that list and count jobs.

A page is read along an index whose order is that of ids, so that it takes as long among a hundred thousand
jobs as among a hundred. Of all that a query names, the one is chosen that fewest jobs have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, func, literal, select

from dmod.database.moment import moment
from dmod.jobs.job import Job
from dmod.jobs.state import JobState
from dmod.jobs.store.port import JobQuery, Page
from dmod.jobs.store.rows import folded, job_of
from dmod.jobs.store.tables import jobs, labels, summaries, viewers

ENOUGH = 2_000
"""So many are counted to find out what fewest jobs have; beyond that, all are many."""
_NUL = "\x00"


class Way(NamedTuple):
    """A way to jobs: entries of a table, each branch along an index in the order of ids.

    Parameters
    ----------
    label : that those of this way have
    """

    table: Table
    branches: tuple[ColumnElement[bool], ...]
    label: tuple[str, str] | None = None

    @property
    def job_id(self) -> ColumnElement[str]:
        """Return the column with the ids."""
        return self.table.c.id if self.table is jobs else self.table.c.job_id


def page(connection: Connection, query: JobQuery) -> Page:
    """Return a page of jobs."""
    if _asks_for_nothing(query):
        return Page(())
    way = _best(connection, query)
    found: list[str] = []
    for branch in way.branches:
        chosen = _conditions(select(way.job_id), way, branch, query)
        if query.after:
            chosen = chosen.where(
                way.job_id < query.after if query.newest_first else way.job_id > query.after
            )
        order = way.job_id.desc() if query.newest_first else way.job_id
        found += connection.execute(chosen.order_by(order).limit(query.limit + 1)).scalars()
    ids = sorted(set(found), reverse=query.newest_first)[: query.limit + 1]
    shown = ids[: query.limit]
    return Page(tuple(_shown(connection, shown)), shown[-1] if len(ids) > len(shown) > 0 else "")


def count(connection: Connection, query: JobQuery) -> dict[JobState, int]:
    """Return how many jobs there are in each state."""
    if _asks_for_nothing(query):
        return {}
    way = _best(connection, query)
    state = viewers.c.state if way.table is viewers and not _needs_job(query) else jobs.c.state
    found: dict[JobState, int] = {}
    for branch in way.branches:
        chosen = _conditions(select(state, func.count()), way, branch, query, is_count=True).group_by(state)
        for name, number in connection.execute(chosen):
            found[JobState(name)] = found.get(JobState(name), 0) + number
    return found


def _asks_for_nothing(query: JobQuery) -> bool:
    """Whether a query names what no database can hold."""
    named = [query.owner, query.visible_to, query.after, *(part for pair in query.labels for part in pair)]
    return any(_NUL in text for text in named)


def _best(connection: Connection, query: JobQuery) -> Way:
    ways = list(_ways(query)) or [Way(jobs, (literal(value=True),))]
    if len(ways) == 1:
        return ways[0]
    sizes = [_size(connection, way) for way in ways]
    return ways[sizes.index(min(sizes))]


def _size(connection: Connection, way: Way) -> int:
    total = 0
    for branch in way.branches:
        some = select(way.job_id).where(branch).limit(ENOUGH).subquery()
        total += int(connection.execute(select(func.count()).select_from(some)).scalar_one())
    return total


def _ways(query: JobQuery) -> Iterator[Way]:
    """Yield the ways to what a query asks for; the first of those that are as good is taken."""
    states = sorted(query.states)
    if query.visible_to:
        yield Way(viewers, _each(viewers.c.viewer == query.visible_to, viewers, states))
    if query.owner:
        yield Way(jobs, _each(jobs.c.owner == query.owner, jobs, states))
    for name, value in query.labels:
        yield Way(labels, ((labels.c.name == name) & (labels.c.value == value),), (name, value))
    if states:
        yield Way(jobs, tuple(jobs.c.state == state.value for state in states))
    if query.kinds:
        yield Way(jobs, tuple(jobs.c.kind == kind.value for kind in sorted(query.kinds)))


def _each(
    condition: ColumnElement[bool], table: Table, states: Sequence[JobState]
) -> tuple[ColumnElement[bool], ...]:
    return tuple(condition & (table.c.state == state.value) for state in states) or (condition,)


def _needs_job(query: JobQuery) -> bool:
    """Whether more is asked for than who may see a job and its state."""
    others = (query.owner, query.kinds, query.labels, query.text, query.created_after, query.created_before)
    return any(others)


def _conditions(
    chosen: Select[Any], way: Way, branch: ColumnElement[bool], query: JobQuery, *, is_count: bool = False
) -> Select[Any]:
    """Return a statement for all that a query asks for, along one branch of a way."""
    chosen = chosen.where(branch)
    if way.table is viewers and not _needs_job(query):
        return chosen
    if way.table is not jobs:
        chosen = _joined(chosen, way, query, is_count=is_count)
    for condition in _filters(query):
        chosen = chosen.where(condition)
    if query.visible_to and way.table is not viewers:
        chosen = chosen.where(
            select(viewers.c.job_id)
            .where(viewers.c.viewer == query.visible_to, viewers.c.job_id == way.job_id)
            .exists()
        )
    for name, value in (label for label in query.labels if label != way.label):
        other = labels.alias()
        chosen = chosen.where(
            select(other.c.job_id)
            .where(other.c.name == name, other.c.value == value, other.c.job_id == way.job_id)
            .exists()
        )
    return chosen


def _joined(chosen: Select[Any], way: Way, query: JobQuery, *, is_count: bool) -> Select[Any]:
    if not is_count and not list(_filters(query)):
        return chosen
    return chosen.select_from(way.table).join(jobs, jobs.c.id == way.job_id)


def _filters(query: JobQuery) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of the row of a job itself."""
    if query.owner:
        yield jobs.c.owner == query.owner
    if query.states:
        yield jobs.c.state.in_([state.value for state in query.states])
    if query.kinds:
        yield jobs.c.kind.in_([kind.value for kind in query.kinds])
    if query.text:
        yield jobs.c.words.contains(folded(query.text), autoescape=True)
    if query.created_after is not None:
        yield jobs.c.created >= moment(query.created_after)
    if query.created_before is not None:
        yield jobs.c.created < moment(query.created_before)


def _shown(connection: Connection, ids: Sequence[str]) -> Iterator[Job]:
    if not ids:
        return
    chosen = (
        select(jobs, summaries.c.document.label("summary"))
        .join(summaries, summaries.c.job_id == jobs.c.id)
        .where(jobs.c.id.in_(ids))
    )
    rows = {row.id: row for row in connection.execute(chosen)}
    for job_id in ids:
        yield job_of(rows[job_id], rows[job_id].summary)
