"""What environment is wished for: requirements, a path of one that exists, or an image."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from dmod.errors import InputError, NotFoundError
from dmod.services.environments.local_source import LocalSource
from dmod.services.environments.requirement import parse_requirement, refuse_expansion, require_address

KINDS = ("requirements", "path", "image")
KEYS = ("requirements", "python", "index", "find_links")
NO_INDEX = "none"
NEEDED = ("numpy",)
"""What the engine's worker needs in every environment."""
OLDEST = (3, 11)
"""Version of Python that the worker, which is of dmod's own code, runs in at least."""
SHAPE = (
    "write a list of requirements, a mapping of requirements:, python:, index: and find_links:, "
    "the path of an environment, or image: name@sha256:…"
)

_IMAGE = re.compile(r"^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$")
_PYTHON = re.compile(r"^3\.(\d{1,2})(\.\d{1,2})?$")


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """A wish for an environment, in its normal form.

    Parameters
    ----------
    kind : one of `KINDS`
    requirements : names with versions, and addresses
    sources : wheels and projects of this machine
    python : version of the interpreter; "" for the one that runs dmod
    index : address of the package index; "none" for none, "" for the one that is set up
    find_links : folders and addresses with wheels, beside the index
    path : of an environment that exists, or of its interpreter
    image : a container image, pinned to its content
    """

    kind: str
    requirements: tuple[str, ...] = ()
    sources: tuple[LocalSource, ...] = ()
    python: str = ""
    index: str = ""
    find_links: tuple[str, ...] = ()
    path: str = ""
    image: str = ""

    @classmethod
    def parse(cls, document: object, *, base: Path | None = None, local: bool = True) -> Self:
        """Return the wish that a document tells.

        Parameters
        ----------
        document : a path, also of a file of requirements (``.txt``); a list of requirements; or a mapping
        base : folder that relative paths start from; by default the working folder
        local : whether wheels, projects, folders and files of requirements of this machine may be named; the
            path of an environment may be in any case, and ``kind`` says that it is one

        Raises
        ------
        InputError
            it tells none; the error says what to change.
        NotFoundError
            a wheel or project that it names is not there.
        """
        base = (base or Path.cwd()).absolute()
        if isinstance(document, str):
            return cls._of_text(document, base, local=local)
        if isinstance(document, Mapping):
            return cls._of_mapping(document, base, local=local)
        if isinstance(document, Sequence) and not isinstance(document, bytes):
            return cls._of_requirements({"requirements": document}, base, local=local)
        raise InputError(f"environment: {document!r} is none", hint=SHAPE)

    @property
    def hash(self) -> str:
        """Return the hash of the wish: of what wheels and projects hold, and not of where they lie."""
        values = self.as_json()
        if self.kind == "requirements":
            values["requirements"] = list(self.requirements)
            values["sources"] = sorted(
                ["" if source.is_project else source.path.name, source.digest, source.suffix]
                for source in self.sources
            )
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return it as a document that `parse` reads, with absolute paths."""
        if self.kind != "requirements":
            return {self.kind: self.path or self.image}
        values: dict[str, Any] = {"requirements": [*self.requirements, *(s.text for s in self.sources)]}
        for name in KEYS[1:]:
            value = getattr(self, name)
            if value:
                values[name] = list(value) if isinstance(value, tuple) else value
        return values

    @classmethod
    def _of_text(cls, text: str, base: Path, *, local: bool) -> Self:
        if _IMAGE.match(text):
            return cls("image", image=text)
        path = _absolute(text, base, "path")
        if local and path.suffix in {".txt", ".in"} and path.is_file():
            return cls.parse(read_requirements(path), base=path.parent, local=local)
        if "/" not in text and not path.exists():
            raise InputError(
                f"environment: {text!r} is no path that exists",
                hint=f"for a requirement write a list, [{text!r}]; " + SHAPE,
            )
        return cls("path", path=str(path))

    @classmethod
    def _of_mapping(cls, values: Mapping[str, Any], base: Path, *, local: bool) -> Self:
        kinds = [kind for kind in KINDS if kind in values]
        unknown = sorted(str(key) for key in set(values) - {*KINDS, *KEYS})
        if unknown:
            raise InputError(
                f"environment: there is no key {', '.join(unknown)}",
                hint="allowed: " + ", ".join((*KEYS, "path", "image")),
            )
        if len(kinds) != 1:
            told = "says none of" if not kinds else "says more than one of"
            raise InputError(f"environment: it {told} {', '.join(KINDS)}", hint=SHAPE)
        if kinds == ["requirements"]:
            return cls._of_requirements(values, base, local=local)
        if len(values) > 1:
            raise InputError(
                f"environment: {kinds[0]} stands alone",
                hint="python, index and find_links go with requirements",
            )
        if kinds == ["path"]:
            return cls("path", path=str(_absolute(values["path"], base, "path")))
        image = values["image"]
        if not isinstance(image, str) or not _IMAGE.match(image):
            raise InputError(
                f"environment: image {image!r} is not pinned to its content",
                hint="write name@sha256: and the 64 digits of its digest, as registries show it",
            )
        return cls("image", image=image)

    @classmethod
    def _of_requirements(cls, values: Mapping[str, Any], base: Path, *, local: bool) -> Self:
        asked = values["requirements"]
        if isinstance(asked, str | bytes | Mapping) or not isinstance(asked, Sequence):
            raise InputError(
                f"environment: requirements is {asked!r}, and no list", hint='write it as ["mymodule>=1"]'
            )
        parsed = [parse_requirement(text, base=base, local=local) for text in asked]
        sources = sorted({one for one in parsed if isinstance(one, LocalSource)}, key=lambda one: one.text)
        _require_different_names(sources)
        links = values.get("find_links") or ()
        links = (links,) if isinstance(links, str) else links
        return cls(
            "requirements",
            requirements=tuple(sorted({one for one in parsed if isinstance(one, str)})),
            sources=tuple(sources),
            python=_python(values.get("python")),
            index=parse_index(values.get("index")),
            find_links=parse_links(links, base, local=local),
        )


def read_requirements(path: Path) -> list[str]:
    """Return the requirements in a file, one a line; what follows a ``#`` is left out.

    Raises
    ------
    InputError
        it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {_reason(error)}", hint="name a file with one requirement a line"
        ) from error
    lines = re.sub(r"\\\r?\n", " ", text).splitlines()
    plain = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in lines)
    return [line for line in plain if line]


def parse_index(value: object) -> str:
    """Return the address of a package index, "none", or "" where nothing is said.

    Raises
    ------
    InputError
        it is neither an address nor a folder.
    """
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise InputError(f"environment: index {value!r} is no address", hint='write https://…, or "none"')
    if value != NO_INDEX:
        require_address(value, ("https", "http"))
    return value


def parse_links(links: object, base: Path, *, local: bool) -> tuple[str, ...]:
    """Return where wheels lie beside an index: absolute folders, and addresses.

    Raises
    ------
    InputError
        one is neither, or is no folder that exists.
    """
    if not isinstance(links, Sequence):
        raise InputError(
            f"environment: find_links is {links!r}, and no list", hint="write folders and addresses as a list"
        )
    found = []
    for link in links:
        if isinstance(link, str) and re.match(r"^[\w+]+://", link) and not link.startswith("file:"):
            require_address(link, ("https", "http"))
            found.append(link)
            continue
        if not local:
            raise InputError(
                f"environment: find_links {link!r} is a path, and paths are not allowed here",
                hint="name an address",
            )
        folder = _absolute(
            link.removeprefix("file://") if isinstance(link, str) else link, base, "find_links"
        )
        if not folder.is_dir():
            raise NotFoundError(f"environment: find_links {folder} is no folder", hint="name one with wheels")
        found.append(str(folder))
    return tuple(dict.fromkeys(found))


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "").lower() if isinstance(error, OSError) else "it is no text in UTF-8"


def _python(value: object) -> str:
    if value is None or value == "":
        return ""
    text = value if isinstance(value, str) else repr(value)
    found = _PYTHON.match(text)
    if found is None or isinstance(value, float):
        raise InputError(
            f"environment: python {value!r} is no version",
            hint="give one such as 3.12 (in a document as text, for a number loses the zero of 3.10), "
            "{}.{} or newer".format(*OLDEST),
        )
    if (3, int(found.group(1))) < OLDEST:
        raise InputError(
            f"environment: Python {text} is too old", hint="Python {}.{} or newer is needed".format(*OLDEST)
        )
    return text


def _absolute(value: object, base: Path, key: str) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"environment: {key} {value!r} is no path", hint=SHAPE)
    refuse_expansion(value)
    return (base / Path(value).expanduser()).absolute()


def _require_different_names(sources: Sequence[LocalSource]) -> None:
    names: dict[str, LocalSource] = {}
    for source in sources:
        other = names.setdefault(source.path.name, source)
        if other.path != source.path and not (source.is_project and other.is_project):
            raise InputError(
                f"environment: {other.path} and {source.path} have the same name",
                hint="leave one of them out",
            )
