"""Proving that stored bytes are what was stored, and writing an index anew from what the store holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256

from dmod.catalog.catalog import Catalog, Progress, silent
from dmod.catalog.dataset import Dataset
from dmod.catalog.manifest import FileEntry
from dmod.catalog.record import RECORDS, parse_record, record_of
from dmod.errors import ConflictError, InputError, IntegrityError, NotFoundError, StoreError

WORKERS = 4


@dataclass(frozen=True, slots=True)
class Fault:
    """Something of a dataset that is not as it was stored.

    Parameters
    ----------
    dataset : its reference
    path : of the file; "" for the dataset itself
    what : one sentence
    """

    dataset: str
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.dataset}{': ' if self.path else ''}{self.path}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proven.

    Parameters
    ----------
    datasets, files, bytes : that were looked at; content that several share is read once
    external : datasets whose bytes lie elsewhere and cannot be proven
    """

    datasets: int
    files: int
    bytes: int
    external: tuple[str, ...]
    faults: tuple[Fault, ...]


def verify(catalog: Catalog, datasets: Iterable[Dataset], progress: Progress | None = None) -> Verified:
    """Read every byte of datasets again and compare its hash with what was stored."""
    tell = progress or silent
    wanted = list(datasets)
    faults: list[Fault] = []
    external: list[str] = []
    found: dict[str, str | None] = {}
    files, size, done, total = 0, 0, 0, sum(dataset.size for dataset in wanted)
    for dataset in wanted:
        if dataset.is_external:
            external.append(dataset.reference)
        with catalog.held(dataset, "verify"), ThreadPoolExecutor(WORKERS) as pool:
            faults += _record_faults(catalog, dataset)
            try:
                manifest = catalog.manifest(dataset)
            except IntegrityError as error:
                faults.append(Fault(dataset.reference, "", error.message))
                continue
            fresh = {entry.sha256: entry for entry in manifest if entry.sha256 not in found}
            for entry, what in zip(
                fresh.values(), pool.map(lambda e: _content_fault(catalog, e), fresh.values()), strict=True
            ):
                found[entry.sha256] = what
                done += entry.size
                size += entry.size
                tell("verifying", done, total)
            files += len(manifest)
            faults += [
                Fault(dataset.reference, entry.path, what)
                for entry in manifest
                if (what := found[entry.sha256]) is not None
            ]
    return Verified(len(wanted), files, size, tuple(external), tuple(faults))


def _record_faults(catalog: Catalog, dataset: Dataset) -> Iterator[Fault]:
    from dmod.catalog.record import record_key

    try:
        key = record_key(dataset.name, dataset.version)
        found = parse_record(catalog.store.get(key), key)
    except NotFoundError:
        yield Fault(dataset.reference, "", "its record is missing in the store")
        return
    except InputError as error:
        yield Fault(dataset.reference, "", error.message)
        return
    if record_of(found) != record_of(dataset):
        yield Fault(dataset.reference, "", "its record in the store says other than the index")


def _content_fault(catalog: Catalog, entry: FileEntry) -> str | None:
    digest, size = sha256(), 0
    try:
        for part in catalog.store.read(entry.content):
            digest.update(part)
            size += len(part)
    except NotFoundError:
        return f"its bytes are missing in the store (SHA-256 {entry.sha256})"
    except StoreError as error:
        return f"its bytes cannot be read: {error.message}"
    if digest.hexdigest() != entry.sha256:
        return f"its bytes are damaged: SHA-256 {digest.hexdigest()}, stored was {entry.sha256}"
    return None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What an index was told anew, and what could not be read."""

    datasets: tuple[str, ...]
    faults: tuple[Fault, ...]


def rebuild(catalog: Catalog, progress: Progress | None = None) -> Rebuilt:
    """Tell the index of every dataset whose record lies in the store; what it knows already stays."""
    tell = progress or silent
    known, faults = [], []
    records = list(catalog.store.list(RECORDS))
    for done, document in enumerate(records):
        tell("reading records", done, len(records))
        try:
            dataset = parse_record(catalog.store.get(document.key), document.key)
            catalog.index.commit(dataset, catalog.manifest(dataset))
        except (InputError, IntegrityError, NotFoundError, ConflictError) as error:
            faults.append(Fault(document.key, "", error.message))
        else:
            known.append(dataset.reference)
    return Rebuilt(tuple(known), tuple(faults))
