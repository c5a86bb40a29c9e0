"""Packages of dmod's own for a process in another environment: those that are named, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class Lender(MetaPathFinder):
    """Finds packages that an environment lacks where dmod has them.

    Parameters
    ----------
    folders : in which each package is, by its name
    """

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = folders

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a package is that is lent; None for others."""
        if path is not None or fullname not in self._folders:
            return None
        return PathFinder.find_spec(fullname, [self._folders[fullname]], target)
