"""Documents and content in a folder of this machine's disk."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dmod.catalog.store.content import absent, checked_range
from dmod.catalog.store.disk import readable, sync_files, written
from dmod.catalog.store.folder_documents import FolderDocuments, when
from dmod.catalog.store.folder_ingest import FolderIngest
from dmod.catalog.store.keys import checked_upload, content_key
from dmod.catalog.store.placing import place
from dmod.catalog.store.port import (
    Content,
    Debris,
    Ingest,
    ObjectStore,
    Placing,
    StoredContent,
    StoredDocument,
    Told,
)
from dmod.core.atomic import remove, sync

PIECE = 4 << 20  # bytes that `read` yields at a time
_DIGITS = "0123456789abcdef"


class FolderStore(ObjectStore):
    """A store in a folder.

    ``documents/<key>``, ``objects/<2 digits>/<62 digits>`` read-only, and in ``incoming/`` what is on its
    way. A name in the first two always means complete bytes that are on the disk. The key of a document
    cannot go on below another's (``a`` and ``a/b``).

    Parameters
    ----------
    path : made if it is not there

    Raises
    ------
    StoreError
        it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.address = str(self.path)
        self._objects = self.path / "objects"
        self._incoming = self.path / "incoming"
        self._documents = FolderDocuments(self.path / "documents", self._incoming)
        with written(self.path):
            for folder in (self._documents.folder, self._objects, self._incoming):
                folder.mkdir(parents=True, exist_ok=True)
            if not (self._objects / "ff").is_dir():  # the last one
                for name in (a + b for a in _DIGITS for b in _DIGITS):
                    (self._objects / name).mkdir(exist_ok=True)
                sync(self._objects)
                sync(self.path)

    def put(self, key: str, data: bytes, *, if_absent: bool = False) -> None:
        """Write a document."""
        self._documents.put(key, data, if_absent=if_absent)

    def get(self, key: str) -> bytes:
        """Return a document."""
        return self._documents.get(key)

    def list(self, prefix: str = "") -> Iterator[StoredDocument]:
        """Yield documents in the order of keys."""
        return self._documents.list(prefix)

    def delete(self, keys: Collection[str]) -> None:
        """Remove documents, and folders that are empty then."""
        self._documents.delete(keys)

    @contextmanager
    def ingest(self, upload: str) -> Iterator[Ingest]:
        """Open an ingest; its files lie in ``incoming/<upload>`` meanwhile."""
        ingest = FolderIngest(self._objects, self._incoming / checked_upload(upload))
        try:
            yield ingest
        finally:
            ingest.close()

    def holds(self, contents: Collection[Content]) -> set[str]:
        """Return the hashes of what is there with its size."""
        found = set()
        for content in contents:
            path = self._content(content.sha256)
            with readable(path), suppress(FileNotFoundError):
                if path.stat().st_size == content.size:
                    found.add(content.sha256)
        return found

    def read(self, content: Content, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield bytes of some content."""
        start, end = checked_range(content, start, end)
        if not self.holds([content]):
            raise absent(content, self.address)
        return _pieces(self._content(content.sha256), start, end)

    def fetch(
        self, content: Content, target: Path, *, link: bool = False, told: Told | None = None
    ) -> Placing:
        """Place content in a file that is not there yet; the file is not synced."""
        try:
            return place(self._content(content.sha256), content, target, link=link, told=told)
        except FileNotFoundError as error:
            raise absent(content, self.address) from error

    def list_content(self) -> Iterator[StoredContent]:
        """Yield all content in the order of hashes."""
        with readable(self._objects):
            folders = sorted(self._objects.iterdir())
        for folder in folders:
            with readable(folder), os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
            for name in names:
                with readable(folder), suppress(FileNotFoundError):
                    status = (folder / name).lstat()
                    yield StoredContent(folder.name + name, status.st_size, when(status.st_mtime))

    def delete_content(self, hashes: Collection[str]) -> None:
        """Remove content; files that were linked to it elsewhere stay."""
        paths = [self._content(sha256) for sha256 in hashes]
        with written(self._objects):
            for path in paths:
                path.unlink(missing_ok=True)
            sync_files({path.parent for path in paths}, self._objects)

    def debris(self) -> Iterator[tuple[str, Debris]]:
        """Yield what lies in ``incoming``."""
        with readable(self._incoming):
            paths = sorted(self._incoming.iterdir())
        for path in paths:
            size, last = 0, 0.0
            for part in (path, *path.rglob("*")):
                with readable(part), suppress(FileNotFoundError):
                    status = part.lstat()
                    size += 0 if part.is_dir() else status.st_size
                    last = max(last, status.st_mtime)
            if last:
                yield path.name, Debris(str(path), size, when(last))

    def clear_debris(self, uploads: Collection[str]) -> None:
        """Remove what uploads left in ``incoming``."""
        for upload in uploads:
            path = self._incoming / checked_upload(upload)
            with written(path):
                remove(path)

    def _content(self, sha256: str) -> Path:
        return self._objects / content_key(sha256)


def _pieces(path: Path, start: int, end: int) -> Iterator[bytes]:
    with readable(path), path.open("rb", buffering=0) as file:
        file.seek(start)
        while start < end and (piece := file.read(min(PIECE, end - start))):
            start += len(piece)
            yield piece
