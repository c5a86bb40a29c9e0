"""Statements that describe versions: what is looked through to find what fulfils a requirement."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from dmod.catalog.dataset import Dataset
from dmod.catalog.index.places import note_places, release_places
from dmod.catalog.index.rows import dataset_from, summary_row
from dmod.catalog.index.signature import signature_of
from dmod.catalog.index.tables import COMMITTED, documents, summaries, versions

BATCH = 1_000
"""Versions that are described at once where all are."""


def describe(connection: Connection, version_id: int, dataset: Dataset) -> None:
    """Describe a version that is not described."""
    signature = signature_of(dataset)
    row = summary_row(dataset, signature, note_places(connection, signature.places))
    connection.execute(insert(summaries).values(version_id=version_id, **row))


def undescribe(connection: Connection, version_id: int) -> set[int]:
    """Forget what describes a version; return the places that may be needed no more.

    They are for `release_places`, once it is known that the version is not described anew.
    """
    described = delete(summaries).where(summaries.c.version_id == version_id)
    found = connection.execute(described.returning(summaries.c.places_id)).scalars()
    return {places_id for places_id in found if places_id is not None}


def withdraw(connection: Connection, version_id: int) -> None:
    """Forget what describes a version for good."""
    release_places(connection, undescribe(connection, version_id))


def describe_all(connection: Connection) -> None:
    """Describe all versions that are committed, none of which is described, by their records."""
    known: dict[bytes, int | None] = {}
    last = 0
    while True:
        found = connection.execute(
            select(documents.c.version_id, documents.c.record)
            .join(versions, versions.c.id == documents.c.version_id)
            .where(versions.c.state == COMMITTED, versions.c.id > last)
            .order_by(versions.c.id)
            .limit(BATCH)
        ).all()
        if not found:
            return
        rows = []
        for version_id, record in found:
            dataset = dataset_from(record)
            signature = signature_of(dataset)
            digest = b"" if signature.places is None else signature.places.digest
            if digest not in known:
                known[digest] = note_places(connection, signature.places)
            rows.append({"version_id": version_id, **summary_row(dataset, signature, known[digest])})
        connection.execute(insert(summaries), rows)
        last = found[-1].version_id
