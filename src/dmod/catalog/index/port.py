"""The port of indexes: which datasets there are, what they cover, which content they need, who holds them.

The store's records say which datasets exist; the index makes them quick to find, and keeps what the store
cannot: versions reserved by uploads, holds of readers, and which content may be collected as garbage.

A version goes through *pending* (reserved, its upload under way), *committed*, and *removed* (its record is
gone, its content waits for readers to let go). Content that no committed or removed version needs may be
*condemned* once nobody has claimed it for a while; while it is being deleted nobody can claim it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from dmod.catalog.category import Category
from dmod.catalog.data_format import DataFormat
from dmod.catalog.dataset import Dataset
from dmod.catalog.holder import Holder
from dmod.catalog.manifest import Manifest
from dmod.catalog.requirement import Requirement
from dmod.catalog.store.port import Content


@dataclass(frozen=True, slots=True)
class Upload:
    """A version that is reserved.

    Parameters
    ----------
    uuid : of the dataset; names the upload as well
    started : when it was reserved
    lease : until when it is held without being renewed
    """

    name: str
    version: int
    uuid: str
    holder: Holder
    started: datetime
    lease: datetime

    def is_live(self, now: datetime) -> bool:
        """Whether it may still go on."""
        return self.lease > now and not self.holder.is_gone()


@dataclass(frozen=True, slots=True)
class Hold:
    """A reader of a version, which keeps its content from being removed.

    Parameters
    ----------
    id : of the hold
    uuid : of the dataset
    purpose : who reads, for people: ``get``, ``job 17``
    lasting : whether it outlives its process (a job's); only its lease ends it then
    """

    id: str
    uuid: str
    purpose: str
    holder: Holder
    lease: datetime
    lasting: bool = False

    def is_live(self, now: datetime) -> bool:
        """Whether it still counts."""
        return self.lease > now and (self.lasting or not self.holder.is_gone())


Order = Literal["name", "created", "size"]


@dataclass(frozen=True, slots=True)
class Listing:
    """Which datasets to list; what is left out does not matter.

    Parameters
    ----------
    pattern : of names, with ``*`` and ``?``
    latest : only the highest version of each name
    derived_from : uuid of a direct input
    expired : whether to list those as well whose time is over
    order : by what they are sorted; equal ones by name and version, so that pages fit together
    descending : the last, newest or largest first
    """

    pattern: str = ""
    category: Category | None = None
    format: DataFormat | None = None
    owner: str = ""
    derived_from: str = ""
    latest: bool = True
    expired: bool = False
    limit: int | None = None
    offset: int = 0
    order: Order = "name"
    descending: bool = False


class Index(ABC):
    """Datasets, uploads, holds and content; safe to use from several threads and processes at once.

    Every method is one transaction: it happens whole or not at all. Times are given, never taken from the
    machine, except where a method says so. Errors of every method: `IndexFailure`, retryable where the
    database could not be reached or was busy.
    """

    address: str

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""

    # adding

    @abstractmethod
    def reserve(self, draft: Dataset, upload: Upload, *, another: bool) -> Dataset:
        """Reserve a version for an upload; return the draft with the version that it got.

        Parameters
        ----------
        draft : version, digest and sizes are not looked at yet
        upload : its version is not looked at
        another : whether to take the next version of a name that exists; else the name must be new

        Raises
        ------
        AlreadyExists
            not ``another`` and a version of this name is committed or pending, and it says which and since
            when; or the uuid is that of a version already. A pending one of the same uuid is replaced.
        NotPermitted
            the latest committed version is read-only.
        """

    @abstractmethod
    def renew(self, uuid: str, lease: datetime) -> bool:
        """Put off the end of an upload's lease; False if the upload is no more."""

    @abstractmethod
    def claim(self, contents: Collection[Content], at: datetime) -> set[str]:
        """Note that content is about to be used; return the hashes that cannot be used: they are condemned.

        What is claimed at a time is not condemned by `condemn` with an earlier ``before``.
        """

    @abstractmethod
    def commit(self, dataset: Dataset, manifest: Manifest) -> None:
        """Make a version known that the store has a record of, with what it is derived from and contains.

        The version need not have been reserved, so that an index can be written anew; a version that is
        known already with the same uuid is replaced, but one that is removed stays so. Content that the index
        does not know is noted, and condemned content that it needs is condemned no more.

        Raises
        ------
        AlreadyExists
            the version belongs to another uuid, or the uuid to another version.
        """

    @abstractmethod
    def abandon(self, uuid: str) -> None:
        """Give a reserved version up; a committed one stays."""

    @abstractmethod
    def uploads(self) -> list[Upload]:
        """Return all versions that are pending."""

    # reading

    @abstractmethod
    def get(self, name: str, version: int | None = None) -> Dataset:
        """Return a committed version, the highest where None, expired or not.

        Raises
        ------
        DatasetNotFound
            there is none; near names, or the versions there are, are listed.
        """

    @abstractmethod
    def with_uuid(self, uuid: str) -> Dataset | None:
        """Return the committed version of a uuid."""

    @abstractmethod
    def with_digest(self, digest: str) -> list[Dataset]:
        """Return the committed versions with the same files, the earliest first."""

    @abstractmethod
    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names that start with a prefix, in order."""

    @abstractmethod
    def candidates(self, requirement: Requirement, at: datetime) -> Iterator[Dataset]:
        """Yield committed, unexpired versions that may fulfil a requirement alone, the best first.

        All that do are among them; that they do is for the caller to prove. Exact format comes first, then
        the newest. No others are read from the database than are yielded, so that it stays quick among
        100,000.
        """

    @abstractmethod
    def overlapping(self, requirement: Requirement, at: datetime, limit: int) -> list[Dataset]:
        """Return versions of an accepted format that hold a part of it, the best first.

        A part is enough of indices along which a format can be divided; of others all must be held. Where
        the places of very many hold a part, some may be left out, see `dmod.catalog.index.places`.
        """

    @abstractmethod
    def nearest(self, requirement: Requirement, at: datetime, limit: int) -> list[Dataset]:
        """Return versions of the category, those first that come nearest to the requirement.

        See `dmod.catalog.match.nearness`. Where many come about as near, it may be others of them.
        """

    @abstractmethod
    def count(self, category: Category | None = None) -> int:
        """Return how many versions are committed."""

    @abstractmethod
    def derived(self, key: str, at: datetime) -> Dataset | None:
        """Return the newest committed, unexpired version with this lineage key."""

    @abstractmethod
    def all_derived(self, key: str, at: datetime) -> list[Dataset]:
        """Return all committed, unexpired versions with this lineage key, the newest first."""

    @abstractmethod
    def children(self, uuid: str) -> list[Dataset]:
        """Return the committed versions that were derived from a version directly."""

    @abstractmethod
    def edit(self, dataset: Dataset) -> None:
        """Replace description, owner, expiry, read-only mark and readers of a committed version.

        Raises
        ------
        DatasetNotFound
            it is no more.
        """

    # holding

    @abstractmethod
    def hold(self, hold: Hold) -> None:
        """Keep the content of a version until the hold ends; one of the same id is replaced.

        A version that was removed can be held further as long as a hold of it is left.

        Raises
        ------
        DatasetNotFound
            the version is no more.
        """

    @abstractmethod
    def release(self, hold_id: str) -> None:
        """End a hold; one that is no more is passed over."""

    @abstractmethod
    def holds(self, uuid: str = "") -> list[Hold]:
        """Return the holds of a version, or all."""

    # removing

    @abstractmethod
    def remove(self, uuid: str) -> None:
        """Mark a committed version as removed; from now on nothing finds it, and its number is not reused.

        Raises
        ------
        NotPermitted
            it is read-only.
        DatasetNotFound
            it is no more.
        """

    @abstractmethod
    def removed(self) -> list[Dataset]:
        """Return the versions that are marked as removed."""

    @abstractmethod
    def drop(self, uuid: str) -> None:
        """Forget a removed version, so that its content may be condemned. Its number is still not reused."""

    @abstractmethod
    def expired(self, at: datetime) -> list[Dataset]:
        """Return the committed versions whose time is over, read-only ones excepted."""

    @abstractmethod
    def condemnable(self, before: datetime) -> list[Content]:
        """Return content that no version needs and nobody claimed since; what is condemned already too."""

    @abstractmethod
    def condemn(self, before: datetime) -> list[Content]:
        """Condemn that content, so that nobody can claim it, and return it."""

    @abstractmethod
    def condemned(self) -> list[Content]:
        """Return content that is condemned and not yet forgotten."""

    @abstractmethod
    def forget(self, hashes: Collection[str]) -> None:
        """Forget condemned content that the store has deleted; it can be claimed again."""

    @abstractmethod
    def adopt(self, contents: Sequence[tuple[Content, datetime]]) -> int:
        """Note content that the index does not know, as claimed at a time; return how much of it was new."""

    # rights

    @abstractmethod
    def take_lease(self, name: str, holder: Holder, until: datetime, at: datetime) -> bool:
        """Take or renew a right that one process has at a time; False if another live process has it.

        Of any number of processes that take it at once, one gets it. The right of a process that is gone, or
        whose lease was over at ``at``, is taken over.
        """

    @abstractmethod
    def end_lease(self, name: str, holder: Holder) -> None:
        """Give a right back; that of another process stays."""

    @abstractmethod
    def with_content(self, hashes: Collection[str]) -> Mapping[str, Sequence[Dataset]]:
        """Return the committed versions that hold any of some contents, by hash, the earliest first."""

    # last, since the name hides the type of lists from what would follow

    @abstractmethod
    def list(self, listing: Listing, at: datetime) -> list[Dataset]:
        """Return committed versions in the order that is asked for."""


LEASE = timedelta(minutes=15)
"""How long an upload or a hold lasts without being renewed."""
