"""Where a fabric's index is kept, when it is good, and when it is built anew."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dmod.core.atomic import hidden_path, remove, replacing
from dmod.core.cache import user_cache
from dmod.errors import HydrofabricError, StoreError
from dmod.hydrofabric.subset.array_file import Arrays, map_arrays, write_arrays
from dmod.hydrofabric.subset.build import build_index
from dmod.hydrofabric.subset.fingerprint import content_hash, fingerprint
from dmod.hydrofabric.subset.index import FabricIndex

Tell = Callable[[str], None]

SUFFIX = ".index"
_ANY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_ONE_AT_A_TIME = threading.Lock()
_FORGOTTEN_SECONDS = 3600.0


def open_index(
    fabric: Path | str, *, rebuild: bool = False, verify: bool = False, tell: Tell | None = None
) -> FabricIndex:
    """Return the index of a fabric; it is built if there is none that fits.

    An index is kept beside its fabric, or in the user's cache where that folder cannot be written. It
    fits if the fabric has the fingerprint that it had when the index was built.

    Parameters
    ----------
    rebuild : build it anew in any case
    verify : hash every byte of the fabric and of the index before it is trusted
    tell : told what is done

    Raises
    ------
    NotFoundError, HydrofabricError
        there is no such fabric, or it is none, is damaged, or changed meanwhile.
    """
    fabric = Path(fabric)
    tell = tell or _silent
    with _ONE_AT_A_TIME:  # other processes build beside, each aside; the last one stays
        reasons: list[str] = []
        found = None if rebuild else _kept(fabric, verify=verify, reasons=reasons)
        return found or _built(fabric, tell, reasons)


def _built(fabric: Path, tell: Tell, reasons: Sequence[str]) -> FabricIndex:
    tell(f"building the index of {fabric.name}" + (f": {reasons[-1]}" if reasons else ", once"))
    arrays, facts = build_index(fabric, tell)
    file, problem = _keep(fabric, arrays, facts)
    notes = [f"the index of {fabric.name} was built anew: {reason}" for reason in reasons[-1:]]
    if file is None:
        notes.append(f"the index of {fabric.name} could not be kept: {problem}")
    return FabricIndex(fabric, arrays, facts, file=file, notes=notes)


def index_places(fabric: Path) -> tuple[Path, Path]:
    """Return where the index of a fabric may lie: beside it, and in the user's cache."""
    name = hashlib.blake2b(str(fabric.resolve()).encode(), digest_size=12).hexdigest()
    return fabric.with_name(fabric.name + SUFFIX), user_cache() / "hydrofabric" / f"{name}{SUFFIX}"


def _silent(_message: str) -> None:
    pass


def _kept(fabric: Path, *, verify: bool, reasons: list[str]) -> FabricIndex | None:
    """Return the index that is kept, if one fits."""
    print_now = fingerprint(fabric) if fabric.is_file() else ""
    for place in index_places(fabric):
        if place.is_file():
            found = _opened(fabric, place, print_now, verify=verify, reasons=reasons)
            if found is not None:
                return found
    return None


def _opened(
    fabric: Path, place: Path, print_now: str, *, verify: bool, reasons: list[str]
) -> FabricIndex | None:
    """Return the index at a place if it fits; else say in ``reasons`` why not."""
    try:
        arrays, facts = map_arrays(place, verify=verify)
    except HydrofabricError as error:
        reasons.append(error.message)
        return None
    if facts.get("fingerprint") != print_now:
        reasons.append(f"{place} was built from another state of the fabric")
        return None
    if verify and facts["content"] != content_hash(fabric):
        reasons.append(f"{fabric.name} does not have the content that {place} was built from")
        return None
    return FabricIndex(fabric, arrays, facts, file=place)


def _keep(fabric: Path, arrays: Arrays, facts: dict[str, Any]) -> tuple[Path | None, str]:
    """Put the index where it can be written; return where it is, or None and why it is not kept."""
    problem = ""
    needed = sum(array.nbytes for array in arrays.values())
    for place in index_places(fabric):
        if place.parent == fabric.parent and not _is_open(place.parent):
            continue
        try:
            _sweep(place)
            with replacing(place, needed=needed) as hidden:
                write_arrays(hidden, arrays, facts)
        except StoreError as error:
            problem = error.message
        else:
            return place, ""
    return None, problem


def _is_open(folder: Path) -> bool:
    """Return whether a folder may be written; one that nobody may write is left alone by root too."""
    return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & _ANY_WRITE)


def _sweep(place: Path) -> None:
    """Remove what builders that were killed left beside; a builder elsewhere may still be at work."""
    pattern = hidden_path(place).name.replace(f".{os.getpid()}.", ".*.")
    for left in place.parent.glob(pattern):
        try:
            forgotten = time.time() - left.stat().st_mtime > _FORGOTTEN_SECONDS
        except OSError:
            continue
        if forgotten:
            remove(left)
