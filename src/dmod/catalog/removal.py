"""Removing datasets, and collecting the content that nobody needs any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dmod.catalog.catalog import Catalog, Progress, silent
from dmod.catalog.collecting import delete_condemned, sole_collector
from dmod.catalog.dataset import Dataset
from dmod.catalog.record import record_key
from dmod.catalog.recovery import recover
from dmod.catalog.store.port import Content
from dmod.errors import ConflictError, NotPermitted

GRACE = timedelta(days=1)
"""How long content that nobody needs is kept, from when it was last claimed."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection of garbage removed, or would.

    Parameters
    ----------
    expired : datasets whose time was over
    waiting : removed datasets that somebody still reads: their content stays
    completed, abandoned : uploads of processes that died
    contents, bytes : content that nobody needed
    debris : uploads of which remains were cleared away
    dry_run : whether nothing was removed
    """

    expired: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    abandoned: tuple[str, ...] = ()
    contents: int = 0
    bytes: int = 0
    debris: tuple[str, ...] = ()
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            name: list(value) if isinstance(value := getattr(self, name), tuple) else value
            for name in self.__slots__
        }


def remove(catalog: Catalog, dataset: Dataset, *, even_if_needed: bool = False) -> None:
    """Remove a version: nothing finds it any more, and its content goes when it is collected.

    Parameters
    ----------
    even_if_needed : although others were derived from it, which can then not be traced to its bytes

    Raises
    ------
    ConflictError
        others were derived from it; they are named.
    NotPermitted
        it is read-only.
    """
    children = () if even_if_needed else catalog.index.children(dataset.uuid)
    if dataset.read_only:
        raise NotPermitted(
            f"{dataset.reference} is read-only",
            hint=f"take the mark away first: dmod data edit {dataset.reference} --no-read-only",
        )
    if children:
        named = ", ".join(child.reference for child in children[:5])
        more = f" and {len(children) - 5} more" if len(children) > 5 else ""
        raise ConflictError(
            f"{dataset.reference} is what {named}{more} was derived from",
            hint="remove these first, or with --force: they can then not be traced to its bytes any more",
        )
    catalog.index.remove(dataset.uuid)
    _let_go(catalog, [dataset])


def collect(
    catalog: Catalog,
    *,
    grace: timedelta = GRACE,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Collected:
    """Remove what is expired, complete or give up what died, and delete content that nobody needs.

    Content is deleted only when no version needs it, no upload that is under way may use it, no reader holds
    it, and it was last claimed longer ago than ``grace``.

    Raises
    ------
    ConflictError
        another process collects.
    """
    tell = progress or silent
    if dry_run:
        return _foreseen(catalog, grace)
    with sole_collector(catalog):
        tell("looking", 0, 1)
        recovered = recover(catalog)
        expired = catalog.index.expired(catalog.clock())
        for dataset in expired:
            catalog.index.remove(dataset.uuid)
        waiting = _let_go(catalog, catalog.index.removed())
        catalog.index.adopt(
            [(Content(item.sha256, item.size), item.modified) for item in catalog.store.list_content()]
        )
        condemned = catalog.index.condemn(_before(catalog, grace))
        tell("deleting", 0, len(condemned))
        delete_condemned(catalog, condemned)
        debris = _debris(catalog, grace)
        catalog.store.clear_debris(debris)
    return Collected(
        expired=tuple(dataset.reference for dataset in expired),
        waiting=tuple(waiting),
        completed=recovered.completed,
        abandoned=recovered.abandoned,
        contents=len(condemned),
        bytes=sum(content.size for content in condemned),
        debris=tuple(debris),
    )


def _let_go(catalog: Catalog, removed: Sequence[Dataset]) -> list[str]:
    """Delete the records of removed versions, and forget those that nobody reads; return the others."""
    waiting = []
    for dataset in removed:
        catalog.store.delete([record_key(dataset.name, dataset.version)])
        if _is_read(catalog, dataset):
            waiting.append(dataset.reference)
        else:
            catalog.index.drop(dataset.uuid)
    return waiting


def _is_read(catalog: Catalog, dataset: Dataset) -> bool:
    now = catalog.clock()
    live = False
    for hold in catalog.index.holds(dataset.uuid):
        if hold.is_live(now):
            live = True
        else:
            catalog.index.release(hold.id)
    return live


def _before(catalog: Catalog, grace: timedelta) -> datetime:
    """Return the moment before which content must have been claimed last, to be condemned.

    An upload claims content only after it was reserved, so content that was claimed before the first live
    upload began is not what any upload relies on.
    """
    now = catalog.clock()
    started = [upload.started for upload in catalog.index.uploads() if upload.is_live(now)]
    return min([now - grace, *started])


def _debris(catalog: Catalog, grace: timedelta) -> list[str]:
    now = catalog.clock()
    live = {upload.uuid for upload in catalog.index.uploads() if upload.is_live(now)}
    found: dict[str, datetime] = {}
    for upload, left in catalog.store.debris():
        found[upload] = max(left.modified, found.get(upload, left.modified))
    return [upload for upload, last in found.items() if upload not in live and last <= now - grace]


def _foreseen(catalog: Catalog, grace: timedelta) -> Collected:
    """Return what a collection would remove now; content of versions that expire now is counted as well."""
    now = catalog.clock()
    index = catalog.index
    dead = [upload for upload in index.uploads() if not upload.is_live(now)]
    removed = index.removed()
    waiting = [d.reference for d in removed if any(h.is_live(now) for h in index.holds(d.uuid))]
    condemnable = index.condemnable(_before(catalog, grace))
    return Collected(
        expired=tuple(dataset.reference for dataset in index.expired(now)),
        waiting=tuple(waiting),
        abandoned=tuple(f"{upload.name}@{upload.version}" for upload in dead),
        contents=len(condemnable),
        bytes=sum(content.size for content in condemnable),
        debris=tuple(_debris(catalog, grace)),
        dry_run=True,
    )
