"""The index of a large hydrofabric, kept by the content of its dataset: it is built once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dmod.catalog.derivation import Staged
from dmod.core.atomic import replacing
from dmod.core.cache import user_cache
from dmod.errors import StoreError

LARGE = 50_000_000
"""Bytes of a hydrofabric from which on its index is kept."""


@contextmanager
def kept_index(staged: Staged, fabric: Path) -> Iterator[None]:
    """Lay the index beside a fabric if it was built before; if it is built meanwhile, keep it.

    An index says itself which state of a fabric it fits, so that a wrong one is never used.
    """
    from dmod.hydrofabric.subset.keeping import SUFFIX, index_places

    beside, _ = index_places(fabric)
    kept = user_cache() / "hydrofabric" / f"dataset-{staged.dataset.digest[:32]}{SUFFIX}"
    # the index of a fabric that lies elsewhere stays where that lies
    if staged.dataset.is_external or fabric.stat().st_size < LARGE:
        yield
        return
    if kept.is_file():
        _copy(kept, beside)
    yield
    if beside.is_file() and not kept.is_file():
        _copy(beside, kept)


def _copy(source: Path, target: Path) -> None:
    """Copy an index; one that cannot be kept is built again another time."""
    with suppress(StoreError), replacing(target, durable=False) as hidden:
        shutil.copyfile(source, hidden)
