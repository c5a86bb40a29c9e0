"""Statements that reserve, commit, edit and remove versions, and keep uploads and holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from dmod.catalog.dataset import Dataset
from dmod.catalog.holder import Holder
from dmod.catalog.index.content import note_manifest, release_manifest
from dmod.catalog.index.describing import describe, undescribe, withdraw
from dmod.catalog.index.places import release_places
from dmod.catalog.index.port import Hold, Upload
from dmod.catalog.index.rows import (
    dataset_from,
    editable_row,
    holder_of,
    holder_row,
    record_column,
    version_row,
)
from dmod.catalog.index.tables import (
    COMMITTED,
    PENDING,
    REMOVED,
    documents,
    holds,
    inputs,
    leases,
    names,
    summaries,
    uploads,
    versions,
)
from dmod.catalog.manifest import Manifest
from dmod.catalog.restriction import say
from dmod.database.moment import moment, time_of
from dmod.database.upsert import insert_locked
from dmod.errors import AlreadyExists, DatasetNotFound, NotPermitted

_THERE = (PENDING, COMMITTED)


def reserve(connection: Connection, draft: Dataset, upload: Upload, *, another: bool) -> Dataset:
    """Reserve a version."""
    highest = _locked_name(connection, draft.name)
    latest = connection.execute(
        select(versions)
        .where(versions.c.name == draft.name, versions.c.state.in_((COMMITTED,) if another else _THERE))
        .order_by(versions.c.version.desc())
        .limit(1)
    ).first()
    if latest is not None:
        _require_free(latest, draft.name, another=another)
    _forget_pending(connection, upload.uuid)
    _require_new(connection, upload.uuid)
    dataset = replace(draft, version=highest + 1, uuid=upload.uuid)
    connection.execute(update(names).where(names.c.name == draft.name).values(highest=dataset.version))
    version_id = _insert_version(connection, version_row(dataset, PENDING))
    connection.execute(
        insert(uploads).values(
            version_id=version_id,
            **holder_row(upload.holder),
            started=moment(upload.started),
            lease=moment(upload.lease),
        )
    )
    return dataset


def _insert_version(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a version; return the row's id."""
    return int(connection.execute(insert(versions).values(values).returning(versions.c.id)).scalar_one())


def _locked_name(connection: Connection, name: str) -> int:
    """Return the highest version that a name ever had; until the transaction ends nobody else gets it."""
    noted = insert_locked(connection, names, "name").values(name=name, highest=0)
    return int(connection.execute(noted.returning(names.c.highest)).scalar_one())


def _require_free(latest: Row[Any], name: str, *, another: bool) -> None:
    if not another:
        since = say(time_of(latest.created))
        if latest.state == PENDING:
            raise AlreadyExists(
                f"{name} is being added by another process (version {latest.version}, since {since} UTC)",
                hint="wait for it, choose another name, or add the next version: --new-version",
                retryable=True,
            )
        raise AlreadyExists(
            f"{name} exists: version {latest.version}, added {since} UTC",
            hint="add the next version with --new-version, or choose another name",
        )
    if latest.read_only:
        raise NotPermitted(
            f"{name}@{latest.version} is read-only, so {name} gets no further version",
            hint=f"choose another name, or take the mark away: dmod data edit {name} --no-read-only",
        )


def _require_new(connection: Connection, uuid: str) -> None:
    """Refuse a uuid that a version has already."""
    there = connection.execute(
        select(versions.c.name, versions.c.version).where(versions.c.uuid == uuid)
    ).first()
    if there is not None:
        raise AlreadyExists(
            f"the dataset of uuid {uuid} is in the catalog already, as {there.name}@{there.version}",
            hint="use it, or remove it first",
        )


def _forget_pending(connection: Connection, uuid: str) -> None:
    """Forget a reservation of the same uuid, which an import that died may have left."""
    connection.execute(delete(versions).where(versions.c.uuid == uuid, versions.c.state == PENDING))


def renew(connection: Connection, uuid: str, lease: datetime) -> bool:
    """Put off the end of an upload's lease."""
    version = select(versions.c.id).where(versions.c.uuid == uuid).scalar_subquery()
    found = connection.execute(
        update(uploads).where(uploads.c.version_id == version).values(lease=moment(lease))
    )
    return found.rowcount > 0


def commit(connection: Connection, dataset: Dataset, manifest: Manifest) -> None:
    """Make a version known, in place of its reservation if it has one."""
    _locked_name(connection, dataset.name)
    there = connection.execute(
        select(versions)
        .where(versions.c.name == dataset.name, versions.c.version == dataset.version)
        .with_for_update()
    ).first()
    if there is not None and there.uuid != dataset.uuid:
        raise AlreadyExists(
            f"{dataset.reference} is another dataset, of uuid {there.uuid}", hint="choose another name"
        )
    if there is not None and there.state == REMOVED:
        return  # its record only waits to be deleted
    if there is None:
        _require_new(connection, dataset.uuid)
    manifest_id = note_manifest(connection, dataset, manifest)
    values = {**version_row(dataset, COMMITTED), "manifest_id": manifest_id}
    left: set[int] = set()
    if there is None:
        version_id = _insert_version(connection, values)
    else:
        version_id = there.id
        connection.execute(update(versions).where(versions.c.id == version_id).values(values))
        left = undescribe(connection, version_id)
        for table in (uploads, documents, inputs):
            connection.execute(delete(table).where(table.c.version_id == version_id))
        if there.manifest_id is not None and there.manifest_id != manifest_id:
            release_manifest(connection, there.manifest_id)
    connection.execute(
        update(names)
        .where(names.c.name == dataset.name, names.c.highest < dataset.version)
        .values(highest=dataset.version)
    )
    _record(connection, version_id, dataset)
    release_places(connection, left)


def _record(connection: Connection, version_id: int, dataset: Dataset) -> None:
    connection.execute(insert(documents).values(version_id=version_id, record=record_column(dataset)))
    describe(connection, version_id, dataset)
    sources = sorted({item.uuid for item in dataset.lineage.inputs})
    if sources:
        connection.execute(insert(inputs), [{"version_id": version_id, "uuid": uuid} for uuid in sources])


def abandon(connection: Connection, uuid: str) -> None:
    """Give a reservation up."""
    connection.execute(delete(versions).where(versions.c.uuid == uuid, versions.c.state == PENDING))


def edit(connection: Connection, dataset: Dataset) -> None:
    """Replace what can be changed of a committed version."""
    version_id = _require(connection, dataset.uuid, dataset.reference, COMMITTED)
    record = select(documents.c.record).where(documents.c.version_id == version_id)
    old = dataset_from(connection.execute(record).scalar_one())
    new = replace(
        old,
        description=dataset.description,
        owner=dataset.owner,
        expires=dataset.expires,
        read_only=dataset.read_only,
        shared_with=dataset.shared_with,
    )
    row = editable_row(new)
    connection.execute(update(versions).where(versions.c.id == version_id).values(row))
    changed = {documents: {"record": record_column(new)}, summaries: {"expires": row["expires"]}}
    for table, values in changed.items():
        connection.execute(update(table).where(table.c.version_id == version_id).values(values))


def remove(connection: Connection, uuid: str) -> None:
    """Mark a committed version as removed."""
    version_id = _require(connection, uuid, uuid, COMMITTED)
    row = connection.execute(select(versions).where(versions.c.id == version_id)).one()
    if row.read_only:
        raise NotPermitted(
            f"{row.name}@{row.version} is read-only",
            hint=f"take the mark away first: dmod data edit {row.name}@{row.version} --no-read-only",
        )
    connection.execute(update(versions).where(versions.c.id == version_id).values(state=REMOVED))
    withdraw(connection, version_id)
    connection.execute(delete(inputs).where(inputs.c.version_id == version_id))


def drop(connection: Connection, uuid: str) -> None:
    """Forget a removed version, and its manifest if no other version has it."""
    row = connection.execute(
        select(versions.c.id, versions.c.manifest_id).where(
            versions.c.uuid == uuid, versions.c.state == REMOVED
        )
    ).first()
    if row is not None:
        connection.execute(delete(versions).where(versions.c.id == row.id))
        if row.manifest_id is not None:
            release_manifest(connection, row.manifest_id)


def hold(connection: Connection, item: Hold) -> None:
    """Note a hold, in place of one of the same id."""
    version_id = _require(connection, item.uuid, item.uuid, COMMITTED, REMOVED)
    # of what is removed, those who read it still may go on and begin anew, but nobody else
    removed = select(versions.c.id).where(versions.c.id == version_id, versions.c.state == REMOVED)
    is_held = select(holds.c.id).where(holds.c.version_id == version_id).limit(1)
    if connection.execute(removed).first() and not connection.execute(is_held).first():
        raise _gone(item.uuid)
    connection.execute(delete(holds).where(holds.c.id == item.id))
    connection.execute(
        insert(holds).values(
            id=item.id,
            version_id=version_id,
            purpose=item.purpose,
            **holder_row(item.holder),
            lease=moment(item.lease),
            lasting=item.lasting,
        )
    )


def release(connection: Connection, hold_id: str) -> None:
    """End a hold."""
    connection.execute(delete(holds).where(holds.c.id == hold_id))


def take_lease(connection: Connection, name: str, holder: Holder, until: datetime, at: datetime) -> bool:
    """Take or renew a right."""
    wanted = {"name": name, **holder_row(holder), "until": moment(until)}
    noted = insert_locked(connection, leases, "name").values(wanted).returning(leases)
    row = connection.execute(noted).one()
    owner = holder_of(row)
    if owner != holder and row.until > moment(at) and not owner.is_gone():
        return False
    connection.execute(update(leases).where(leases.c.name == name).values(wanted))
    return True


def end_lease(connection: Connection, name: str, holder: Holder) -> None:
    """Give a right back."""
    mine = [leases.c[column] == value for column, value in holder_row(holder).items()]
    connection.execute(delete(leases).where(leases.c.name == name, *mine))


def _require(connection: Connection, uuid: str, called: str, *states: int) -> int:
    """Return the row's id of a version in one of some states; until the transaction ends it stays so."""
    chosen = select(versions.c.id).where(versions.c.uuid == uuid, versions.c.state.in_(states))
    found = connection.execute(chosen.with_for_update()).scalar()
    if found is None:
        raise _gone(called)
    return int(found)


def _gone(called: str) -> DatasetNotFound:
    return DatasetNotFound(f"{called} is no more in the catalog", hint="it was removed meanwhile")
