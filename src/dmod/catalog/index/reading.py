"""Statements that read versions, uploads and holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from sqlalchemy import JSON, BigInteger, ColumnElement, Connection, Select, cast, func, or_, select

from dmod.catalog.category import Category
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.content import batches
from dmod.catalog.index.port import Hold, Listing, Order, Upload
from dmod.catalog.index.rows import dataset_from, hold_of, upload_of
from dmod.catalog.index.tables import (
    COMMITTED,
    PENDING,
    REMOVED,
    contents,
    documents,
    holds,
    inputs,
    needs,
    uploads,
    versions,
)
from dmod.database.moment import moment
from dmod.errors import DatasetNotFound

_ESCAPE = "\\"
MOST_ALIKE = 2_000
"""How many names of each kind a missing one is compared with."""


def get(connection: Connection, name: str, version: int | None) -> Dataset:
    """Return a committed version, the highest where None."""
    chosen = _records().where(versions.c.name == name, versions.c.state == COMMITTED)
    if version is not None:
        chosen = chosen.where(versions.c.version == version)
    row = connection.execute(chosen.order_by(versions.c.version.desc()).limit(1)).first()
    if row is None:
        raise _not_found(connection, name, version)
    return dataset_from(row.record)


def _not_found(connection: Connection, name: str, version: int | None) -> DatasetNotFound:
    there = (
        connection.execute(
            select(versions.c.version, versions.c.state)
            .where(versions.c.name == name, versions.c.state != REMOVED)
            .order_by(versions.c.version)
        )
    ).all()
    committed = [str(row.version) for row in there if row.state == COMMITTED]
    if version is not None and committed:
        return DatasetNotFound(
            f"{name} has no version {version}", hint=f"its versions: {', '.join(committed)}"
        )
    if there:
        return DatasetNotFound(f"{name} is still being added", hint="wait until it is there")
    near = get_close_matches(name, _alike(connection, name), n=5, cutoff=0.5)
    hint = f"near: {', '.join(near)}" if near else "`dmod data list` shows what there is"
    return DatasetNotFound(f"there is no dataset {name}", hint=hint)


def _alike(connection: Connection, name: str) -> Sequence[str]:
    """Return names that may be near to a name; of very many, those that begin or end alike."""
    found: set[str] = set()
    for start, end in ((name[:3], ""), ("", name[-3:]), (name[:1], ""), ("", "")):
        pattern = f"{_literal(start)}%{_literal(end)}"
        found.update(connection.execute(_names(pattern).limit(MOST_ALIKE)).scalars())
    return sorted(found)


def with_uuid(connection: Connection, uuid: str) -> Dataset | None:
    """Return the committed version of a uuid."""
    chosen = _records().where(versions.c.uuid == uuid, versions.c.state == COMMITTED)
    row = connection.execute(chosen).first()
    return None if row is None else dataset_from(row.record)


def with_digest(connection: Connection, digest: str) -> list[Dataset]:
    """Return the committed versions with the same files, the earliest first."""
    chosen = _records().where(versions.c.digest == bytes.fromhex(digest), versions.c.state == COMMITTED)
    return _datasets(connection, chosen.order_by(versions.c.created, versions.c.id))


def with_content(connection: Connection, hashes: Collection[str]) -> dict[str, list[Dataset]]:
    """Return the committed versions that hold any of some contents, by hash."""
    found: dict[str, list[Dataset]] = {}
    parsed: dict[int, Dataset] = {}
    for batch in batches([bytes.fromhex(sha256) for sha256 in sorted(set(hashes))]):
        chosen = (
            select(contents.c.sha256, versions.c.id, documents.c.record)
            .join(needs, needs.c.content_id == contents.c.id)
            .join(versions, versions.c.manifest_id == needs.c.manifest_id)
            .join(documents, documents.c.version_id == versions.c.id)
            .where(contents.c.sha256.in_(batch), versions.c.state == COMMITTED)
            .order_by(versions.c.created, versions.c.id)
        )
        for row in connection.execute(chosen):
            if row.id not in parsed:
                parsed[row.id] = dataset_from(row.record)
            found.setdefault(row.sha256.hex(), []).append(parsed[row.id])
    return found


def listed(connection: Connection, listing: Listing, at: datetime) -> list[Dataset]:
    """Return committed versions in the order that is asked for."""
    chosen = _records().where(versions.c.state == COMMITTED)
    if listing.pattern:
        chosen = chosen.where(versions.c.name.like(_like(listing.pattern), escape=_ESCAPE))
    if listing.category is not None:
        chosen = chosen.where(versions.c.category == listing.category.value)
    if listing.format is not None:
        chosen = chosen.where(versions.c.format == listing.format.id)
    if listing.owner:
        chosen = chosen.where(versions.c.owner == listing.owner)
    if listing.derived_from:
        children = select(inputs.c.version_id).where(inputs.c.uuid == listing.derived_from)
        chosen = chosen.where(versions.c.id.in_(children))
    if not listing.expired:
        chosen = chosen.where(or_(versions.c.expires.is_(None), versions.c.expires > moment(at)))
    if listing.latest:
        chosen = chosen.where(versions.c.version == _highest())
    ordered = [*_order(connection, listing.order), versions.c.name, versions.c.version]
    chosen = chosen.order_by(*(column.desc() if listing.descending else column for column in ordered))
    return _datasets(connection, chosen.limit(listing.limit).offset(listing.offset))


def _order(connection: Connection, order: Order) -> list[ColumnElement[Any]]:
    """Return what comes before name and version in an order."""
    if order == "created":
        return [versions.c.created]
    if order == "size":  # stands in the record alone
        record = documents.c.record
        if connection.dialect.name == "postgresql":
            return [cast(cast(record, JSON)["size"].as_string(), BigInteger)]
        return [func.json_extract(record, "$.size")]
    return []


def names(connection: Connection, prefix: str) -> Sequence[str]:
    """Return the names of committed versions that start with a prefix."""
    return connection.execute(_names(_literal(prefix) + "%")).scalars().all()


def _names(pattern: str) -> Select[Any]:
    chosen = select(versions.c.name).where(versions.c.state == COMMITTED)
    if pattern != "%":
        chosen = chosen.where(versions.c.name.like(pattern, escape=_ESCAPE))
    return chosen.distinct().order_by(versions.c.name)


def count(connection: Connection, category: Category | None) -> int:
    """Return how many versions are committed."""
    chosen = select(func.count()).select_from(versions).where(versions.c.state == COMMITTED)
    if category is not None:
        chosen = chosen.where(versions.c.category == category.value)
    return int(connection.execute(chosen).scalar_one())


def derived(connection: Connection, key: str, at: datetime, limit: int | None = None) -> list[Dataset]:
    """Return the newest committed, unexpired versions with a lineage key, the newest first."""
    if not key:
        return []
    chosen = _records().where(
        versions.c.lineage_key == key,
        versions.c.state == COMMITTED,
        or_(versions.c.expires.is_(None), versions.c.expires > moment(at)),
    )
    newest = chosen.order_by(versions.c.created.desc(), versions.c.id.desc()).limit(limit)
    return [dataset_from(row.record) for row in connection.execute(newest)]


def children(connection: Connection, uuid: str) -> list[Dataset]:
    """Return the committed versions that were derived from a version."""
    below = select(inputs.c.version_id).where(inputs.c.uuid == uuid)
    chosen = _records().where(versions.c.id.in_(below), versions.c.state == COMMITTED)
    return _datasets(connection, chosen.order_by(versions.c.name, versions.c.version))


def removed(connection: Connection) -> list[Dataset]:
    """Return the versions that are marked as removed."""
    return _datasets(connection, _records().where(versions.c.state == REMOVED).order_by(versions.c.id))


def expired(connection: Connection, at: datetime) -> list[Dataset]:
    """Return the committed versions whose time is over, read-only ones excepted."""
    chosen = _records().where(
        versions.c.state == COMMITTED, versions.c.expires <= moment(at), versions.c.read_only.is_(False)
    )
    return _datasets(connection, chosen.order_by(versions.c.name, versions.c.version))


def pending(connection: Connection) -> list[Upload]:
    """Return all uploads."""
    chosen = (
        select(versions.c.name, versions.c.version, versions.c.uuid, uploads)
        .join(uploads, uploads.c.version_id == versions.c.id)
        .where(versions.c.state == PENDING)
        .order_by(versions.c.id)
    )
    return [upload_of(row) for row in connection.execute(chosen)]


def held(connection: Connection, uuid: str) -> list[Hold]:
    """Return the holds of a version, or all."""
    chosen = select(holds, versions.c.uuid).join(versions, holds.c.version_id == versions.c.id)
    if uuid:
        chosen = chosen.where(versions.c.uuid == uuid)
    return [hold_of(row) for row in connection.execute(chosen.order_by(holds.c.id))]


def _records() -> Select[Any]:
    return select(documents.c.record).join(versions, documents.c.version_id == versions.c.id)


def _highest() -> Any:
    other = versions.alias("other")
    return (
        select(func.max(other.c.version))
        .where(other.c.name == versions.c.name, other.c.state == COMMITTED)
        .scalar_subquery()
    )


def _datasets(connection: Connection, chosen: Select[Any]) -> list[Dataset]:
    rows: Iterable[Any] = connection.execute(chosen)
    return [dataset_from(row.record) for row in rows]


def _like(pattern: str) -> str:
    return _literal(pattern).replace("*", "%").replace("?", "_")


def _literal(text: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return text
