"""Archives that strangers packed: unpacked into a folder as a whole, or not at all.

Read are tar, plain or compressed by gzip, bzip2 or xz, and zip. Only files and folders may be in them, with
names that stay inside; sizes are counted as bytes come out, whatever the archive says of itself.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from dmod.catalog.manifest import is_inside, plain_name
from dmod.core.atomic import remove, replacing, require_space
from dmod.errors import AlreadyExists, DmodError, InputError, NotFoundError

CHUNK = 1 << 20
HEADER = 16 << 20
"""No header inside a tar archive may be larger; they are read into memory."""
BLOCK = 512
_KINDS = "tar, tar.gz, tar.bz2, tar.xz or zip"
_COMPRESSED: dict[bytes, Callable[[Path], IO[bytes]]] = {
    b"\x1f\x8b": gzip.GzipFile,  # type: ignore[dict-item]
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_FAULTS = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold.

    Parameters
    ----------
    size : bytes of all files, unpacked
    members : files and folders
    ratio : unpacked bytes for each byte of the archive; counts from ``small`` bytes on
    small : unpacked bytes that are never too many
    """

    size: int = 2 << 40
    members: int = 2_000_000
    ratio: float = 300.0
    small: int = 256 << 20


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of an archive: number of files, and their bytes."""

    files: int
    size: int


_Kind = Literal["file", "folder", "link", "neither file nor folder", "encrypted"]


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    kind: _Kind
    size: int
    open: Callable[[], IO[bytes] | None]


def unpack(archive: Path, folder: Path, limits: Limits = Limits()) -> Unpacked:
    """Unpack an archive into a new folder.

    The folder appears when everything in the archive was found to be in order and is unpacked; on any error
    nothing is left. Times, owners and permissions of the members are not kept, empty folders neither.

    Parameters
    ----------
    folder : where the files go; must not be there

    Raises
    ------
    InputError
        it is no archive that can be read, damaged or not whole; a member is a link or a device, has a name
        that leads out, or that is in the archive already, perhaps written in another way; it holds more than
        the limits allow, or no file.
    AlreadyExists
        the folder is there.
    NotFoundError
        the archive is not there.
    StoreError
        the folder cannot be written, or the disk is full.
    """
    if folder.exists() or folder.is_symlink():
        raise AlreadyExists(f"{folder} is there already", hint="unpack into a folder that is not there yet")
    if not archive.is_file():
        raise NotFoundError(f"{archive} is not there, or no file", hint="name an archive: " + _KINDS)
    with replacing(folder, durable=False) as hidden:
        remove(hidden)
        hidden.mkdir()
        unpacking = _Unpacking(archive, hidden, limits)
        with ExitStack() as stack:
            for member in _members(archive, folder, limits, stack):
                unpacking.take(member)
        if not unpacking.files:
            raise InputError(f"{archive} holds no files", hint="pack the files that you want to add")
    return Unpacked(unpacking.files, unpacking.size)


class _Unpacking:
    """Members that have been written to a folder, and what they come to."""

    def __init__(self, archive: Path, folder: Path, limits: Limits) -> None:
        self._archive, self._folder, self._limits = archive, folder, limits
        packed = archive.stat().st_size
        self._most = min(limits.size, max(limits.small, int(packed * limits.ratio)))
        self._names: dict[str, tuple[str, bool]] = {}
        self._members = 0
        self.files = 0
        self.size = 0

    def take(self, member: _Member) -> None:
        """Write a member.

        Raises
        ------
        InputError
            it may not be in an archive.
        """
        self._members += 1
        if self._members > self._limits.members:
            raise self._error(f"holds more than {self._limits.members:,} files", "pack fewer at a time")
        if member.kind == "link":
            raise self._error(f"holds a link, {member.name!r}", "pack what it leads to: tar --dereference")
        if member.kind not in {"file", "folder"}:
            raise self._error(f"holds {member.name!r}, which is {member.kind}", "pack plain files only")
        name = _without_dots(member.name)
        if not name and member.kind == "folder":
            return
        self._note(name, is_file=member.kind == "file")
        if member.kind == "file":
            self._require_room(member.size, name)
            self._write(member, self._folder / name)

    def _note(self, name: str, *, is_file: bool) -> None:
        """Note a name and the folders above it, and refuse one that contradicts another."""
        if not is_inside(name):
            raise self._error(
                f"holds a name that cannot stand in a dataset: {name!r}",
                "names are relative, with /, without .., empty parts, backslashes and control characters",
            )
        parts = name.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts))]
        for path, file in [*((path, False) for path in above), (name, is_file)]:
            plain = plain_name(path)
            if plain not in self._names:
                self._names[plain] = (path, file)
                continue
            known, known_file = self._names[plain]
            if known != path:
                raise self._error(
                    f"holds {known!r} and {path!r}, one name written in two ways", "rename one of them"
                )
            if file or known_file:
                twice = "twice" if file and known_file else "as a file and as a folder"
                raise self._error(f"holds {path!r} {twice}", "pack each file once")

    def _require_room(self, size: int, name: str) -> None:
        if size < 0 or self.size + size > self._most:
            bound = (
                f"the limit of {self._limits.size:,} bytes"
                if self._most == self._limits.size
                else f"{self._limits.ratio:g} times its own size"
            )
            raise self._error(
                f"unpacks to more than {bound} at {name!r}", "unpack it yourself and add the folder"
            )

    def _write(self, member: _Member, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _reading(self._archive):
            source = member.open()
        if source is None:
            raise self._error(f"has no bytes of {member.name!r}", "pack it again")
        with source, path.open("xb") as target:
            while True:
                with _reading(self._archive):
                    chunk = source.read(CHUNK)
                if not chunk:
                    break
                self._require_room(len(chunk), member.name)
                self.size += len(chunk)
                target.write(chunk)
        self.files += 1

    def _error(self, message: str, hint: str) -> InputError:
        return InputError(f"{self._archive} {message}", hint=hint)


def _members(archive: Path, folder: Path, limits: Limits, stack: ExitStack) -> Iterator[_Member]:
    with _reading(archive), archive.open("rb") as file:
        start = file.read(6)
    if start.startswith(_ZIP):
        with _reading(archive):
            opened = stack.enter_context(zipfile.ZipFile(archive))
        yield from _zip_members(opened, folder, limits)
        return
    reader = next((read for magic, read in _COMPRESSED.items() if start.startswith(magic)), None)
    with _reading(archive):
        stream = stack.enter_context(archive.open("rb") if reader is None else reader(archive))
    yield from _tar_members(archive, _Guarded(stream), stack)


def _zip_members(opened: zipfile.ZipFile, folder: Path, limits: Limits) -> Iterator[_Member]:
    listed = opened.infolist()
    total = sum(item.file_size for item in listed)
    if total <= limits.size:
        require_space(folder, total)
    for item in listed:
        mode = stat.S_IFMT(item.external_attr >> 16)
        kind: _Kind
        if mode == stat.S_IFLNK:
            kind = "link"
        elif mode not in ({0, stat.S_IFDIR} if item.is_dir() else {0, stat.S_IFREG}):
            kind = "neither file nor folder"
        elif item.is_dir():
            kind = "folder"
        else:
            kind = "encrypted" if item.flag_bits & 1 else "file"
        # the name as it is written: zipfile cuts its own at a null character
        yield _Member(item.orig_filename, kind, item.file_size, lambda item=item: opened.open(item))  # type: ignore[misc]


def _tar_members(archive: Path, stream: _Guarded, stack: ExitStack) -> Iterator[_Member]:
    with _reading(archive):
        opened = stack.enter_context(tarfile.TarFile(fileobj=stream, mode="r"))  # type: ignore[arg-type]
    while True:
        with _reading(archive):
            item = opened.next()
        if item is None:
            break
        kind: _Kind
        if item.issym() or item.islnk():
            kind = "link"
        elif item.isdir():
            kind = "folder"
        else:
            kind = "file" if item.isreg() else "neither file nor folder"
        yield _Member(item.name, kind, item.size, lambda item=item: opened.extractfile(item))  # type: ignore[misc]
        opened.members = []  # type: ignore[attr-defined] # a list of all would only grow
    with _reading(archive):
        stream.seek(opened.offset)
        end = stream.read(BLOCK)
        after = 0
        while after <= HEADER and (chunk := stream.read(CHUNK)):  # a checksum of all is read at the very end
            after += len(chunk)
    # tarfile takes a damaged header, and the end of the file, for the end of the archive
    if end != bytes(BLOCK) or after > HEADER:
        raise InputError(f"{archive} is damaged, or not whole", hint="copy or pack it again")


class _Guarded:
    """A stream of which nobody reads very much at once: tarfile reads whole headers into memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        """Read at most ``size`` bytes."""
        if not 0 <= size <= HEADER:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self._stream.read(size)


@contextmanager
def _reading(archive: Path) -> Iterator[None]:
    """Turn what the libraries say of a damaged archive into an `InputError`."""
    try:
        yield
    except DmodError:
        raise
    except _FAULTS as error:
        detail = str(error) or type(error).__name__
        raise InputError(
            f"{archive} cannot be unpacked: {detail}", hint=f"give a whole archive: {_KINDS}"
        ) from error


def _without_dots(name: str) -> str:
    """Return a member's name without the ``./`` that tar puts first and the ``/`` that ends folders."""
    while name.startswith("./"):
        name = name[2:]
    return "" if name == "." else name.removesuffix("/")
