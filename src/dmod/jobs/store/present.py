"""Statements about what is so just now: reports of attempts, nodes, and who has been given how much."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Double, case, cast, delete, func, insert, literal, select

from dmod.database.moment import moment
from dmod.database.upsert import insert_or_replace
from dmod.jobs.demand import Node
from dmod.jobs.store.document import text_of
from dmod.jobs.store.refusal import foreign_nodes
from dmod.jobs.store.tables import attempts, nodes, reports

Report = Mapping[str, Any]


def report(connection: Connection, found: Mapping[str, Report], over: Collection[str]) -> None:
    """Keep what is known of attempts under way, by label."""
    gone = sorted(set(over) - set(found))
    if gone:
        connection.execute(delete(reports).where(reports.c.label.in_(gone)))
    rows = [
        {"label": name, "job_id": name.split(":")[0], "document": text_of(found[name])}
        for name in sorted(found)
    ]
    if rows:
        connection.execute(insert_or_replace(connection, reports), rows)


def reported(connection: Connection, job_id: str) -> dict[str, Report]:
    """Return what was reported last, of a job's attempts or of all."""
    chosen = select(reports.c.label, reports.c.document).order_by(reports.c.label)
    if job_id:
        chosen = chosen.where(reports.c.job_id == job_id)
    return {row.label: json.loads(row.document) for row in connection.execute(chosen)}


def set_nodes(connection: Connection, executor: str, found: Sequence[Node]) -> None:
    """Note which nodes an executor has."""
    names = [node.name for node in found]
    others = select(nodes.c.name).where(nodes.c.name.in_(names), nodes.c.executor != executor)
    foreign = connection.execute(others.order_by(nodes.c.name)).scalars().all()
    if foreign:
        raise foreign_nodes(foreign, executor)
    connection.execute(delete(nodes).where(nodes.c.executor == executor))
    rows = [
        {
            "name": node.name,
            "executor": executor,
            "cpus": node.cpus,
            "memory": node.memory,
            "is_ready": node.is_ready,
        }
        for node in found
    ]
    if rows:
        connection.execute(insert(nodes), rows)


def all_nodes(connection: Connection) -> tuple[Node, ...]:
    """Return all nodes, by name."""
    rows = connection.execute(select(nodes).order_by(nodes.c.name))
    return tuple(Node(row.name, row.cpus, row.memory, row.executor, row.is_ready) for row in rows)


def usage(connection: Connection, since: datetime, at: datetime) -> dict[str, float]:
    """Return the CPU seconds that each owner's attempts have been given from one time to another."""
    begin, end = moment(since), moment(at)
    begun = case((attempts.c.begun > begin, attempts.c.begun), else_=begin)
    ended = case((attempts.c.ended < end, attempts.c.ended), else_=end)
    # as whole numbers the sum could be too large for a database
    taken = func.sum(attempts.c.cpus * (cast(ended - begun, Double) * literal(1e-6)))
    chosen = (
        select(attempts.c.owner, taken.label("taken"))
        .where(attempts.c.ended > begin, attempts.c.begun < end)
        .group_by(attempts.c.owner)
    )
    return {row.owner: float(row.taken) for row in connection.execute(chosen)}
