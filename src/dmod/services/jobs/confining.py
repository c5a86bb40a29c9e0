"""Jobs read only what who submitted them may read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from dmod.accounts.user import EVERYBODY
from dmod.catalog.dataset import Dataset
from dmod.services.data.service import DataService
from dmod.services.data.visible_index import visible_index

PUBLIC = "DMOD_PUBLIC_OWNERS"
"""Variable with the owners, divided by commas, whose datasets everybody may read."""


def public_owners() -> frozenset[str]:
    """Return the owners whose datasets everybody may read."""
    return frozenset(name for name in os.environ.get(PUBLIC, "").split(",") if name)


def is_readable(owner: str) -> Callable[[Dataset], bool]:
    """Return whether somebody who is no administrator may read a dataset."""
    allowed, names = {owner, *public_owners()}, {owner, EVERYBODY}
    return lambda dataset: dataset.owner in allowed or not names.isdisjoint(dataset.shared_with)


def confined(data: DataService, owner: str) -> DataService:
    """Return the data service as somebody sees it who is no administrator."""
    index = visible_index(data.catalog.index, is_readable(owner))
    return replace(data, catalog=replace(data.catalog, index=index))
