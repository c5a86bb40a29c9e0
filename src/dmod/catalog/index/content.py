"""Statements on content: claimed, needed by manifests, condemned, forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from dmod.catalog.dataset import Dataset
from dmod.catalog.index.tables import contents, manifests, needs, versions
from dmod.catalog.manifest import Manifest
from dmod.catalog.store.port import Content
from dmod.database.moment import FIRST_MOMENT, moment
from dmod.database.upsert import insert_greater, insert_locked, insert_new

BATCH = 5_000
"""Rows of a statement; few enough for the limits on bound values (SQLite: 32,766)."""

Item = TypeVar("Item")


def claim(connection: Connection, wanted: Collection[Content], at: datetime) -> set[str]:
    """Note content that is about to be used; return the hashes that are condemned."""
    rows = _rows((content, moment(at)) for content in wanted)
    statement = insert_greater(connection, contents, "sha256", "claimed", ~contents.c.condemned)
    for batch in batches(rows):
        connection.execute(statement, batch)
    # few are condemned at any time; those that are wanted nobody can condemn before this transaction ends
    hashes = connection.execute(select(contents.c.sha256).where(contents.c.condemned)).scalars()
    return {sha256.hex() for sha256 in hashes} & {content.sha256 for content in wanted}


def note_manifest(connection: Connection, dataset: Dataset, manifest: Manifest) -> int | None:
    """Note what a manifest needs, its own text included; return its id, None where there is no file."""
    if dataset.files == 0:
        return None
    digest = bytes.fromhex(dataset.digest)
    noted = insert_locked(connection, manifests, "digest").values(digest=digest).returning(manifests.c.id)
    manifest_id = int(connection.execute(noted).scalar_one())
    needed = needs.c.manifest_id == manifest_id
    if connection.execute(select(needs.c.content_id).where(needed).limit(1)).first() is None:
        _need(connection, manifest_id, manifest.contents | {dataset.manifest_content})
    # what is needed is not to be deleted, though a collection of garbage had meant to
    connection.execute(
        update(contents)
        .where(contents.c.condemned, contents.c.id.in_(select(needs.c.content_id).where(needed)))
        .values(condemned=False)
    )
    return manifest_id


def _need(connection: Connection, manifest_id: int, held: Collection[Content]) -> None:
    rows = _rows((content, FIRST_MOMENT) for content in held)
    statement = insert_new(connection, contents, "sha256")
    found = select(literal(manifest_id), contents.c.id).where(contents.c.sha256 == bindparam("sha256"))
    needing = insert(needs).from_select(["manifest_id", "content_id"], found)
    for batch in batches(rows):
        connection.execute(statement, batch)
        connection.execute(needing, [{"sha256": row["sha256"]} for row in batch])


def release_manifest(connection: Connection, manifest_id: int) -> None:
    """Forget a manifest that no version has any more."""
    # until this transaction ends, no other one can note it anew
    connection.execute(select(manifests.c.id).where(manifests.c.id == manifest_id).with_for_update())
    still = connection.execute(select(versions.c.id).where(versions.c.manifest_id == manifest_id).limit(1))
    if still.first() is None:
        connection.execute(delete(needs).where(needs.c.manifest_id == manifest_id))
        connection.execute(delete(manifests).where(manifests.c.id == manifest_id))


def condemnable(connection: Connection, before: datetime) -> list[Content]:
    """Return content that no manifest needs and nobody claimed since, and what is condemned already."""
    return _contents(connection, or_(contents.c.condemned, _unneeded(before)))


def condemn(connection: Connection, before: datetime) -> list[Content]:
    """Condemn that content and return it."""
    _lock(connection)
    connection.execute(
        update(contents).where(~contents.c.condemned, _unneeded(before)).values(condemned=True)
    )
    return condemned(connection)


def condemned(connection: Connection) -> list[Content]:
    """Return what is condemned."""
    return _contents(connection, contents.c.condemned)


def forget(connection: Connection, hashes: Collection[str]) -> None:
    """Forget condemned content."""
    _lock(connection)
    for batch in batches([bytes.fromhex(sha256) for sha256 in hashes]):
        connection.execute(delete(contents).where(contents.c.sha256.in_(batch), contents.c.condemned))


def adopt(connection: Connection, found: Collection[tuple[Content, datetime]]) -> int:
    """Note content that is not known; return how much of it was new."""
    new = 0
    statement = insert_new(connection, contents, "sha256").returning(contents.c.id)
    for batch in batches(_rows((content, moment(at)) for content, at in found)):
        new += len(connection.execute(statement, batch).all())
    return new


def _lock(connection: Connection) -> None:
    """Wait for transactions that claim or need content, and let none begin before this one ends.

    What they have written is seen after that. In SQLite nobody else writes anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE content, manifest_content IN SHARE ROW EXCLUSIVE MODE"))


def _unneeded(before: datetime) -> Any:
    needed = exists().where(needs.c.content_id == contents.c.id)
    return and_(contents.c.claimed < moment(before), ~needed)


def _contents(connection: Connection, chosen: Any) -> list[Content]:
    rows = connection.execute(select(contents.c.sha256, contents.c.size).where(chosen))
    return [Content(row.sha256.hex(), row.size) for row in rows]


def _rows(claims: Iterator[tuple[Content, int]]) -> list[dict[str, Any]]:
    """Return rows in the order of hashes, so that two transactions cannot wait for each other."""
    unique = {content.sha256: (content.size, at) for content, at in claims}
    return [
        {"sha256": bytes.fromhex(sha256), "size": size, "claimed": at, "condemned": False}
        for sha256, (size, at) in sorted(unique.items())
    ]


def batches(items: Sequence[Item], count: int = BATCH) -> Iterator[Sequence[Item]]:
    """Yield items in as many at a time as a statement takes."""
    for first in range(0, len(items), count):
        yield items[first : first + count]
