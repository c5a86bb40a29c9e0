"""What a path looks like before anything is known of it: files by their first bytes, what folders hold."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from dmod.errors import InputError, NotFoundError

HEAD = 4096
LISTED = 8
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TAR = (257, b"ustar")
_STORE_FILES = frozenset({"zarr.json", ".zgroup", ".zmetadata", ".zarray"})
_PRINTABLE = 0.9


class Kind(StrEnum):
    """What the first bytes of a file say that it is; the value is for people."""

    EMPTY = "an empty file"
    SQLITE = "an SQLite database"
    NETCDF = "a NetCDF or HDF5 file"
    ZIP = "a zip archive"
    TAR = "a tar archive"
    COMPRESSED = "a compressed file"
    POINTER = "a Git LFS pointer, not the file itself"
    JSON = "a JSON document"
    MARKUP = "an HTML or XML document"
    TEXT = "a text file"
    BINARY = "a binary file"


_STARTS = (
    (b"SQLite format 3\x00", Kind.SQLITE),
    (b"\x89HDF\r\n\x1a\n", Kind.NETCDF),
    (b"CDF\x01", Kind.NETCDF),
    (b"CDF\x02", Kind.NETCDF),
    (b"CDF\x05", Kind.NETCDF),
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"\x1f\x8b", Kind.COMPRESSED),
    (b"BZh", Kind.COMPRESSED),
    (b"\xfd7zXZ\x00", Kind.COMPRESSED),
    (b"version https://git-lfs", Kind.POINTER),
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds, in it and below; hidden files are left out.

    Parameters
    ----------
    files : relative paths in order
    stores : relative paths of Zarr stores, whose inside is not listed
    """

    files: tuple[Path, ...]
    stores: tuple[Path, ...]

    @property
    def entries(self) -> tuple[Path, ...]:
        """Files and stores."""
        return (*self.files, *self.stores)


def require_there(path: Path) -> None:
    """Refuse a path that cannot be looked at.

    Raises
    ------
    NotFoundError
        there is nothing.
    InputError
        it may not be read, or it is neither a file nor a folder.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        broken = path.is_symlink()
        raise NotFoundError(
            f"{path} is a link to what does not exist" if broken else f"there is no file or folder {path}",
            hint="check the path",
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InputError(f"{path} is neither a file nor a folder", hint="give a file or a folder of files")


def unreadable(path: Path, error: OSError) -> InputError:
    """Return the error about a path that the system does not let be read."""
    return InputError(
        f"{path} cannot be read: {(error.strerror or str(error)).lower()}", hint="check its permissions"
    )


def head_of(path: Path, size: int = HEAD) -> bytes:
    """Return the first bytes of a file.

    Raises
    ------
    InputError
        it cannot be read.
    """
    try:
        with path.open("rb", buffering=0) as file:
            return file.read(size)
    except OSError as error:
        raise unreadable(path, error) from error


def kind_of(path: Path) -> Kind | None:
    """Return what the first bytes of a file say; None of a folder.

    Raises
    ------
    InputError
        it cannot be read.
    """
    return None if path.is_dir() else _kind(head_of(path))


def _kind(head: bytes) -> Kind:
    if not head:
        return Kind.EMPTY
    known = next((kind for start, kind in _STARTS if head.startswith(start)), None)
    if known is not None:
        return known
    place, mark = _TAR
    if head[place : place + len(mark)] == mark:
        return Kind.TAR
    text = head.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if not _is_text(head):
        return Kind.BINARY
    if text.startswith((b"{", b"[")):
        return Kind.JSON
    return Kind.MARKUP if text.startswith(b"<") else Kind.TEXT


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    text = head.decode("utf-8", errors="ignore")
    shown = sum(sign.isprintable() or sign.isspace() for sign in text)
    return len(text.encode()) >= _PRINTABLE * len(head) and shown >= _PRINTABLE * len(text)


def is_store(path: Path) -> bool:
    """Whether a folder is a Zarr store.

    Raises
    ------
    InputError
        it may not be looked into.
    """
    try:
        return any((path / name).is_file() for name in _STORE_FILES)
    except PermissionError as error:
        raise unreadable(path, error) from error


def listing(folder: Path) -> Listing:
    """Return what a folder holds.

    Raises
    ------
    InputError
        it, or a folder in it, cannot be read.
    """
    return _listing(folder, folder.stat().st_mtime_ns)


def forget() -> None:
    """Forget what folders held, so that the next look is a new one."""
    _listing.cache_clear()


@lru_cache(maxsize=4)
def _listing(folder: Path, _changed: int) -> Listing:
    files: list[Path] = []
    stores: list[Path] = []
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                found = [entry for entry in entries if not entry.name.startswith(".")]
                folders = [Path(entry.path) for entry in found if entry.is_dir()]
                files += [Path(entry.path).relative_to(folder) for entry in found if entry.is_file()]
        except OSError as error:
            raise unreadable(here, error) from error
        for inside in folders:
            if is_store(inside):
                stores.append(inside.relative_to(folder))
            elif not inside.is_symlink():  # a link may lead in a circle
                waiting.append(inside)
    return Listing(tuple(sorted(files)), tuple(sorted(stores)))


def looks_like(path: Path) -> str:
    """Return in words what a path looks like, for messages."""
    kind = kind_of(path)
    if kind is None:
        return _folder_words(path)
    if kind is Kind.TEXT:
        return f"a text file that starts with {_first_line(path)[:60]!r}"
    if kind is Kind.BINARY:
        return f"a binary file that starts with {head_of(path, 8).hex(' ')}"
    return kind.value


def _first_line(path: Path) -> str:
    """Return the first line of a text that says anything: rather one that is no comment."""
    text = head_of(path).decode("utf-8", errors="replace").lstrip("\ufeff")
    lines = [line for line in text.splitlines() if line.strip("# \t")]
    return next((line for line in lines if not line.startswith("#")), lines[0] if lines else "")


def _folder_words(folder: Path) -> str:
    if is_store(folder):
        return "a Zarr store"
    found = listing(folder).entries
    names = ", ".join(str(name) for name in found[:LISTED])
    more = f" and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
    return f"a folder of {len(found):,} file{'' if len(found) == 1 else 's'} ({names}{more})"
