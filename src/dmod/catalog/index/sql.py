"""The index in a database, SQLite or PostgreSQL, by one path of code."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter

from sqlalchemy import Connection

from dmod.catalog.category import Category
from dmod.catalog.dataset import Dataset
from dmod.catalog.holder import Holder
from dmod.catalog.index import content, matching, reading, writing
from dmod.catalog.index.matching import Search
from dmod.catalog.index.port import Hold, Index, Listing, Upload
from dmod.catalog.index.rows import dataset_from
from dmod.catalog.known import Known
from dmod.catalog.manifest import Manifest
from dmod.catalog.match import Shared, nearness, serves
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Discrete
from dmod.catalog.store.port import Content
from dmod.database.database import Database

FIRST_READ, MOST_READ = 4, 256
"""Candidates that are read at once: few at first, more where none of them is what is wanted."""
FIRST_FOUND = 256
"""Candidates that are found at once; the others are looked for only where none of these is what is wanted."""
WEIGHED = 3
"""How many times as many datasets as are asked for are weighed to find the nearest."""


def _weight(dataset: Dataset) -> int:
    held = dataset.domain.restrictions.values()
    return 100 + sum(len(item.values) for item in held if isinstance(item, Discrete))


KNOWN = Known[Dataset](1_000_000, _weight)
"""Datasets that were read to find what fulfils something, by their records: they are needed several times."""


class SqlIndex(Index):
    """An index in a database; see the port for what each method does."""

    def __init__(self, database: Database) -> None:
        self.address = database.address
        self._database = database

    def close(self) -> None:
        """Let all connections go."""
        self._database.close()

    def reserve(self, draft: Dataset, upload: Upload, *, another: bool) -> Dataset:
        """Reserve a version."""
        return self._database.write(lambda c: writing.reserve(c, draft, upload, another=another))

    def renew(self, uuid: str, lease: datetime) -> bool:
        """Put off the end of an upload's lease."""
        return self._database.write(lambda c: writing.renew(c, uuid, lease))

    def claim(self, contents: Collection[Content], at: datetime) -> set[str]:
        """Note content that is about to be used."""
        return self._database.write(lambda c: content.claim(c, contents, at))

    def commit(self, dataset: Dataset, manifest: Manifest) -> None:
        """Make a version known."""
        self._database.write(lambda c: writing.commit(c, dataset, manifest))

    def abandon(self, uuid: str) -> None:
        """Give a reserved version up."""
        self._database.write(lambda c: writing.abandon(c, uuid))

    def uploads(self) -> list[Upload]:
        """Return all versions that are pending."""
        return self._database.read(reading.pending)

    def get(self, name: str, version: int | None = None) -> Dataset:
        """Return a committed version."""
        return self._database.read(lambda c: reading.get(c, name, version))

    def with_uuid(self, uuid: str) -> Dataset | None:
        """Return the committed version of a uuid."""
        return self._database.read(lambda c: reading.with_uuid(c, uuid))

    def with_digest(self, digest: str) -> list[Dataset]:
        """Return the committed versions with the same files."""
        return self._database.read(lambda c: reading.with_digest(c, digest))

    def with_content(self, hashes: Collection[str]) -> Mapping[str, Sequence[Dataset]]:
        """Return the committed versions that hold any of some contents."""
        return self._database.read(lambda c: reading.with_content(c, hashes))

    def list(self, listing: Listing, at: datetime) -> list[Dataset]:
        """Return committed versions in the order of names and versions."""
        return self._database.read(lambda c: reading.listed(c, listing, at))

    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names that start with a prefix."""
        return self._database.read(lambda c: reading.names(c, prefix))

    def candidates(self, requirement: Requirement, at: datetime) -> Iterator[Dataset]:
        """Yield versions that may fulfil a requirement alone, the best first."""
        found = self._database.read(lambda c: Search(c, requirement, at).candidates(FIRST_FOUND))
        yield from self._few(found)
        if len(found) == FIRST_FOUND:
            seen = set(found)
            every = self._database.read(lambda c: Search(c, requirement, at).candidates(None))
            yield from self._few([version_id for version_id in every if version_id not in seen])

    def _few(self, version_ids: Sequence[int]) -> Iterator[Dataset]:
        """Yield datasets, read a few at a time: likely the first is the one that is wanted."""
        first, count = 0, FIRST_READ
        while first < len(version_ids):
            batch = version_ids[first : first + count]
            yield from _datasets(self._database.read(partial(matching.read, version_ids=batch)))
            first, count = first + count, min(2 * count, MOST_READ)

    def overlapping(self, requirement: Requirement, at: datetime, limit: int) -> builtins.list[Dataset]:
        """Return versions that hold a part of what is required."""

        def parts(connection: Connection) -> builtins.list[str]:
            return matching.read(connection, Search(connection, requirement, at).parts(limit))

        found = _datasets(self._database.read(parts))
        return [dataset for dataset in found if serves(requirement, dataset, at)]

    def nearest(self, requirement: Requirement, at: datetime, limit: int) -> builtins.list[Dataset]:
        """Return versions that come nearest to a requirement."""
        return self._database.read(lambda c: _nearest(Search(c, requirement, at), limit))

    def count(self, category: Category | None = None) -> int:
        """Return how many versions are committed."""
        return self._database.read(lambda c: reading.count(c, category))

    def derived(self, key: str, at: datetime) -> Dataset | None:
        """Return the newest version with a lineage key."""
        return self._database.read(lambda c: next(iter(reading.derived(c, key, at, 1)), None))

    def all_derived(self, key: str, at: datetime) -> builtins.list[Dataset]:
        """Return all versions with a lineage key, the newest first."""
        return self._database.read(lambda c: reading.derived(c, key, at))

    def children(self, uuid: str) -> builtins.list[Dataset]:
        """Return the versions that were derived from a version."""
        return self._database.read(lambda c: reading.children(c, uuid))

    def edit(self, dataset: Dataset) -> None:
        """Replace what can be changed of a version."""
        self._database.write(lambda c: writing.edit(c, dataset))

    def hold(self, hold: Hold) -> None:
        """Keep the content of a version until the hold ends."""
        self._database.write(lambda c: writing.hold(c, hold))

    def release(self, hold_id: str) -> None:
        """End a hold."""
        self._database.write(lambda c: writing.release(c, hold_id))

    def holds(self, uuid: str = "") -> builtins.list[Hold]:
        """Return the holds of a version, or all."""
        return self._database.read(lambda c: reading.held(c, uuid))

    def remove(self, uuid: str) -> None:
        """Mark a committed version as removed."""
        self._database.write(lambda c: writing.remove(c, uuid))

    def removed(self) -> builtins.list[Dataset]:
        """Return the versions that are marked as removed."""
        return self._database.read(reading.removed)

    def drop(self, uuid: str) -> None:
        """Forget a removed version."""
        self._database.write(lambda c: writing.drop(c, uuid))

    def expired(self, at: datetime) -> builtins.list[Dataset]:
        """Return the committed versions whose time is over."""
        return self._database.read(lambda c: reading.expired(c, at))

    def condemnable(self, before: datetime) -> builtins.list[Content]:
        """Return content that no version needs and nobody claimed since."""
        return self._database.read(lambda c: content.condemnable(c, before))

    def condemn(self, before: datetime) -> builtins.list[Content]:
        """Condemn that content."""
        return self._database.write(lambda c: content.condemn(c, before))

    def condemned(self) -> builtins.list[Content]:
        """Return content that is condemned."""
        return self._database.read(content.condemned)

    def forget(self, hashes: Collection[str]) -> None:
        """Forget condemned content that was deleted."""
        self._database.write(lambda c: content.forget(c, hashes))

    def adopt(self, contents: Sequence[tuple[Content, datetime]]) -> int:
        """Note content that the index does not know."""
        return self._database.write(lambda c: content.adopt(c, contents))

    def take_lease(self, name: str, holder: Holder, until: datetime, at: datetime) -> bool:
        """Take or renew a right."""
        return self._database.write(lambda c: writing.take_lease(c, name, holder, until, at))

    def end_lease(self, name: str, holder: Holder) -> None:
        """Give a right back."""
        self._database.write(lambda c: writing.end_lease(c, name, holder))


def _nearest(search: Search, limit: int) -> list[Dataset]:
    """Return the nearest datasets: what shares less is weighed only where too few share more."""
    shared: Shared
    found: dict[int, None] = {}
    for shared in (2, 1, 0):
        found |= dict.fromkeys(search.near(shared, WEIGHED * limit))
        datasets = _datasets(matching.read(search.connection, list(found)))
        weighed = sorted(
            ((nearness(search.requirement, dataset, search.at), dataset) for dataset in datasets),
            key=itemgetter(0),
        )
        if len(weighed) >= limit and -weighed[limit - 1][0][0] >= shared:
            break
    return [dataset for _, dataset in weighed[:limit]]


def _datasets(records: Sequence[str]) -> list[Dataset]:
    return [KNOWN.find(record, partial(dataset_from, record)) for record in records]
