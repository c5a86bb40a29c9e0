"""An index of datasets as one user sees it: what is another's is as if it were not there.

Reading goes through here, and so does the reservation of versions: nobody adds one to what is another's. All
else goes to the index itself. What another made of the same inputs is not found: it could be used by nobody
who may not read it, so they make it once more, and have it under a name of their own.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from hashlib import sha256
from typing import Any, cast

from dmod.catalog.dataset import Dataset
from dmod.catalog.index.port import Index, Listing, Upload
from dmod.catalog.requirement import Requirement
from dmod.errors import AlreadyExists, DatasetNotFound, NotPermitted

BATCH = 500
MARK = 8
"""Characters that tell the names apart which two owners' results of the same inputs have."""
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

    def reserve(self, draft: Dataset, upload: Upload, *, another: bool) -> Dataset:
        """Reserve a version of a name that is free, or whose latest version has the same owner.

        Raises
        ------
        NotPermitted
            the name is another's, and they see it.
        AlreadyExists
            it is another's, without saying whose; or as the index has it.
        """
        self._require_own(draft)
        reserved = self._index.reserve(draft, upload, another=another)
        try:
            self._require_own(draft)  # the name was free, and somebody may have taken it meanwhile
        except (AlreadyExists, NotPermitted):
            self._index.abandon(reserved.uuid)
            raise
        return reserved

    def another_s(self, name: str, owner: str) -> Dataset | None:
        """Return the latest version of a name, whether they see it or not, if it is not this owner's."""
        try:
            latest = self._index.get(name)
        except DatasetNotFound:
            return None
        return latest if latest.owner != owner else None

    def _require_own(self, draft: Dataset) -> None:
        latest = self.another_s(draft.name, draft.owner)
        if latest is None:
            return
        hint = "choose another name"
        if self._is_visible(latest):
            raise NotPermitted(f"{draft.name} is another's, who alone adds versions to it", hint=hint)
        raise AlreadyExists(f"the name {draft.name} is taken", hint=hint)

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

    def derived(self, key: str, at: datetime) -> Dataset | None:
        """Return the newest version with a lineage key."""
        return next(iter(self.all_derived(key, at)), None)

    def all_derived(self, key: str, at: datetime) -> builtins.list[Dataset]:
        """Return all versions with a lineage key, the newest first."""
        return self._seen(self._index.all_derived(key, at))

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


def own_name(index: Index, name: str, owner: str) -> str:
    """Return a name that nobody chose, told apart from that of another owner's results of the same inputs."""
    if not isinstance(index, VisibleIndex) or index.another_s(name, owner) is None:
        return name
    return f"{name}-{sha256(owner.encode()).hexdigest()[:MARK]}"
