"""Addresses of files in a specification become paths, and none that leads out of where it may."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dmod.errors import InputError, NotFoundError, NotPermitted

LONGEST_PATTERN = 200
# a group that repeats and is repeated takes time without bound to find out that a name does not match
_NESTED = re.compile(r"\([^()]*[+*}][^()]*\)\s*[+*{]")


class Resolver(Protocol):
    """Says which files an address means; a server gives one that knows what its user may read."""

    def __call__(self, address: str, place: str) -> Sequence[Path]:
        """Return the files, in the order of their names.

        Parameters
        ----------
        place : in the specification, for the message

        Raises
        ------
        NotFoundError
            there is none.
        NotPermitted
            it leads where it may not.
        """


@dataclass(frozen=True, slots=True)
class FolderResolver:
    """Files below one folder.

    An address is a path, with ``*`` or a regular expression in the file's name for several files: as DMOD
    has it, ``cat.*cfs.csv`` means ``cat-27_cfs.csv`` and ``cat-52_cfs.csv``.

    Parameters
    ----------
    root : to which addresses are relative
    prefixes : beginning of an address → folder that stands in its place
    is_open : whether addresses may lead out of the root, as on one's own machine
    """

    root: Path
    prefixes: Mapping[str, Path] = field(default_factory=dict)
    is_open: bool = False

    def __call__(self, address: str, place: str) -> Sequence[Path]:
        """Return the files that an address means."""
        if "\x00" in address:
            raise InputError(f"{place}: {address!r} is no path", hint="write a path of a file")
        path = self._rebased(address)
        # before anything is looked at: not even what exists is told of what lies outside
        self._require_inside(path.parent, address, place)
        found = [path] if _is_file(path) else _matching(path, place)
        for one in found:
            self._require_inside(one, address, place)
        if not found:
            raise NotFoundError(f"{place}: nothing is at {address!r}", hint=_beside(path))
        return found

    def _rebased(self, address: str) -> Path:
        for prefix, folder in self.prefixes.items():
            if address == prefix or address.startswith(prefix.rstrip("/") + "/"):
                return folder / address[len(prefix) :].lstrip("/")
        path = Path(address).expanduser() if self.is_open else Path(address)
        return path if path.is_absolute() else self.root / path

    def _require_inside(self, path: Path, address: str, place: str) -> None:
        if self.is_open:
            return
        real = path.resolve()
        if not any(real.is_relative_to(root.resolve()) for root in (self.root, *self.prefixes.values())):
            raise NotPermitted(
                f"{place}: {address!r} leads out of the folder", hint="write a path of a file below it"
            )


def require_harmless(pattern: str, place: str) -> None:
    """Refuse a regular expression that is wrong, or that can take time without bound.

    Raises
    ------
    InputError
        it is.
    """
    if len(pattern) > LONGEST_PATTERN or _NESTED.search(pattern):
        raise InputError(
            f"{place}: the pattern {pattern[:60]!r} is too long, or repeats what repeats already",
            hint=f"write a simpler one of at most {LONGEST_PATTERN} characters",
        )
    try:
        re.compile(pattern)
    except re.error as error:
        raise InputError(
            f"{place}: {pattern!r} is no regular expression: {error}", hint="write it like cat-\\d+"
        ) from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a pattern longer than a name can be
        return False


def _matching(path: Path, place: str) -> list[Path]:
    """Return the files of a folder whose names match as with ``*``, or else as a regular expression."""
    folder, pattern = path.parent, path.name
    if not folder.is_dir():
        return []
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    chosen = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    if not chosen and re.search(r"[\\.*+?\[({|]", pattern):
        require_harmless(_as_expression(pattern), place)
        expression = re.compile(_as_expression(pattern))
        chosen = [name for name in names if expression.fullmatch(name)]
    return [folder / name for name in chosen]


def _as_expression(pattern: str) -> str:
    # a * that follows nothing it could repeat is that of a shell
    return re.sub(r"(^|(?<=[(|]))\*", ".*", pattern)


def _beside(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent.name}"
    names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"{path.parent.name} holds {shown}" if names else f"{path.parent.name} holds no file"
