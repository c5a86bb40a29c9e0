"""The framework's CSV files of a run, by their names."""

from __future__ import annotations

import re
from pathlib import Path

NEXUS_PATTERNS = ("nex-*_output.csv", "tnx-*_output.csv", "cnx-*_output.csv", "inx-*_output.csv")


def catchment_files(folder: Path) -> dict[str, Path]:
    """Return catchment → file, by number."""
    return {path.stem: path for path in sorted(folder.glob("cat-*.csv"), key=_by_number)}


def nexus_files(folder: Path) -> dict[str, Path]:
    """Return nexus → file, by number."""
    found = [path for pattern in NEXUS_PATTERNS for path in folder.glob(pattern)]
    return {path.name.removesuffix("_output.csv"): path for path in sorted(found, key=_by_number)}


def _by_number(path: Path) -> tuple[int, str]:
    number = re.search(r"\d+", path.name)
    return (int(number[0]) if number else 0, path.name)
