"""A catalog: the store that holds the bytes, and the index that knows what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from dmod.catalog.dataset import Dataset
from dmod.catalog.heartbeat import beating
from dmod.catalog.holder import Holder
from dmod.catalog.index.port import LEASE, Hold, Index
from dmod.catalog.manifest import EMPTY, Manifest, parse_manifest
from dmod.catalog.store.port import ObjectStore
from dmod.errors import IntegrityError, NotFoundError

if TYPE_CHECKING:
    from dmod.catalog.cache import ContentCache

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done and how much there is."""


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def silent(_phase: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The store that holds the bytes, and the index that knows what there is.

    Parameters
    ----------
    cache : on this machine, for a store that is elsewhere; None where the store is near
    clock : returns the time, for tests
    """

    store: ObjectStore
    index: Index
    cache: ContentCache | None = None
    clock: Callable[[], datetime] = field(default=utc_now)

    def manifest(self, dataset: Dataset) -> Manifest:
        """Return the files of a dataset.

        Raises
        ------
        NotFoundError
            the store has lost the manifest.
        IntegrityError
            it is not what was stored.
        """
        if dataset.files == 0:
            return EMPTY
        where = f"manifest of {dataset.reference}"
        try:
            data = b"".join(self.store.read(dataset.manifest_content))
        except NotFoundError as error:
            raise IntegrityError(
                f"the {where} is missing in {self.store.address}",
                hint="restore the store from a backup; `dmod data verify` lists all that is lost",
            ) from error
        manifest = parse_manifest(data.decode("utf-8", errors="replace"), where)
        if manifest.digest != dataset.digest:
            raise IntegrityError(
                f"the {where} in {self.store.address} is damaged: its hash is {manifest.digest}, "
                f"not {dataset.digest}",
                hint="restore the store from a backup; `dmod data verify` lists all that is damaged",
            )
        return manifest

    @contextmanager
    def held(self, dataset: Dataset, purpose: str) -> Iterator[None]:
        """Keep the content of a dataset from being removed while the block runs.

        Raises
        ------
        DatasetNotFound
            it was removed meanwhile.
        """
        name, holder = str(uuid4()), Holder.this_process()

        def renewed() -> None:
            self.index.hold(Hold(name, dataset.uuid, purpose, holder, self.clock() + LEASE))

        renewed()
        try:
            with beating(renewed, LEASE / 4):
                yield
        finally:
            self.index.release(name)
