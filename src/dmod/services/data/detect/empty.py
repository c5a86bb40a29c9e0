"""A folder in which there is nothing."""

from __future__ import annotations

from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.domain import Domain
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.sight import is_store, listing


def recognises(path: Path) -> bool:
    """Whether it is a folder without a file."""
    return path.is_dir() and not is_store(path) and not listing(path).entries


def read(path: Path) -> Detected:
    """Say so; what it is going to be for is not known."""
    return Detected(path, Category.CONFIG, Domain(FORMATS["EMPTY"]), "an empty folder", files=0)


DETECTOR = Detector("empty folder", recognises, read)
