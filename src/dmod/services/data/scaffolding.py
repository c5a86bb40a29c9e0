"""What derivations and look-ups leave in the folder of work, and when it goes."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from dmod.catalog.catalog import Catalog
from dmod.core.atomic import remove
from dmod.core.holding import held
from dmod.errors import ConflictError
from dmod.services.data.deriving import WORK
from dmod.services.data.places import FABRICS

UPLOADS = "uploads"
UNPACKED = "unpacked"


def clear_work(catalog: Catalog, folder: Path, grace: timedelta) -> list[Path]:
    """Remove work and uploads that nobody goes on with, and laid-out fabrics that the catalog lost.

    Work that a process holds, or that was touched less than ``grace`` ago, stays.
    """
    removed = []
    for place in _older(folder / WORK, grace):
        try:
            with held(place, "works there"):
                remove(place)
        except ConflictError:
            continue
        removed.append(place)
    others = [*_older(folder / UPLOADS, grace), *_older(folder / UNPACKED, grace)]
    others += [place for place in _older(folder / FABRICS, grace) if not _is_known(catalog, place.name)]
    for place in others:
        remove(place)
    return [*removed, *others]


def _older(folder: Path, grace: timedelta) -> list[Path]:
    """Return what lies in a folder and was not touched for a while."""
    return [place for place in sorted(folder.glob("*")) if _age(place) >= grace.total_seconds()]


def _age(place: Path) -> float:
    """Return the seconds since anything in a folder of work was last written, as far as its parts tell."""
    times = [path.stat().st_mtime for path in (place, *place.glob("*"), *place.glob("scratch/*"))]
    return time.time() - max(times)


def _is_known(catalog: Catalog, name: str) -> bool:
    from dmod.services.data.places import fabrics_of

    return any(dataset.digest.startswith(name) for dataset in fabrics_of(catalog))
