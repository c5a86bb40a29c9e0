"""Placing the files of a dataset in a folder: for a user to keep, or for a job to read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from threading import Lock

from dmod.catalog.catalog import Catalog, Progress, silent
from dmod.catalog.dataset import Dataset
from dmod.catalog.manifest import FileEntry
from dmod.catalog.store.copying import hashed
from dmod.catalog.store.port import Placing, Told
from dmod.core.atomic import remove, require_space, storing
from dmod.core.holding import LOCK, held
from dmod.errors import AlreadyExists, InputError, IntegrityError, NotFoundError

WORKERS = 8


@dataclass(frozen=True, slots=True)
class Placed:
    """Files that were placed.

    Parameters
    ----------
    path : the folder, or the file where one was placed by itself
    files, bytes : how many they are
    ways : how many were linked, shared copy-on-write, or copied
    """

    path: Path
    files: int
    bytes: int
    ways: dict[Placing, int]


def place(
    catalog: Catalog,
    dataset: Dataset,
    target: Path,
    *,
    link: bool = False,
    check: bool = False,
    only: Collection[str] = (),
    progress: Progress | None = None,
) -> Placed:
    """Place the files of a dataset in a folder that is not there yet, or is empty.

    On success the folder is complete and every byte was compared with its hash, those that are linked
    excepted unless ``check`` says so. On failure it is as it was; what was fetched by then is kept beside it,
    hidden, and the same call goes on from there.

    Parameters
    ----------
    link : share the store's files where the file system can; they are read-only, and to be read only
    check : compare linked files with their hashes as well
    only : patterns of paths (``forcings/*``); all where empty

    Raises
    ------
    AlreadyExists
        the target holds something.
    ConflictError
        another process places this dataset there.
    NotFoundError
        no file fits the patterns.
    InputError
        the data lie elsewhere.
    IntegrityError
        the store's bytes are not what was stored; the file is named.
    StoreError
        the store cannot be reached, or the disk is full.
    """
    _require_here(dataset)
    if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
        raise AlreadyExists(f"{target} exists", hint="name a folder that is not there yet, or is empty")
    with catalog.held(dataset, f"placing it in {target}"):
        entries = chosen_files(dataset, catalog.manifest(dataset), only)
        size = sum(entry.size for entry in entries)
        if not link:
            require_space(target, size)
        aside = target.absolute().with_name(f".{target.absolute().name}.getting-{dataset.uuid[:8]}")
        with held(aside, f"places {dataset.reference} there"):
            try:
                fetch = partial(_checked, dataset.reference) if check else _bring_into
                ways = _fetch(catalog, entries, aside, fetch, link=link, tell=progress or silent)
                with storing(target):
                    remove(aside / LOCK)
                    aside.replace(target)
            finally:
                _tidy(aside)
    return Placed(target, len(entries), size, ways)


def place_file(
    catalog: Catalog, dataset: Dataset, path: str, target: Path, told: Told | None = None
) -> Placed:
    """Place one file of a dataset, under a name of its own; see `place`."""
    _require_here(dataset)
    with catalog.held(dataset, f"placing {path} in {target}"):
        (entry,) = chosen_files(dataset, catalog.manifest(dataset), [path])
        with storing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        way = _bring(catalog, entry, target, link=False, told=told)
    return Placed(target, 1, entry.size, {way: 1})


def chosen_files(dataset: Dataset, files: Iterable[FileEntry], only: Collection[str]) -> list[FileEntry]:
    """Return the files whose paths fit any of some patterns; all where there is no pattern.

    Raises
    ------
    NotFoundError
        a pattern fits none.
    """
    entries = list(files)
    if not only:
        return entries
    for pattern in only:
        if not any(_fits(entry.path, pattern) for entry in entries):
            some = ", ".join(entry.path for entry in entries[:5])
            raise NotFoundError(
                f"{dataset.reference} has no file {pattern!r}", hint=f"it has {len(entries)}: {some} …"
            )
    return [entry for entry in entries if any(_fits(entry.path, pattern) for pattern in only)]


def _tidy(aside: Path) -> None:
    """Remove a folder in which there is nothing worth going on from."""
    if not any(path.is_file() for path in aside.rglob("*") if path.name != LOCK):
        remove(aside)


def _fits(path: str, pattern: str) -> bool:
    return path == pattern or path.startswith(pattern.rstrip("/") + "/") or fnmatchcase(path, pattern)


def _require_here(dataset: Dataset) -> None:
    if dataset.is_external:
        raise InputError(
            f"the bytes of {dataset.reference} do not lie in this store but at {dataset.access_location}",
            hint="read them from there",
        )


def _fetch(
    catalog: Catalog,
    entries: Collection[FileEntry],
    aside: Path,
    fetch: Callable[..., Placing],
    *,
    link: bool,
    tell: Progress,
) -> dict[Placing, int]:
    """Fetch what is not there yet from an earlier attempt, several files at once."""
    total, lock, done, reported = sum(entry.size for entry in entries), Lock(), 0, 0

    def told(more: int) -> None:
        nonlocal done, reported
        with lock:
            done += more
            if done - reported >= total // 200 or done == total:
                reported = done
                tell("fetching", done, total)

    with storing(aside):
        for folder in {(aside / entry.path).parent for entry in entries}:
            folder.mkdir(parents=True, exist_ok=True)
    missing = [entry for entry in entries if not (aside / entry.path).exists()]
    told(total - sum(entry.size for entry in missing))
    bring = partial(fetch, catalog, aside, link=link, told=told)
    ways: dict[Placing, int] = {}
    with ThreadPoolExecutor(WORKERS) as pool:
        for way in pool.map(bring, missing):
            ways[way] = ways.get(way, 0) + 1
    return ways


def _bring_into(catalog: Catalog, folder: Path, entry: FileEntry, *, link: bool, told: Told) -> Placing:
    return _bring(catalog, entry, folder / entry.path, link=link, told=told)


def _checked(
    reference: str, catalog: Catalog, folder: Path, entry: FileEntry, *, link: bool, told: Told
) -> Placing:
    """Place a file; one that is linked is compared with its hash, and not there if it is another."""
    way = _bring_into(catalog, folder, entry, link=link, told=told)
    if way == "link":
        target = folder / entry.path
        with target.open("rb", buffering=0) as file:
            found = hashed(file.fileno())
        if found != entry.content:
            target.unlink()
            raise IntegrityError(
                f"{reference}: {entry.path} is not what was stored: its SHA-256 is {found.sha256}, "
                f"and should be {entry.sha256}",
                hint=f"`dmod data verify {reference}` says what else is damaged; add the data again",
            )
    return way


def _bring(catalog: Catalog, entry: FileEntry, target: Path, *, link: bool, told: Told | None) -> Placing:
    if catalog.cache is not None:
        return catalog.cache.fetch(catalog.store, entry.content, target, link=link, told=told)
    return catalog.store.fetch(entry.content, target, link=link, told=told)
