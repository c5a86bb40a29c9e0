"""The library of specifications and templates: a folder of documents, each whole or not there at all."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dmod.core.atomic import remove, replacing
from dmod.core.holding import held
from dmod.core.time_axis import format_time
from dmod.errors import AlreadyExists, InputError, NotFoundError, NotPermitted, StoreError
from dmod.evaluation.specification.parsing import parse_specification, require_template
from dmod.evaluation.specification.searching import places_of
from dmod.evaluation.specification.template import KINDS, chain_of

SPECIFICATION = "specification"
"""The kind of what can be run as it stands; templates are of the kinds of :data:`KINDS`."""
LARGEST = 1 << 20
"""Bytes of a document."""
LONGEST_NAME = 100
LONGEST_FILE_NAME = 180
"""Characters of a file's name, which may be thrice those of a document's."""
SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a document without reading it.

    Parameters
    ----------
    kind : :data:`SPECIFICATION`, or that of a template
    owner : who may change it; empty where nobody is told apart
    created, changed : UTC, ``YYYY-MM-DD HH:MM:SS``
    fault : why it cannot be read, where it cannot
    """

    kind: str
    name: str
    owner: str
    description: str
    created: str
    changed: str
    fault: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it as JSON has it."""
        told = ("kind", "name", "owner", "description", "created", "changed", "fault")
        return {key: getattr(self, key) for key in told if key != "fault" or self.fault}


@dataclass(frozen=True, slots=True)
class Saved:
    """A document of the library."""

    entry: Entry
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A document that a search found.

    Parameters
    ----------
    places : in the document that hold what was searched; empty where its name or description does
    """

    entry: Entry
    places: tuple[str, ...]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class SpecificationLibrary:
    """Specifications and templates by name.

    Parameters
    ----------
    folder : made when the first document is saved
    """

    folder: Path
    clock: Callable[[], datetime] = _now
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def save(
        self,
        name: str,
        document: Mapping[str, Any],
        *,
        kind: str = SPECIFICATION,
        owner: str = "",
        description: str = "",
        replace: bool = False,
    ) -> Entry:
        """Keep a document that is sound; what was there before stays where it is not.

        Raises
        ------
        InputError
            the name or the kind is none, the document is wrong or too large, or inherits in a circle.
        AlreadyExists
            there is one of that name, and it is not to be replaced.
        NotPermitted
            it is somebody else's.
        """
        path = self._path(kind, name)
        self._require_sound(kind, name, document)
        with self._alone():
            before = self._entry(path) if path.exists() else None
            if before is not None and not replace:
                raise AlreadyExists(
                    f"there is a {kind} {name!r} already", hint="choose another name, or replace it"
                )
            if before is not None:
                _require_owner(before, owner)
            now = format_time(self.clock())
            entry = Entry(kind, name, owner, description, before.created if before else now, now)
            text = json.dumps({**entry.as_dict(), "document": document}, indent=1, ensure_ascii=False)
            if len(text.encode()) > LARGEST:
                raise InputError(f"{name!r} is larger than {LARGEST:,} bytes", hint="keep data out of it")
            with replacing(path, needed=len(text)) as hidden:
                hidden.write_text(text, encoding="utf-8")
        return entry

    def entries(self, *, kind: str | None = None, owner: str | None = None) -> list[Entry]:
        """Return what there is, by kind and name."""
        paths = sorted(self.folder.glob(f"*/*{SUFFIX}")) if self.folder.is_dir() else []
        found = [self._entry(path) for path in paths if not path.name.startswith(".")]
        return [
            entry
            for entry in sorted(found, key=lambda item: (item.kind, item.name.casefold()))
            if kind in {None, entry.kind} and owner in {None, entry.owner}
        ]

    def show(self, name: str, *, kind: str = SPECIFICATION) -> Saved:
        """Return a document as it was saved.

        Raises
        ------
        NotFoundError
            there is none; similar names are told.
        StoreError
            it cannot be read.
        """
        path = self._path(kind, name)
        if not path.is_file():
            raise self._unknown(kind, name)
        held_there = _read(path)
        return Saved(_entry_of(held_there, path), held_there["document"])

    def search(
        self, text: str = "", *, element: str = "", kind: str | None = None, owner: str | None = None
    ) -> list[Found]:
        """Return the documents that hold all words of a text.

        Parameters
        ----------
        element : keys that the words have to stand below, such as ``metrics.name``; anywhere, in names and
            in descriptions too, if empty
        """
        words = text.split() or [""]
        found = []
        for entry in self.entries(kind=kind, owner=owner):
            if entry.fault:
                continue
            document = self.show(entry.name, kind=entry.kind).document
            about = "" if element else f"{entry.name}\n{entry.description}\n{entry.owner}".casefold()
            places = [places_of(document, word, element) for word in words]
            if all(word.casefold() in about or at for word, at in zip(words, places, strict=True)) and (
                not element or any(places)
            ):
                shown = dict.fromkeys(
                    place for word, at in zip(words, places, strict=True) if word or element for place in at
                )
                found.append(Found(entry, tuple(shown)))
        return found

    def validate(self, name: str, *, kind: str = SPECIFICATION) -> None:
        """Refuse a document that is not sound any more, such as when a template of it has changed.

        Raises
        ------
        InputError
            it is not; each fault is named with its place.
        NotFoundError, StoreError
            as `show` has it.
        """
        self._require_sound(kind, name, self.show(name, kind=kind).document)

    def remove(self, name: str, *, kind: str = SPECIFICATION, owner: str = "") -> None:
        """Remove a document.

        Raises
        ------
        NotFoundError, NotPermitted
            there is none; it is somebody else's.
        """
        path = self._path(kind, name)
        with self._alone():
            if not path.is_file():
                raise self._unknown(kind, name)
            _require_owner(self._entry(path), owner)
            remove(path)

    def chain(self, name: str, *, kind: str) -> tuple[str, ...]:
        """Return the names of a template and of all that it inherits from, nearest first.

        Raises
        ------
        InputError
            one does not exist.
        """
        return chain_of(kind, name, self)

    def names(self, kind: str) -> Sequence[str]:
        """Return the names of all templates of a kind."""
        return [entry.name for entry in self.entries(kind=kind)]

    def template(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """Return a template as it was saved, None if there is none of that name."""
        try:
            return self.show(name, kind=kind).document
        except NotFoundError:
            return None

    def _require_sound(self, kind: str, name: str, document: Mapping[str, Any]) -> None:
        if kind == SPECIFICATION:
            parse_specification(document, self)
        else:
            require_template(kind, document, _With(self, kind, name, document))

    def _path(self, kind: str, name: str) -> Path:
        known = (SPECIFICATION, *KINDS)
        if kind not in known:
            near = get_close_matches(kind, known, n=3) or known
            raise InputError(f"there is no kind {kind!r}", hint=f"it can be {', '.join(near)}")
        plain = name.strip()
        if not plain or plain != name or len(name) > LONGEST_NAME or not name.isprintable():
            raise InputError(
                f"{name[:40]!r} is no name of a document",
                hint=f"write up to {LONGEST_NAME} characters, without space at the ends",
            )
        # no name leads out of the folder, hides, or is a folder's own
        written = quote(name, safe=" ").replace(".", "%2E")
        if len(written) > LONGEST_FILE_NAME:
            written = f"{written[:LONGEST_FILE_NAME]}~{hashlib.sha256(name.encode()).hexdigest()[:32]}"
        return self.folder / kind / f"{written}{SUFFIX}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock, held(self.folder, "changes the library of specifications"):
            yield

    def _entry(self, path: Path) -> Entry:
        try:
            return _entry_of(_read(path), path)
        except StoreError as error:
            return Entry(path.parent.name, path.stem, "", "", "", "", error.message)

    def _unknown(self, kind: str, name: str) -> NotFoundError:
        names = self.names(kind)
        near = get_close_matches(name, names, n=3, cutoff=0.5) or names[:5]
        return NotFoundError(
            f"there is no {kind} {name!r}",
            hint=f"there are {', '.join(near)}" if near else "there is none yet",
        )


@dataclass(frozen=True, slots=True)
class _With:
    """The library with a template that is not in it yet."""

    library: SpecificationLibrary
    kind: str
    name: str
    document: Mapping[str, Any]

    def names(self, kind: str) -> Sequence[str]:
        return [*self.library.names(kind), *([self.name] if kind == self.kind else [])]

    def template(self, kind: str, name: str) -> Mapping[str, Any] | None:
        return self.document if (kind, name) == (self.kind, self.name) else self.library.template(kind, name)


def _require_owner(entry: Entry, owner: str) -> None:
    if entry.owner and entry.owner != owner:
        raise NotPermitted(
            f"{entry.name!r} is of {entry.owner}", hint="save it under a name of your own to change it"
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(f"{path.name} of the library cannot be read: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("document"), dict):
        raise StoreError(f"{path.name} of the library is no document of it", hint="move it elsewhere")
    return found


def _entry_of(found: Mapping[str, Any], path: Path) -> Entry:
    keys = ("name", "owner", "description", "created", "changed")
    return Entry(path.parent.name, *(str(found.get(key, "")) for key in keys))
