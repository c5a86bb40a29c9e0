"""Statements on content: claimed, needed by manifests, condemned, forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, and_, delete, exists, insert, or_, select, update

from dmod.catalog.dataset import Dataset
from dmod.catalog.index.moment import FIRST_MOMENT, moment
from dmod.catalog.index.tables import contents, manifests, needs, versions
from dmod.catalog.index.upsert import upsert
from dmod.catalog.manifest import Manifest
from dmod.catalog.store.port import Content

BATCH = 5_000
"""Rows of a statement; few enough for the limits on bound values (SQLite: 32,766)."""

Item = TypeVar("Item")


def claim(connection: Connection, wanted: Collection[Content], at: datetime) -> set[str]:
    """Note content that is about to be used; return the hashes that are condemned."""
    now = moment(at)
    _note(connection, wanted, now, renew=True)
    found: set[str] = set()
    for batch in batches(_hashes(wanted)):
        rows = connection.execute(
            select(contents.c.sha256).where(contents.c.sha256.in_(batch), contents.c.condemned)
        )
        found |= {row.sha256.hex() for row in rows}
    return found


def _note(connection: Connection, wanted: Collection[Content], at: int, *, renew: bool) -> None:
    """Insert what is not known; with ``renew`` put forward when the rest was claimed, unless condemned."""
    unique = {content.sha256: content.size for content in wanted}
    # in one order everywhere, so that two transactions cannot wait for each other
    for batch in batches(sorted(unique.items())):
        rows = [
            {"sha256": bytes.fromhex(sha256), "size": size, "claimed": at, "condemned": False}
            for sha256, size in batch
        ]
        statement: Any = upsert(connection, contents, None, ["sha256"], keep=True)
        if renew:
            plain = upsert(connection, contents, None, ["sha256"], keep=False)
            kind = type(plain)
            statement = kind(contents)
            later = and_(contents.c.claimed < statement.excluded.claimed, contents.c.condemned.is_(False))
            statement = statement.on_conflict_do_update(
                index_elements=["sha256"], set_={"claimed": statement.excluded.claimed}, where=later
            )
        connection.execute(statement, rows)


def note_manifest(connection: Connection, dataset: Dataset, manifest: Manifest) -> int | None:
    """Note what a manifest needs, its own text included; return its id, None where there is no file."""
    if dataset.files == 0:
        return None
    digest = bytes.fromhex(dataset.digest)
    connection.execute(upsert(connection, manifests, {"digest": digest}, ["digest"], keep=True))
    manifest_id = int(
        connection.execute(
            select(manifests.c.id).where(manifests.c.digest == digest).with_for_update()
        ).scalar_one()
    )
    known = connection.execute(
        select(needs.c.content_id).where(needs.c.manifest_id == manifest_id).limit(1)
    ).first()
    if known is None:
        held = manifest.contents | {dataset.manifest_content}
        _note(connection, held, FIRST_MOMENT, renew=False)
        for batch in batches(_hashes(held)):
            chosen = select(manifest_id_literal(manifest_id), contents.c.id).where(
                contents.c.sha256.in_(batch)
            )
            connection.execute(insert(needs).from_select(["manifest_id", "content_id"], chosen))
    return manifest_id


def manifest_id_literal(manifest_id: int) -> Any:
    """Return a number as a column of a selection."""
    from sqlalchemy import BigInteger, bindparam, cast

    return cast(bindparam(None, manifest_id), BigInteger)


def release_manifest(connection: Connection, manifest_id: int) -> None:
    """Forget a manifest that no version has any more."""
    still = connection.execute(select(versions.c.id).where(versions.c.manifest_id == manifest_id).limit(1))
    if still.first() is None:
        connection.execute(delete(needs).where(needs.c.manifest_id == manifest_id))
        connection.execute(delete(manifests).where(manifests.c.id == manifest_id))


def condemnable(connection: Connection, before: datetime) -> list[Content]:
    """Return content that no manifest needs and nobody claimed since, and what is condemned already."""
    return _contents(connection, or_(contents.c.condemned, _unneeded(before)))


def condemn(connection: Connection, before: datetime) -> list[Content]:
    """Condemn that content and return it."""
    connection.execute(
        update(contents).where(contents.c.condemned.is_(False), _unneeded(before)).values(condemned=True)
    )
    return condemned(connection)


def condemned(connection: Connection) -> list[Content]:
    """Return what is condemned."""
    return _contents(connection, contents.c.condemned)


def forget(connection: Connection, hashes: Collection[str]) -> None:
    """Forget condemned content."""
    for batch in batches([bytes.fromhex(sha256) for sha256 in hashes]):
        connection.execute(delete(contents).where(contents.c.sha256.in_(batch), contents.c.condemned))


def adopt(connection: Connection, found: Sequence[tuple[Content, datetime]]) -> int:
    """Note content that is not known; return how much of it was new."""
    new = 0
    for batch in batches(sorted(found, key=lambda item: item[0].sha256)):
        wanted = [bytes.fromhex(content.sha256) for content, _ in batch]
        rows = connection.execute(select(contents.c.sha256).where(contents.c.sha256.in_(wanted)))
        known = {row.sha256 for row in rows}
        fresh = [
            {
                "sha256": bytes.fromhex(content.sha256),
                "size": content.size,
                "claimed": moment(at),
                "condemned": False,
            }
            for content, at in batch
            if bytes.fromhex(content.sha256) not in known
        ]
        if fresh:
            connection.execute(upsert(connection, contents, None, ["sha256"], keep=True), fresh)
        new += len(fresh)
    return new


def _unneeded(before: datetime) -> Any:
    needed = exists().where(needs.c.content_id == contents.c.id)
    return and_(contents.c.claimed < moment(before), ~needed)


def _contents(connection: Connection, chosen: Any) -> list[Content]:
    rows = connection.execute(select(contents.c.sha256, contents.c.size).where(chosen))
    return [Content(row.sha256.hex(), row.size) for row in rows]


def _hashes(wanted: Collection[Content]) -> list[bytes]:
    return [bytes.fromhex(sha256) for sha256 in sorted({content.sha256 for content in wanted})]


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield items in as many at a time as a statement takes."""
    for first in range(0, len(items), BATCH):
        yield items[first : first + BATCH]
