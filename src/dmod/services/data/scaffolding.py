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


def clear_work(catalog: Catalog, folder: Path, grace: timedelta) -> list[Path]:
    """Remove work that nobody goes on with, and laid-out fabrics that the catalog no longer has.

    Work that a process holds, or that was touched less than ``grace`` ago, stays.
    """
    removed = []
    for place in sorted((folder / WORK).glob("*")) if (folder / WORK).is_dir() else []:
        if _age(place) < grace.total_seconds():
            continue
        try:
            with held(place, "works there"):
                remove(place)
        except ConflictError:
            continue
        removed.append(place)
    for place in sorted((folder / FABRICS).glob("*")) if (folder / FABRICS).is_dir() else []:
        if _age(place) >= grace.total_seconds() and not _is_known(catalog, place.name):
            remove(place)
            removed.append(place)
    return removed


def _age(place: Path) -> float:
    """Return the seconds since anything in a folder of work was last written, as far as its parts tell."""
    times = [path.stat().st_mtime for path in (place, *place.glob("*"), *place.glob("scratch/*"))]
    return time.time() - max(times)


def _is_known(catalog: Catalog, name: str) -> bool:
    from dmod.services.data.places import fabrics_of

    return any(dataset.digest.startswith(name) for dataset in fabrics_of(catalog))
