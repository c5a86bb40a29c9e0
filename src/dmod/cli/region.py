"""The options that name a part of a hydrofabric, as ``dmod subset`` and ``dmod prepare`` share them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.errors import InputError

if TYPE_CHECKING:
    from dmod.hydrofabric.subset.region import Region, Rule


def places_of(named: Mapping[str, Sequence[str] | None], listed: Path | None = None) -> tuple[str, ...]:
    """Return places in one spelling.

    Parameters
    ----------
    named : prefix (``gage-``) → names, with or without it; prefix "" → names that are whole
    listed : file with one place a line

    Raises
    ------
    InputError
        the file cannot be read.
    """
    places = [_prefixed(prefix, name) for prefix, names in named.items() for name in names or ()]
    return (*places, *_lines(listed))


def region_of(
    places: Sequence[str],
    bbox: str | None,
    polygon: Path | None,
    *,
    rule: Rule,
    upstream: bool,
    domain: str,
) -> Region:
    """Return what the options mean.

    Raises
    ------
    InputError
        the box is not four numbers.
    """
    from dmod.hydrofabric.subset.region import Region

    return Region(tuple(places), _box(bbox), polygon, rule, upstream, domain)


def _prefixed(prefix: str, name: str) -> str:
    """Return a name with its prefix, also where only the number was written, or a domain before it."""
    before, colon, bare = name.strip().rpartition(":")
    return f"{before}{colon}{prefix}{bare}" if prefix and bare[:1].isdigit() else name.strip()


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--places-from {path} cannot be read: {error}", hint="give a text file") from error
    places = [line.partition("#")[0].strip() for line in lines]
    return [place for place in places if place]


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"--bbox {text}: not four numbers", hint="write WEST,SOUTH,EAST,NORTH such as -112,41.5,-111,42"
        ) from error
    return (west, south, east, north)
