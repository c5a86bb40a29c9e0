"""Writing the files of a crate: into a folder, or into a zip archive as one pass over the bytes."""

from __future__ import annotations

import hashlib
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dmod.catalog.catalog import Catalog, Progress
from dmod.catalog.manifest import FileEntry
from dmod.catalog.placement import place
from dmod.catalog.store.disk import sync_file_system
from dmod.core.atomic import replacing, require_space, sweep
from dmod.errors import AlreadyExists, IntegrityError
from dmod.services.data.crate.encoding import is_packed
from dmod.services.data.crate.member import Member

ARCHIVE = ".zip"
_MODE = 0o644 << 16


class Packing(ABC):
    """A crate that is being written."""

    @abstractmethod
    def place(self, member: Member) -> None:
        """Put the files of a dataset in their folder; every byte is compared with its hash.

        Raises
        ------
        IntegrityError
            the store's bytes are not what was stored; the file is named.
        """

    @abstractmethod
    def write(self, path: str, data: bytes) -> None:
        """Write a small file."""


@contextmanager
def packing(catalog: Catalog, target: Path, size: int, progress: Progress) -> Iterator[Packing]:
    """Write a crate aside; it becomes the target if the block ends well, and vanishes if not.

    Parameters
    ----------
    target : a folder, or a zip archive where the name ends so
    size : bytes of all files

    Raises
    ------
    AlreadyExists
        the target holds something.
    StoreError
        the disk is full or cannot be written.
    """
    is_archive = target.suffix.lower() == ARCHIVE
    is_free = not is_archive and target.is_dir() and not target.is_symlink() and not any(target.iterdir())
    if (target.exists() or target.is_symlink()) and not is_free:
        raise AlreadyExists(f"{target} exists", hint="name a folder or an archive that is not there yet")
    with replacing(target, needed=size) as hidden:
        sweep(hidden.parent)  # what exports that were killed have left
        if is_archive:
            with zipfile.ZipFile(hidden, "x", zipfile.ZIP_DEFLATED) as opened:
                yield _Archive(catalog, opened, size, progress)
        else:
            require_space(target, size)
            hidden.mkdir()
            yield _Folder(catalog, hidden, progress)
            sync_file_system(hidden)


@dataclass(frozen=True, slots=True)
class _Folder(Packing):
    catalog: Catalog
    path: Path
    progress: Progress

    def place(self, member: Member) -> None:
        target = self.path / member.folder
        target.parent.mkdir(parents=True, exist_ok=True)
        place(self.catalog, member.dataset, target, progress=self.progress)

    def write(self, path: str, data: bytes) -> None:
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


@dataclass(slots=True)
class _Archive(Packing):
    catalog: Catalog
    opened: zipfile.ZipFile
    total: int
    progress: Progress
    done: int = 0

    def place(self, member: Member) -> None:
        # readers of crates expect the folder of a dataset to be there, also where it holds nothing
        self.opened.writestr(_info(member.folder, member.dataset.created), b"")
        for entry in member.manifest:
            self._copy(member, entry)

    def write(self, path: str, data: bytes) -> None:
        self.opened.writestr(_info(path, datetime(1980, 1, 1, tzinfo=UTC)), data)

    def _copy(self, member: Member, entry: FileEntry) -> None:
        info = _info(member.folder + entry.path, member.dataset.created)
        info.file_size = entry.size  # decides whether the archive needs long numbers
        digest, size = hashlib.sha256(), 0
        with self.opened.open(info, "w") as file:
            for piece in self.catalog.store.read(entry.content):
                digest.update(piece)
                file.write(piece)
                size += len(piece)
                self.done += len(piece)
                self.progress("packing", self.done, self.total)
        if digest.hexdigest() != entry.sha256 or size != entry.size:
            raise IntegrityError(
                f"{entry.path} of {member.dataset.reference} is damaged in {self.catalog.store.address}: "
                f"its hash is {digest.hexdigest()}, not {entry.sha256}",
                hint="restore the store from a backup; `dmod data verify` lists all that is damaged",
            )


def _info(path: str, time: datetime) -> zipfile.ZipInfo:
    """Return how a file stands in an archive; equal crates give equal archives."""
    stamp = time.astimezone(UTC)
    year = min(max(stamp.year, 1980), 2107)  # what the form of zip archives can say
    info = zipfile.ZipInfo(path, (year, *stamp.timetuple()[1:6]))
    info.external_attr = _MODE
    info.compress_type = zipfile.ZIP_STORED if is_packed(path) else zipfile.ZIP_DEFLATED
    return info
