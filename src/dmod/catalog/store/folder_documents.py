"""Documents as files of a folder: each written aside, synced, then given its name by one writer."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from dmod.catalog.store.copying import write_all
from dmod.catalog.store.disk import readable, written
from dmod.catalog.store.keys import checked_key, checked_prefix
from dmod.catalog.store.port import StoredDocument
from dmod.core.atomic import remove, sync
from dmod.errors import AlreadyExists, InputError, NotFoundError

_ATTEMPTS = 20  # another process may remove an empty folder just when it is needed
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class FolderDocuments:
    """The documents of a `FolderStore`.

    Parameters
    ----------
    aside : folder for what is not complete; in the same file system
    """

    def __init__(self, folder: Path, aside: Path) -> None:
        self.folder = folder
        self.aside = aside

    def put(self, key: str, data: bytes, *, if_absent: bool) -> None:
        """Write a document; see `ObjectStore.put`."""
        target = self.folder / checked_key(key)
        aside = self.aside / f"document-{secrets.token_hex(8)}"
        try:
            with written(target, needed=len(data)):
                _write(aside, data)
                self._settle(aside, target, if_absent)
        finally:
            remove(aside)

    def get(self, key: str) -> bytes:
        """Return a document."""
        path = self.folder / checked_key(key)
        with readable(path):
            try:
                return path.read_bytes()
            except _ABSENT as error:
                raise NotFoundError(f"{key} is not in {self.folder}") from error

    def list(self, prefix: str) -> Iterator[StoredDocument]:
        """Yield documents in the order of keys."""
        return _listed(self.folder, "", checked_prefix(prefix))

    def delete(self, keys: Collection[str]) -> None:
        """Remove documents, and folders that are empty then."""
        paths = [self.folder / checked_key(key) for key in keys]
        with written(self.folder):
            for path in paths:
                with suppress(*_ABSENT):
                    path.unlink()
            for folder in {path.parent for path in paths}:
                self._tidy(folder)

    def _settle(self, aside: Path, target: Path, if_absent: bool) -> None:
        """Give a synced document its name; the folders above are made, and synced, on the way."""
        for attempt in range(_ATTEMPTS):
            try:
                made = _make(target.parent)
                if if_absent:
                    os.link(aside, target)
                else:
                    aside.replace(target)
                for folder in (target.parent, *(path.parent for path in made)):
                    sync(folder)
                return
            except FileExistsError as error:
                if target.is_file():
                    raise AlreadyExists(f"{self._key(target)} is in {self.folder} already") from error
                raise self._in_the_way(target) from error
            except (NotADirectoryError, IsADirectoryError) as error:
                raise self._in_the_way(target) from error
            except FileNotFoundError:
                if attempt == _ATTEMPTS - 1:
                    raise

    def _key(self, target: Path) -> str:
        return target.relative_to(self.folder).as_posix()

    def _in_the_way(self, target: Path) -> InputError:
        return InputError(
            f"{self._key(target)} cannot be in {self.folder}: a document's key goes on below another's",
            hint="choose a key of which no other, up to a /, is the beginning",
        )

    def _tidy(self, folder: Path) -> None:
        """Remove empty folders from here upwards, and sync what is left."""
        while folder != self.folder:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                break
            folder = folder.parent
        with suppress(*_ABSENT):
            sync(folder)


def when(seconds: float) -> datetime:
    """Return a time of the file system."""
    return datetime.fromtimestamp(seconds, UTC)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the new ones."""
    made: list[Path] = []
    while not folder.exists():
        made.append(folder)
        folder = folder.parent
    for path in reversed(made):
        path.mkdir(exist_ok=True)
    return made


def _listed(folder: Path, above: str, prefix: str) -> Iterator[StoredDocument]:
    with readable(folder):
        try:
            with os.scandir(folder) as entries:
                found = sorted(
                    (above + entry.name + ("/" if entry.is_dir(follow_symlinks=False) else ""), entry.name)
                    for entry in entries
                )
        except _ABSENT:
            return  # removed meanwhile
    for key, name in found:
        if key.endswith("/"):
            if key.startswith(prefix) or prefix.startswith(key):
                yield from _listed(folder / name, key, prefix)
        elif key.startswith(prefix):
            with suppress(FileNotFoundError):
                status = (folder / name).stat(follow_symlinks=False)
                yield StoredDocument(key, status.st_size, when(status.st_mtime))
