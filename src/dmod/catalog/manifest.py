"""The files of a dataset: path, size and hash of each, and one digest over all of them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import PurePosixPath

from dmod.catalog.store.port import Content
from dmod.errors import InputError

HEX = frozenset("0123456789abcdef")
LINE = re.compile(r"(?P<sha256>[0-9a-f]{64}) (?P<size>0|[1-9][0-9]{0,17}) (?P<path>.+)")
LONGEST, LONGEST_PART = 4095, 255
"""Bytes of a path and of one of its parts that file systems can hold."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: its path inside the dataset, with ``/``, its size in bytes and its SHA-256."""

    path: str
    size: int
    sha256: str

    @property
    def content(self) -> Content:
        """The bytes alone."""
        return Content(self.sha256, self.size)


@dataclass(frozen=True)
class Manifest:
    """The files of a dataset, in the order of their paths.

    Parameters
    ----------
    entries : one for each file; no path twice, none inside another file. Paths that differ but look alike
        (letters composed or not, of another width, with invisible signs) count as one path: not every
        system can hold both

    Raises
    ------
    InputError
        a path stands twice, is written in two ways, or is both file and folder.
    """

    entries: tuple[FileEntry, ...]

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.entries, key=lambda entry: entry.path))
        object.__setattr__(self, "entries", ordered)
        paths = {entry.path for entry in ordered}
        if len(paths) < len(ordered):
            twice = next(a.path for a, b in pairwise(ordered) if a.path == b.path)
            raise InputError(f"the path {twice!r} stands twice in a manifest")
        for folder in folders_of(paths):
            if folder in paths:
                raise InputError(f"{folder!r} is a file and a folder in one manifest")
        if not all(path.isascii() for path in paths):
            _require_unlike(paths)

    @classmethod
    def of(cls, files: Iterable[tuple[str, Content]]) -> Manifest:
        """Return the manifest of files by path."""
        return cls(tuple(FileEntry(require_path(path), held.size, held.sha256) for path, held in files))

    @cached_property
    def text(self) -> str:
        """A line for each file, with hash, size and path, as `parse_manifest` reads it."""
        return "".join(f"{entry.sha256} {entry.size} {entry.path}\n" for entry in self.entries)

    @cached_property
    def content(self) -> Content:
        """The text as content of a store."""
        data = self.text.encode()
        return Content(hashlib.sha256(data).hexdigest(), len(data))

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return self.content.sha256

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)

    @property
    def contents(self) -> set[Content]:
        """The bytes of all files, each once."""
        return {entry.content for entry in self.entries}

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[FileEntry]:
        return iter(self.entries)


def parse_manifest(text: str, where: str) -> Manifest:
    """Read a manifest; paths and hashes are checked as if a stranger had written it.

    Parameters
    ----------
    where : what to call it in a message

    Raises
    ------
    InputError
        a line is not hash, size and path, or the path would lead out of the dataset.
    """
    lines = text.split("\n")
    if lines[-1]:
        raise InputError(f"{where} is no whole manifest: its last line does not end", hint="get it anew")
    entries = []
    for number, line in enumerate(lines[:-1], 1):
        found = LINE.fullmatch(line)
        if found is None or not is_inside(found["path"]):
            raise InputError(
                f"{where}, line {number}: {line[:120]!r} is no file of a manifest",
                hint="a line is SHA-256, size and path inside the dataset, with one blank between",
            )
        entries.append(FileEntry(found["path"], int(found["size"]), found["sha256"]))
    try:
        return Manifest(tuple(entries))
    except InputError as error:
        raise InputError(f"{where}: {error.message}", hint=error.hint) from error


def require_path(path: str) -> str:
    """Return a path that a file may have inside a dataset.

    Raises
    ------
    InputError
        it is absolute, leads out of the dataset, or holds what no path should.
    """
    if not is_inside(path):
        raise InputError(
            f"the path {path!r} cannot stand in a dataset",
            hint="paths are relative, with /, without ., .., empty parts, backslashes and control characters",
        )
    return path


def is_inside(path: str) -> bool:
    """Whether a relative path stays below the folder that it starts from, on every system, and can be one."""
    parts = path.split("/")
    if any(part in {"", ".", ".."} for part in parts) or len(path.encode(errors="replace")) > LONGEST:
        return False
    if any(len(part.encode(errors="replace")) > LONGEST_PART for part in parts):
        return False
    if ":" in parts[0] and len(parts[0].partition(":")[0]) == 1:
        return False  # a drive
    return "\\" not in path and not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in path)


def folders_of(paths: Iterable[str]) -> set[str]:
    """Return every folder that lies above any of these files."""
    found: set[str] = set()
    for path in paths:
        for parent in PurePosixPath(path).parents:
            text = str(parent)
            if text == "." or text in found:
                break
            found.add(text)
    return found


def plain_name(path: str) -> str:
    """Return a path in the one form of all that look alike: letters composed, invisible signs left out."""
    if path.isascii():
        return path
    composed = unicodedata.normalize("NFKC", path)
    return "".join(letter for letter in composed if unicodedata.category(letter) != "Cf")


def _require_unlike(paths: set[str]) -> None:
    """Refuse paths that look alike, and a file that looks like a folder."""
    by_name: dict[str, str] = {}
    for path in sorted(paths):
        other = by_name.setdefault(plain_name(path), path)
        if other != path:
            raise InputError(
                f"{other!r} and {path!r} are one path written in two ways", hint="rename one of the files"
            )
    for folder in sorted(folders_of(paths)):
        if plain_name(folder) in by_name:
            raise InputError(
                f"{by_name[plain_name(folder)]!r} is a file and looks like the folder {folder!r}",
                hint="rename one of them",
            )


EMPTY = Manifest(())
