"""Documents and content in an object store: S3, Google's, Azure's, or one in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from dmod.catalog.store.content import absent, checked_range
from dmod.catalog.store.keys import checked_key, checked_prefix, checked_upload
from dmod.catalog.store.objects import Objects
from dmod.catalog.store.parallel import in_order
from dmod.catalog.store.parts import (
    PART_SIZE,
    ROOT,
    SMALLEST_PART,
    Part,
    Piece,
    hash_of,
    object_key,
    parts,
    pieces,
)
from dmod.catalog.store.port import (
    Content,
    Debris,
    Ingest,
    ObjectStore,
    Placing,
    SignedPart,
    StoredContent,
    StoredDocument,
    Told,
)
from dmod.catalog.store.remote_fetch import fetch
from dmod.catalog.store.remote_ingest import MOST_WORKERS, RemoteIngest
from dmod.catalog.store.stored_parts import StoredParts
from dmod.errors import InputError

PIECE = 4 << 20  # bytes that `read` yields at a time
_AHEAD = 4  # pieces that are asked for at once
_DOCUMENTS = "documents"


class RemoteStore(ObjectStore):
    """A store in a bucket, reached through `obstore`: ``documents/<key>`` and ``objects/…`` (see `parts`).

    Parameters
    ----------
    client : a store of `obstore`; its prefix is the store's root
    address : how people name it
    part_size : content larger than this is written in several objects [bytes]
    """

    def __init__(self, client: Any, address: str, *, part_size: int = PART_SIZE) -> None:
        if part_size < SMALLEST_PART:
            raise InputError(
                f"parts of {part_size:,} bytes are too small", hint=f"{SMALLEST_PART:,} bytes or more"
            )
        self.address = address
        self.objects = Objects(client, address)
        self.part_size = part_size
        self._stored = StoredParts(self.objects, part_size)

    def put(self, key: str, data: bytes, *, if_absent: bool = False) -> None:
        """Write a document by one request."""
        write = self.objects.claim if if_absent else self.objects.put
        write(f"{_DOCUMENTS}/{checked_key(key)}", data)

    def get(self, key: str) -> bytes:
        """Return a document."""
        return self.objects.get(f"{_DOCUMENTS}/{checked_key(key)}")

    def list(self, prefix: str = "") -> Iterator[StoredDocument]:
        """Yield documents in the order of keys."""
        return self._listed(checked_prefix(prefix))

    def delete(self, keys: Collection[str]) -> None:
        """Remove documents."""
        self.objects.delete([f"{_DOCUMENTS}/{checked_key(key)}" for key in keys])

    @contextmanager
    def ingest(self, upload: str) -> Iterator[Ingest]:
        """Open an ingest; the upload's id leaves no trace, as parts are named by their content."""
        checked_upload(upload)
        yield RemoteIngest(self._stored)

    def holds(self, contents: Collection[Content]) -> set[str]:
        """Return the hashes of what is there, all parts with their sizes."""

        def is_held(content: Content) -> bool:
            return self._stored.find(content) is not None

        wanted = list(set(contents))
        held = in_order(is_held, wanted, min(MOST_WORKERS, max(1, len(wanted))), "ask")
        return {content.sha256 for content, there in zip(wanted, held, strict=True) if there}

    def read(self, content: Content, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield bytes of some content, a few pieces asked for ahead."""
        start, end = checked_range(content, start, end)
        return self._pieces(self._parts(content), start, end)

    def fetch(
        self, content: Content, target: Path, *, link: bool = False, told: Told | None = None
    ) -> Placing:
        """Download content to a file that is not there yet; the file is not synced."""
        fetch(self.objects, content, lambda: self._parts(content), target, told)
        return "copy"

    def list_content(self) -> Iterator[StoredContent]:
        """Yield all content in the order of hashes."""
        found = ((hash_of(item["path"]), item) for item in self.objects.list(ROOT))
        for sha256, items in groupby(found, key=lambda pair: pair[0]):
            if sha256 is not None:
                known = [item for _, item in items]
                size = sum(item["size"] for item in known)
                yield StoredContent(sha256, size, max(item["last_modified"] for item in known))

    def delete_content(self, hashes: Collection[str]) -> None:
        """Remove content, all its parts."""

        def keys(sha256: str) -> Sequence[str]:
            key = object_key(sha256)
            return [key, *(item["path"] for item in self.objects.list(key))]

        wanted = [key for found in in_order(keys, list(hashes), MOST_WORKERS, "ask") for key in found]
        self.objects.delete(wanted)

    def debris(self) -> Iterator[tuple[str, Debris]]:
        """Yield nothing: what an upload left is content that is not complete, see `list_content`."""
        yield from ()

    def clear_debris(self, uploads: Collection[str]) -> None:
        """Do nothing: there is no debris."""

    def sign_get(self, content: Content, expires: timedelta) -> Collection[SignedPart]:
        """Return addresses from which anybody can read content without keys, for a while."""
        return self._signed("GET", self._parts(content), expires)

    def sign_put(self, content: Content, expires: timedelta) -> Collection[SignedPart]:
        """Return addresses to which anybody can write content (HTTP PUT) without keys, for a while."""
        return self._signed("PUT", parts(content, self.part_size), expires)

    def _signed(self, method: str, wanted: Sequence[Part], expires: timedelta) -> Sequence[SignedPart]:
        urls = self.objects.sign(method, [part.key for part in wanted], expires)
        return [SignedPart(url, part.start, part.end) for url, part in zip(urls, wanted, strict=True)]

    def _parts(self, content: Content) -> Sequence[Part]:
        found = self._stored.find(content)
        if found is None:
            raise absent(content, self.address)
        return found

    def _pieces(self, lying: Sequence[Part], start: int, end: int) -> Iterator[bytes]:
        def get(piece: Piece) -> bytes:
            return bytes(self.objects.get_range(piece.key, piece.start, piece.end))

        workers = min(_AHEAD, max(1, -(-(end - start) // PIECE)))
        yield from in_order(get, pieces(lying, start, end, PIECE), workers, "read")

    def _listed(self, prefix: str) -> Iterator[StoredDocument]:
        folder = f"{_DOCUMENTS}/{prefix}".rpartition("/")[0]
        for item in self.objects.list(folder):
            key = item["path"].removeprefix(f"{_DOCUMENTS}/")
            if key.startswith(prefix):
                yield StoredDocument(key, item["size"], item["last_modified"])
            elif key > prefix:
                return
