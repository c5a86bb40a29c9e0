"""The port of object stores: documents by key, and content by its hash.

A store holds two kinds of things. *Documents* are small and named by a key (``datasets/logan/1.json``); one
can be put only if it is absent, which is how two writers of one name get one winner. *Content* is the bytes
of files, named by their SHA-256 alone: equal bytes are stored once, and nothing that is there is ever
written again. Content reaches the store through an `Ingest`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

Told = Callable[[int], None]
"""Told how many more bytes were moved; may be called from any thread."""
Placing = Literal["link", "reflink", "copy"]


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file: their SHA-256 (64 hexadecimal digits) and how many they are."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document in a store, when it was written and its size in bytes."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class StoredContent:
    """Content as a store lists it.

    Parameters
    ----------
    size : bytes that are there
    modified : when the last of them was written
    """

    sha256: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class SignedPart:
    """An address from which, or to which, anybody can transfer a part of some content for a while.

    Parameters
    ----------
    start, end : bytes of the content that it holds, the end excluded
    """

    url: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Debris:
    """What an upload that is no more left in a store: where it lies, its size, when it was last written."""

    place: str
    size: int
    modified: datetime


class Ingest(ABC):
    """Files on their way into a store.

    ``take`` reads files, ``publish`` makes what was taken part of the store. Between the two the caller
    claims the content in the index, so that no collection of garbage removes what is about to be used.
    """

    @abstractmethod
    def take(self, sources: Iterable[Path], told: Told | None = None) -> list[Content]:
        """Read files, in their order, and return what they hold.

        Raises
        ------
        InputError
            a file is not there, cannot be read, or is no regular file; it is named.
        StoreError
            the store cannot be written, or its disk is full (retryable).
        """

    @abstractmethod
    def take_bytes(self, data: bytes) -> Content:
        """Take bytes in memory as a file's."""

    @abstractmethod
    def publish(self, told: Told | None = None) -> None:
        """Make everything taken so far durable and part of the store; what is there already is kept.

        On return all of it survives a loss of power. May be called again after taking more. What an
        interrupted upload had stored is not sent again.

        Raises
        ------
        InputError
            a file changed after it was taken.
        StoreError
            the store cannot be written; what was published before stays.
        """


class ObjectStore(ABC):
    """Documents and content; every method may be called from several threads and processes at once.

    Errors of every method: `StoreError`, retryable where the store could not be reached; `NotPermitted`
    where it refuses the credentials.
    """

    address: str

    @abstractmethod
    def put(self, key: str, data: bytes, *, if_absent: bool = False) -> None:
        """Write a document, durably and as a whole.

        Raises
        ------
        AlreadyExists
            ``if_absent`` and it is there: of any number of writers at once one wins.
        InputError
            the key is absolute, climbs out with ``..``, or holds other than letters, digits, ``._-@/``.
        """

    @abstractmethod
    def get(self, key: str) -> bytes:
        """Return a document.

        Raises
        ------
        NotFoundError
            it is not there.
        """

    @abstractmethod
    def list(self, prefix: str = "") -> Iterator[StoredDocument]:
        """Yield the documents whose keys start with a prefix, in the order of keys; no content."""

    @abstractmethod
    def delete(self, keys: Collection[str]) -> None:
        """Remove documents; those that are not there are passed over."""

    @abstractmethod
    def ingest(self, upload: str) -> AbstractContextManager[Ingest]:
        """Open an ingest; on leaving, whatever was not published is removed.

        Parameters
        ----------
        upload : id that names this upload in what it may leave behind when its process is killed
        """

    @abstractmethod
    def holds(self, contents: Collection[Content]) -> set[str]:
        """Return the hashes of those contents that are there, complete."""

    @abstractmethod
    def read(self, content: Content, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield bytes of some content in their order, a few MiB at a time.

        Raises
        ------
        NotFoundError
            it is not there, or not complete.
        """

    @abstractmethod
    def fetch(
        self, content: Content, target: Path, *, link: bool = False, told: Told | None = None
    ) -> Placing:
        """Place content in a file that is not there yet, whole or not at all, and verified by its hash.

        A fetch from a remote store that was interrupted goes on from what it had, if the same target is
        fetched again.

        Parameters
        ----------
        link : share the store's own file where the file system can (hard link, unverified, read-only);
            without it a copy on write (reflink) where the file system can, else a copy

        Raises
        ------
        AlreadyExists
            the target is there.
        NotFoundError
            the content is not there.
        IntegrityError
            the store's bytes are not those of the hash; nothing is left at the target.
        """

    @abstractmethod
    def list_content(self) -> Iterator[StoredContent]:
        """Yield all content, what an interrupted upload left incomplete as well."""

    @abstractmethod
    def delete_content(self, hashes: Collection[str]) -> None:
        """Remove content; what is not there is passed over."""

    @abstractmethod
    def debris(self) -> Iterator[tuple[str, Debris]]:
        """Yield (upload, what it left) of uploads that have not ended in good order, those at work too."""

    @abstractmethod
    def clear_debris(self, uploads: Collection[str]) -> None:
        """Remove what uploads that are no more have left."""

    def sign_get(self, content: Content, expires: timedelta) -> Collection[SignedPart]:
        """Return addresses from which anybody can read content without keys, for a while.

        Raises
        ------
        InputError
            this kind of store has no such addresses.
        """
        raise _unsigned(self.address)

    def sign_put(self, content: Content, expires: timedelta) -> Collection[SignedPart]:
        """Return addresses to which anybody can write content (HTTP PUT) without keys, for a while."""
        raise _unsigned(self.address)


def _unsigned(address: str) -> Exception:
    from dmod.errors import InputError

    return InputError(
        f"{address} has no signed addresses", hint="only object stores have: let the gateway pass the data on"
    )
