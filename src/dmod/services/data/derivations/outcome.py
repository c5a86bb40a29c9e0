"""What was made, as detection sees it, and what is known of it beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.derivation import Made, Work
from dmod.catalog.restriction import Restriction
from dmod.core.atomic import remove, storing
from dmod.errors import InputError


def made(
    work: Work,
    *,
    stating: Mapping[DomainIndex, Restriction] | None = None,
    description: str = "",
    sources: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Made:
    """Return what lies in the output folder.

    Parameters
    ----------
    stating : what is known of it and does not stand in the files
    description : in place of what detection says

    Raises
    ------
    InputError
        the files are not what was to be made.
    """
    from dmod.services.data.detect import detect

    found = detect(work.output)
    if found.category != work.wanted.category:
        raise InputError(
            f"what was made is {found.format}, not {work.wanted.category}: {found.description}",
            hint="this is a fault of the derivation: please report it",
        )
    return Made(
        found.domain.stating(stating or {}), description or found.description, sources or {}, facts or {}
    )


def emptied(path: Path) -> Path:
    """Return a place from which what an interrupted attempt left is gone."""
    with storing(path):
        remove(path)
    return path


def moved_into(folder: Path, paths: Iterable[Path]) -> None:
    """Move files and folders into a folder of the same disk."""
    with storing(folder):
        for path in sorted(paths):
            path.replace(folder / path.name)
