"""Adding a dataset: its version is reserved, its content claimed and stored, its record put, the index told.

The record in the store is what makes a version exist. Whatever ends the work before it leaves nothing but
content that nobody needs; whatever ends it after is completed by `dmod.catalog.recovery`.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dmod.catalog.catalog import Catalog, Progress, silent
from dmod.catalog.category import Category
from dmod.catalog.collecting import finish_dead_collection
from dmod.catalog.dataset import ADDED, Dataset, Lineage, new_uuid, require_name
from dmod.catalog.domain import Domain
from dmod.catalog.heartbeat import beating
from dmod.catalog.holder import Holder
from dmod.catalog.index.port import LEASE, Upload
from dmod.catalog.manifest import EMPTY, Manifest, require_path
from dmod.catalog.record import record_key, record_text
from dmod.catalog.store.port import Content, Ingest
from dmod.errors import AlreadyExists, ConflictError, InputError

BATCH_FILES = 20_000
BATCH_BYTES = 2 << 30
"""A batch of files is claimed and made durable at once; small enough that much is kept when a kill comes."""
PATIENCE = 120.0
"""Seconds to wait until content that is being deleted is gone and can be stored again."""

File = tuple[str, Path]


@dataclass(frozen=True, slots=True)
class NewDataset:
    """What is to be known of a dataset that is added; as in `Dataset`.

    Parameters
    ----------
    uuid, created : given where a dataset comes from another catalog; else new
    """

    name: str
    category: Category
    domain: Domain
    description: str = ""
    owner: str = ""
    expires: datetime | None = None
    read_only: bool = False
    lineage: Lineage = ADDED
    access_location: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    uuid: str = ""
    created: datetime | None = None


def add_files(
    catalog: Catalog,
    new: NewDataset,
    files: Sequence[File],
    *,
    another: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Add a version of a dataset.

    On success it is committed: it survives a loss of power, and everybody finds it. On failure it does not
    exist, and what was stored of it is collected as garbage later.

    Parameters
    ----------
    files : path inside the dataset, and the file on this machine; none for a dataset that lies elsewhere
    another : whether to add the next version of a name that exists. Where that version would hold the same
        files and cover the same as the latest one, the latest one is returned and nothing is added, unless
        it comes with a uuid of its own

    Raises
    ------
    AlreadyExists
        the name exists and not ``another``; of several writers of one name one wins, and the others get this.
    NotPermitted
        the latest version is read-only.
    InputError
        a file is missing or changed meanwhile, a name or path is not allowed.
    StoreError
        the store cannot be reached, or its disk is full.
    """
    require_name(new.name)
    for path, _ in files:
        require_path(path)
    if not files and not new.access_location and not new.domain.format.is_unrestricted:
        raise InputError(f"{new.name} would hold no file", hint="name at least one, or where the data lie")
    return _Adding(catalog, new, progress or silent).add(files, another=another)


@dataclass(slots=True)
class _Adding:
    """One version on its way into a catalog."""

    catalog: Catalog
    new: NewDataset
    progress: Progress
    done: int = 0

    def add(self, files: Sequence[File], *, another: bool) -> Dataset:
        catalog, index = self.catalog, self.catalog.index
        now = catalog.clock()
        uuid = self.new.uuid or new_uuid()
        upload = Upload(self.new.name, 0, uuid, Holder.this_process(), now, now + LEASE)
        draft = index.reserve(self._draft(uuid, now), upload, another=another)
        stored = False
        try:
            with beating(lambda: index.renew(uuid, catalog.clock() + LEASE), LEASE / 4):
                dataset, manifest, same = self._store(draft, files, another=another)
                if same is not None:
                    return same
                catalog.store.put(
                    record_key(dataset.name, dataset.version), record_text(dataset), if_absent=True
                )
                stored = True
                index.commit(dataset, manifest)
        except AlreadyExists as error:
            if stored:
                raise
            raise AlreadyExists(
                f"{draft.reference} lies in {catalog.store.address} already, but the index "
                f"{index.address} does not know it",
                hint="another index uses this store: write this one anew with `dmod data reindex`",
            ) from error
        finally:
            if not stored:
                index.abandon(uuid)
        return dataset

    def _draft(self, uuid: str, now: datetime) -> Dataset:
        new = self.new
        return Dataset(
            new.name, 1, new.category, new.domain, uuid, EMPTY.digest, 0, 0, 0, new.created or now,
            description=new.description, owner=new.owner, expires=new.expires, read_only=new.read_only,
            lineage=new.lineage, access_location=new.access_location, extra=new.extra,
        )  # fmt: skip

    def _store(
        self, draft: Dataset, files: Sequence[File], *, another: bool
    ) -> tuple[Dataset, Manifest, Dataset | None]:
        """Store all content; return the dataset, its manifest, and the latest version if it is the same."""
        total = sum(_size(path) for _, path in files)
        held: list[tuple[str, Content]] = []
        with self.catalog.store.ingest(draft.uuid) as ingest:
            for batch in _batches(files):
                found = ingest.take([path for _, path in batch], lambda more: self._tell(more, total))
                held += zip((path for path, _ in batch), found, strict=True)
                self._publish(ingest, found)
            manifest = Manifest.of(held)
            dataset = replace(
                draft, digest=manifest.digest, manifest_size=manifest.content.size, size=manifest.size,
                files=len(manifest),
            )  # fmt: skip
            same = self._same_as_latest(dataset) if another and not self.new.uuid else None
            if same is None and files:
                self._publish(ingest, [ingest.take_bytes(manifest.text.encode())])
        return dataset, manifest, same

    def _tell(self, more: int, total: int) -> None:
        self.done += more
        self.progress("storing", self.done, total)

    def _publish(self, ingest: Ingest, contents: Collection[Content]) -> None:
        """Claim content, so that nobody collects it, then make it part of the store."""
        claim(self.catalog, contents)
        ingest.publish()

    def _same_as_latest(self, dataset: Dataset) -> Dataset | None:
        if dataset.version == 1:
            return None
        alike = [
            other
            for other in self.catalog.index.with_digest(dataset.digest)
            if other.name == dataset.name and other.domain == dataset.domain
            and other.access_location == dataset.access_location
        ]  # fmt: skip
        latest = self.catalog.index.get(dataset.name) if alike else None
        return latest if latest in alike else None


def claim(catalog: Catalog, contents: Collection[Content]) -> None:
    """Claim content for use; what is being deleted at the moment is waited for.

    Raises
    ------
    ConflictError
        a collection of garbage holds some of it for too long; retryable.
    """
    waiting = list(contents)
    patience, pause = time.monotonic() + PATIENCE, 0.01
    while True:
        condemned = catalog.index.claim(waiting, catalog.clock())
        if not condemned:
            return
        waiting = [content for content in waiting if content.sha256 in condemned]
        if time.monotonic() > patience:
            raise ConflictError(
                f"{len(waiting)} files are being deleted by a collection of garbage that does not end",
                hint="look for a `dmod data gc` that hangs; then try again",
                retryable=True,
            )
        if not finish_dead_collection(catalog):
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


def _batches(files: Sequence[File]) -> Iterator[Sequence[File]]:
    first, size = 0, 0
    for number, (_, path) in enumerate(files):
        size += _size(path)
        if number + 1 - first >= BATCH_FILES or size >= BATCH_BYTES:
            yield files[first : number + 1]
            first, size = number + 1, 0
    if first < len(files):
        yield files[first:]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
