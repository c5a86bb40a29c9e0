"""Completing or giving up what a process that died had begun."""

from __future__ import annotations

from dataclasses import dataclass

from dmod.catalog.catalog import Catalog
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.port import Upload
from dmod.catalog.record import parse_record, record_key
from dmod.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was completed, and what was given up, by reference."""

    completed: tuple[str, ...] = ()
    abandoned: tuple[str, ...] = ()


def recover(catalog: Catalog) -> Recovered:
    """Look after uploads whose process is no more: a version with a record exists, one without does not.

    Safe to call at any time and from anywhere; live uploads are left alone.
    """
    now = catalog.clock()
    completed, abandoned = [], []
    for upload in catalog.index.uploads():
        if upload.is_live(now):
            continue
        reference = f"{upload.name}@{upload.version}"
        dataset = recorded(catalog, upload)
        if dataset is None:
            catalog.index.abandon(upload.uuid)
            abandoned.append(reference)
        else:
            catalog.index.commit(dataset, catalog.manifest(dataset))
            completed.append(reference)
    return Recovered(tuple(completed), tuple(abandoned))


def recorded(catalog: Catalog, upload: Upload) -> Dataset | None:
    """Return the dataset of an upload if the store has its record."""
    key = record_key(upload.name, upload.version)
    try:
        data = catalog.store.get(key)
    except NotFoundError:
        return None
    found = parse_record(data, f"{catalog.store.address}/{key}")
    return found if found.uuid == upload.uuid else None
