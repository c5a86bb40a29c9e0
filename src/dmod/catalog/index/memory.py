"""The index in memory: the twin of the one in a database, for tests and for what need not last."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase

from dmod.catalog.category import Category
from dmod.catalog.dataset import Dataset
from dmod.catalog.holder import Holder
from dmod.catalog.index.port import Hold, Index, Listing, Upload
from dmod.catalog.manifest import Manifest
from dmod.catalog.match import examine, nearness, preference, serves
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import FIRST_TIME, say
from dmod.catalog.store.port import Content
from dmod.errors import AlreadyExists, DatasetNotFound, NotPermitted


@dataclass(slots=True)
class _Version:
    """A version and the content that it needs; pending as long as it has an upload."""

    dataset: Dataset
    upload: Upload | None = None
    needs: frozenset[Content] = frozenset()
    is_removed: bool = False

    @property
    def is_committed(self) -> bool:
        return self.upload is None and not self.is_removed


@dataclass(slots=True)
class _Claimed:
    """Content, when it was claimed last, and whether it is condemned."""

    size: int
    at: datetime
    is_condemned: bool = False


class MemoryIndex(Index):
    """An index in memory; see the port for what each method does."""

    address = "memory:"

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._highest: dict[str, int] = {}
        self._versions: dict[str, _Version] = {}
        self._holds: dict[str, Hold] = {}
        self._contents: dict[str, _Claimed] = {}
        self._leases: dict[str, tuple[Holder, datetime]] = {}

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def reserve(self, draft: Dataset, upload: Upload, *, another: bool) -> Dataset:
        """Reserve a version."""
        with self._lock:
            there = [v for v in self._of(draft.name) if v.is_committed or (v.upload and not another)]
            if there:
                _require_free(there[-1], another=another)
            same = self._versions.get(upload.uuid)
            if same is not None and same.upload is None:
                raise AlreadyExists(
                    f"the dataset of uuid {upload.uuid} is in the catalog already, "
                    f"as {same.dataset.reference}",
                    hint="use it, or remove it first",
                )
            number = self._highest.get(draft.name, 0) + 1
            self._highest[draft.name] = number
            dataset = replace(draft, version=number, uuid=upload.uuid)
            self._versions[upload.uuid] = _Version(dataset, replace(upload, version=number))
            return dataset

    def renew(self, uuid: str, lease: datetime) -> bool:
        """Put off the end of an upload's lease."""
        with self._lock:
            found = self._versions.get(uuid)
            if found is None or found.upload is None:
                return False
            found.upload = replace(found.upload, lease=lease)
            return True

    def claim(self, contents: Collection[Content], at: datetime) -> set[str]:
        """Note content that is about to be used."""
        with self._lock:
            condemned = set()
            for content in contents:
                held = self._contents.setdefault(content.sha256, _Claimed(content.size, at))
                if held.is_condemned:
                    condemned.add(content.sha256)
                else:
                    held.at = max(held.at, at)
            return condemned

    def commit(self, dataset: Dataset, manifest: Manifest) -> None:
        """Make a version known."""
        with self._lock:
            for other in self._versions.values():
                same = (other.dataset.name, other.dataset.version) == (dataset.name, dataset.version)
                if same != (other.dataset.uuid == dataset.uuid):
                    raise AlreadyExists(
                        f"{dataset.reference} of uuid {dataset.uuid} contradicts {other.dataset.reference} "
                        f"of uuid {other.dataset.uuid}",
                        hint="choose another name",
                    )
            there = self._versions.get(dataset.uuid)
            if there is not None and there.is_removed:
                return  # its record only waits to be deleted
            needs = frozenset({*manifest.contents, dataset.manifest_content} if dataset.files else ())
            for content in needs:
                held = self._contents.setdefault(content.sha256, _Claimed(content.size, FIRST_TIME))
                held.is_condemned = False
            self._versions[dataset.uuid] = _Version(dataset, None, needs)
            self._highest[dataset.name] = max(self._highest.get(dataset.name, 0), dataset.version)

    def abandon(self, uuid: str) -> None:
        """Give a reserved version up."""
        with self._lock:
            found = self._versions.get(uuid)
            if found is not None and found.upload is not None:
                del self._versions[uuid]

    def uploads(self) -> list[Upload]:
        """Return all versions that are pending."""
        with self._lock:
            return [v.upload for v in self._versions.values() if v.upload is not None]

    def get(self, name: str, version: int | None = None) -> Dataset:
        """Return a committed version."""
        with self._lock:
            committed = [v.dataset for v in self._of(name) if v.is_committed]
            found = [d for d in committed if version is None or d.version == version]
            if found:
                return found[-1]
            if committed:
                there = ", ".join(str(d.version) for d in committed)
                raise DatasetNotFound(f"{name} has no version {version}", hint=f"its versions: {there}")
            near = get_close_matches(name, self.names(), n=5, cutoff=0.5)
            hint = f"near: {', '.join(near)}" if near else "`dmod data list` shows what there is"
            raise DatasetNotFound(f"there is no dataset {name}", hint=hint)

    def with_uuid(self, uuid: str) -> Dataset | None:
        """Return the committed version of a uuid."""
        with self._lock:
            found = self._versions.get(uuid)
            return found.dataset if found is not None and found.is_committed else None

    def with_digest(self, digest: str) -> list[Dataset]:
        """Return the committed versions with the same files."""
        return sorted((d for d in self._committed() if d.digest == digest), key=lambda d: d.created)

    def with_content(self, hashes: Collection[str]) -> Mapping[str, Sequence[Dataset]]:
        """Return the committed versions that hold any of some contents."""
        wanted, found = set(hashes), dict[str, list[Dataset]]()
        with self._lock:
            held = [v for v in self._versions.values() if v.is_committed]
        for version in sorted(held, key=lambda v: v.dataset.created):
            for sha256 in wanted & {content.sha256 for content in version.needs}:
                found.setdefault(sha256, []).append(version.dataset)
        return found

    def list(self, listing: Listing, at: datetime) -> list[Dataset]:
        """Return committed versions in the order that is asked for."""
        every = self._committed()
        highest = {dataset.name: dataset.version for dataset in every}
        found = [
            d
            for d in every
            if _is_listed(d, listing, at) and (not listing.latest or d.version == highest[d.name])
        ]
        if listing.order != "name":
            found.sort(key=lambda d: d.created if listing.order == "created" else d.size)
        if listing.descending:
            found.reverse()
        end = None if listing.limit is None else listing.offset + listing.limit
        return found[listing.offset : end]

    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names that start with a prefix."""
        return sorted({d.name for d in self._committed() if d.name.startswith(prefix)})

    def candidates(self, requirement: Requirement, at: datetime) -> Iterator[Dataset]:
        """Yield versions that fulfil a requirement alone, the best first."""
        found = [d for d in self._committed() if examine(requirement, d, at).is_fulfilled]
        yield from sorted(found, key=lambda d: preference(requirement, d))

    def overlapping(self, requirement: Requirement, at: datetime, limit: int) -> builtins.list[Dataset]:
        """Return versions that may hold a part of what is required."""
        found = [d for d in self._committed() if serves(requirement, d, at)]
        return sorted(found, key=lambda d: preference(requirement, d))[:limit]

    def nearest(self, requirement: Requirement, at: datetime, limit: int) -> builtins.list[Dataset]:
        """Return versions that come nearest to a requirement."""
        found = (d for d in self._committed() if d.category == requirement.category)
        return sorted(found, key=lambda d: nearness(requirement, d, at))[:limit]

    def count(self, category: Category | None = None) -> int:
        """Return how many versions are committed."""
        return sum(category is None or d.category == category for d in self._committed())

    def derived(self, key: str, at: datetime) -> Dataset | None:
        """Return the newest version with a lineage key."""
        return next(iter(self.all_derived(key, at)), None)

    def all_derived(self, key: str, at: datetime) -> builtins.list[Dataset]:
        """Return all versions with a lineage key, the newest first."""
        found = [d for d in self._committed() if key and d.lineage.key == key and not d.is_expired(at)]
        return sorted(found, key=lambda d: d.created, reverse=True)

    def children(self, uuid: str) -> builtins.list[Dataset]:
        """Return the versions that were derived from a version."""
        return [d for d in self._committed() if any(item.uuid == uuid for item in d.lineage.inputs)]

    def edit(self, dataset: Dataset) -> None:
        """Replace what can be changed of a version."""
        with self._lock:
            found = self._require(dataset.uuid, dataset.reference)
            found.dataset = replace(
                found.dataset,
                description=dataset.description,
                owner=dataset.owner,
                expires=dataset.expires,
                read_only=dataset.read_only,
                shared_with=dataset.shared_with,
            )

    def hold(self, hold: Hold) -> None:
        """Keep the content of a version until the hold ends."""
        with self._lock:
            # of what is removed, those who read it still may go on and begin anew, but nobody else
            if all(other.uuid != hold.uuid for other in self._holds.values()):
                self._require(hold.uuid, hold.uuid)
            self._holds[hold.id] = hold

    def release(self, hold_id: str) -> None:
        """End a hold."""
        with self._lock:
            self._holds.pop(hold_id, None)

    def holds(self, uuid: str = "") -> builtins.list[Hold]:
        """Return the holds of a version, or all."""
        with self._lock:
            return [hold for hold in self._holds.values() if not uuid or hold.uuid == uuid]

    def remove(self, uuid: str) -> None:
        """Mark a committed version as removed."""
        with self._lock:
            found = self._require(uuid, uuid)
            if found.dataset.read_only:
                raise NotPermitted(f"{found.dataset.reference} is read-only", hint="take the mark away first")
            found.is_removed = True

    def removed(self) -> builtins.list[Dataset]:
        """Return the versions that are marked as removed."""
        with self._lock:
            return [v.dataset for v in self._versions.values() if v.is_removed]

    def drop(self, uuid: str) -> None:
        """Forget a removed version."""
        with self._lock:
            if uuid in self._versions and self._versions[uuid].is_removed:
                del self._versions[uuid]
                self._holds = {k: hold for k, hold in self._holds.items() if hold.uuid != uuid}

    def expired(self, at: datetime) -> builtins.list[Dataset]:
        """Return the committed versions whose time is over."""
        return [d for d in self._committed() if d.is_expired(at) and not d.read_only]

    def condemnable(self, before: datetime) -> builtins.list[Content]:
        """Return content that no version needs and nobody claimed since."""
        with self._lock:
            needed = {c.sha256 for v in self._versions.values() for c in v.needs}
            return [
                Content(sha256, held.size)
                for sha256, held in self._contents.items()
                if held.is_condemned or (held.at < before and sha256 not in needed)
            ]

    def condemn(self, before: datetime) -> builtins.list[Content]:
        """Condemn that content."""
        with self._lock:
            found = self.condemnable(before)
            for content in found:
                self._contents[content.sha256].is_condemned = True
            return found

    def condemned(self) -> builtins.list[Content]:
        """Return content that is condemned."""
        with self._lock:
            return [
                Content(sha256, held.size) for sha256, held in self._contents.items() if held.is_condemned
            ]

    def forget(self, hashes: Collection[str]) -> None:
        """Forget condemned content that was deleted."""
        with self._lock:
            for sha256 in hashes:
                if sha256 in self._contents and self._contents[sha256].is_condemned:
                    del self._contents[sha256]

    def adopt(self, contents: Sequence[tuple[Content, datetime]]) -> int:
        """Note content that the index does not know."""
        with self._lock:
            new = {c.sha256: _Claimed(c.size, at) for c, at in contents if c.sha256 not in self._contents}
            self._contents |= new
            return len(new)

    def take_lease(self, name: str, holder: Holder, until: datetime, at: datetime) -> bool:
        """Take or renew a right."""
        with self._lock:
            owner, lease = self._leases.get(name, (holder, until))
            if owner != holder and lease > at and not owner.is_gone():
                return False
            self._leases[name] = holder, until
            return True

    def end_lease(self, name: str, holder: Holder) -> None:
        """Give a right back."""
        with self._lock:
            if name in self._leases and self._leases[name][0] == holder:
                del self._leases[name]

    def _of(self, name: str) -> Sequence[_Version]:
        found = [v for v in self._versions.values() if v.dataset.name == name]
        return sorted(found, key=lambda v: v.dataset.version)

    def _committed(self) -> Sequence[Dataset]:
        with self._lock:
            found = [v.dataset for v in self._versions.values() if v.is_committed]
        return sorted(found, key=lambda d: (d.name, d.version))

    def _require(self, uuid: str, called: str) -> _Version:
        found = self._versions.get(uuid)
        if found is None or not found.is_committed:
            raise _gone(called)
        return found


def _gone(called: str) -> DatasetNotFound:
    return DatasetNotFound(f"{called} is no more in the catalog", hint="it was removed meanwhile")


def _require_free(latest: _Version, *, another: bool) -> None:
    dataset = latest.dataset
    if not another:
        what = "is being added by another process" if latest.upload is not None else "exists"
        raise AlreadyExists(
            f"{dataset.name} {what}: version {dataset.version}, since {say(dataset.created)} UTC",
            hint="add the next version with --new-version, or choose another name",
            retryable=latest.upload is not None,
        )
    if dataset.read_only and latest.is_committed:
        raise NotPermitted(
            f"{dataset.reference} is read-only, so {dataset.name} gets no further version",
            hint="choose another name, or take the mark away",
        )


def _is_listed(dataset: Dataset, listing: Listing, at: datetime) -> bool:
    pattern = listing.pattern.replace("[", "[[]")
    return (
        (not pattern or fnmatchcase(dataset.name, pattern))
        and (listing.category is None or dataset.category == listing.category)
        and (listing.format is None or dataset.domain.format == listing.format)
        and (not listing.owner or dataset.owner == listing.owner)
        and (
            not listing.derived_from
            or any(item.uuid == listing.derived_from for item in dataset.lineage.inputs)
        )
        and (listing.expired or not dataset.is_expired(at))
    )
