"""What was found out about a file or folder: its format, and what it covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import DataFormat
from dmod.catalog.domain import Domain
from dmod.catalog.domain_json import domain_to_json


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found out about a file or folder.

    Parameters
    ----------
    path : as it was given
    domain : format, restrictions and units
    description : one line for people
    step : [s] from one time to the next; None where there is no axis of times
    notes : what is odd, one sentence each
    files : how many belong to it
    """

    path: Path
    category: Category
    domain: Domain
    description: str
    step: int | None = None
    notes: tuple[str, ...] = ()
    files: int = 1

    @property
    def format(self) -> DataFormat:
        """How the files are to be read."""
        return self.domain.format

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "path": str(self.path),
            "category": self.category.value,
            "format": self.format.name,
            "domain": domain_to_json(self.domain),
            "description": self.description,
            "step": self.step,
            "notes": list(self.notes),
            "files": self.files,
        }


def joined_notes(*groups: Iterable[str]) -> tuple[str, ...]:
    """Return notes of several parts, none twice."""
    return tuple(dict.fromkeys(note for group in groups for note in group if note))
