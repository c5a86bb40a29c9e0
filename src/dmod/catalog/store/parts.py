"""How content lies in an object store: in one object, or in several that are each put by one request.

Small content is the object ``objects/<2 digits>/<62 digits>``. Content larger than a part is a folder of
that name, ``…/<bytes of a part>/<5 digits>``: which parts are there can be seen, so an upload that was cut
off goes on with those that are not, and the store never holds an upload that it hides. Writers with parts of
different sizes do not meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dmod.catalog.store.keys import content_key
from dmod.catalog.store.port import Content

ROOT = "objects"
PART_SIZE = 64 << 20
SMALLEST_PART = 64 << 10  # what is no larger lies in one object, whoever wrote it


@dataclass(frozen=True, slots=True)
class Part:
    """An object that holds a part of some content.

    Parameters
    ----------
    start, end : bytes of the content, the end excluded
    """

    key: str
    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return self.end - self.start


def object_key(sha256: str) -> str:
    """Return the object that holds small content, and the folder that holds large content."""
    return f"{ROOT}/{content_key(sha256)}"


def parts(content: Content, part_size: int) -> list[Part]:
    """Return the objects that hold content when it is stored in parts of a size."""
    key = object_key(content.sha256)
    if content.size <= part_size:
        return [Part(key, 0, content.size)]
    starts = range(0, content.size, part_size)
    return [
        Part(f"{key}/{part_size}/{number:05d}", start, min(start + part_size, content.size))
        for number, start in enumerate(starts)
    ]


def complete_parts(content: Content, found: Mapping[str, int]) -> list[Part] | None:
    """Return the parts that make up some content if they are all there, whole.

    Parameters
    ----------
    found : size of each object in the content's folder, by key
    """
    sizes = {key.split("/")[-2] for key in found}
    for size in sorted((int(text) for text in sizes if text.isdecimal()), reverse=True):
        if SMALLEST_PART <= size < content.size:
            wanted = parts(content, size)
            if all(found.get(part.key) == part.size for part in wanted):
                return wanted
    return None


def hash_of(key: str) -> str | None:
    """Return the hash of the content that an object is, or is a part of; None if it is neither."""
    pieces = key.split("/")
    if len(pieces) not in {3, 5} or pieces[0] != ROOT:
        return None
    return pieces[1] + pieces[2] if len(pieces[1] + pieces[2]) == 64 else None


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of an object that are read by one request.

    Parameters
    ----------
    start, end : bytes of the object, the end excluded
    offset : where they lie in the content
    """

    key: str
    start: int
    end: int
    offset: int


def pieces(lying: Sequence[Part], start: int, end: int, size: int) -> Iterator[Piece]:
    """Yield what to read for a range of some content, in order, at most a size at a time."""
    for part in lying:
        first, last = max(start, part.start), min(end, part.end)
        for offset in range(first, last, size):
            ending = min(offset + size, last)
            yield Piece(part.key, offset - part.start, ending - part.start, offset)
