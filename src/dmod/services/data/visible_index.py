"""An index of datasets as one user sees it: what is another's is as if it were not there.

Reading goes through here; all else goes to the index itself. What is looked for by the hash of what it was
made of is found whosever it is: who knows that hash has all that went in.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, cast

from dmod.catalog.dataset import Dataset
from dmod.catalog.index.port import Index, Listing
from dmod.catalog.requirement import Requirement
from dmod.errors import DatasetNotFound

BATCH = 500
LAST = datetime.max.replace(tzinfo=UTC)


class VisibleIndex:
    """See the port of indexes for what each method does.

    Parameters
    ----------
    index : of all
    is_visible : whether somebody may know of a dataset
    """

    def __init__(self, index: Index, is_visible: Callable[[Dataset], bool]) -> None:
        self._index = index
        self._is_visible = is_visible

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def get(self, name: str, version: int | None = None) -> Dataset:
        """Return a version, the highest that they see where None."""
        there = [item for item in self._versions(name) if version in {None, item.version}]
        if there:
            return there[-1]
        versions = ", ".join(str(item.version) for item in self._versions(name))
        if versions:
            raise DatasetNotFound(f"{name} has no version {version}", hint=f"its versions: {versions}")
        near = get_close_matches(name, self.names(), n=5, cutoff=0.5)
        hint = f"near: {', '.join(near)}" if near else "`dmod data list` shows what there is"
        raise DatasetNotFound(f"there is no dataset {name}", hint=hint)

    def _versions(self, name: str) -> builtins.list[Dataset]:
        try:
            latest = self._index.get(name)
        except DatasetNotFound:
            return []
        if latest.version == 1:
            return self._seen([latest])
        every = Listing(pattern=name, latest=False, expired=True)
        return self._seen(self._index.list(every, latest.created))

    def with_uuid(self, uuid: str) -> Dataset | None:
        """Return the version of a uuid."""
        found = self._index.with_uuid(uuid)
        return found if found is not None and self._is_visible(found) else None

    def with_digest(self, digest: str) -> builtins.list[Dataset]:
        """Return the versions with the same files."""
        return self._seen(self._index.with_digest(digest))

    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names of what they see that start with a prefix."""
        found = self.list(Listing(pattern=f"{prefix}*", expired=True, limit=2_000), LAST)
        return [dataset.name for dataset in found]

    def candidates(self, requirement: Requirement, at: datetime) -> Iterator[Dataset]:
        """Yield versions that may fulfil a requirement alone."""
        return (item for item in self._index.candidates(requirement, at) if self._is_visible(item))

    def overlapping(self, requirement: Requirement, at: datetime, limit: int) -> builtins.list[Dataset]:
        """Return versions that may hold a part of it."""
        return self._seen(self._index.overlapping(requirement, at, limit))

    def nearest(self, requirement: Requirement, at: datetime, limit: int) -> builtins.list[Dataset]:
        """Return versions that come near to it."""
        return self._seen(self._index.nearest(requirement, at, limit))

    def children(self, uuid: str) -> builtins.list[Dataset]:
        """Return the versions that were derived from a version directly."""
        return self._seen(self._index.children(uuid))

    def with_content(self, hashes: Collection[str]) -> Mapping[str, Sequence[Dataset]]:
        """Return the versions that hold any of some contents."""
        found = self._index.with_content(hashes)
        seen = {name: self._seen(datasets) for name, datasets in found.items()}
        return {name: datasets for name, datasets in seen.items() if datasets}

    def list(self, listing: Listing, at: datetime) -> builtins.list[Dataset]:
        """Return versions in the order of names and versions."""
        found: builtins.list[Dataset] = []
        wanted = None if listing.limit is None else listing.offset + listing.limit
        place = 0
        while wanted is None or len(found) < wanted:
            page = self._index.list(replace(listing, offset=place, limit=BATCH), at)
            found += self._seen(page)
            place += len(page)
            if len(page) < BATCH:
                break
        return found[listing.offset : wanted]

    def _seen(self, datasets: Sequence[Dataset]) -> builtins.list[Dataset]:
        return [dataset for dataset in datasets if self._is_visible(dataset)]


def visible_index(index: Index, is_visible: Callable[[Dataset], bool]) -> Index:
    """Return an index in which there is only what somebody may see."""
    return cast(Index, VisibleIndex(index, is_visible))
