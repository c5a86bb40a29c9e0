"""Who may read a dataset beside its owner: said of a version, or of a name for all versions of one owner.

It stands in the record of each version, so that it outlives the index. A version that is added later is first
its owner's alone, and then shared as the one before it: whatever is killed between the two, nobody reads more
than the owner meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dmod.accounts.user import EVERYBODY, require_name
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.port import Listing

if TYPE_CHECKING:
    from dmod.services.data.service import DataService


def share(service: DataService, reference: str, names: Iterable[str]) -> tuple[Dataset, ...]:
    """Share a version, or with a name alone all of its versions that belong to the owner of the latest.

    Returns
    -------
    the versions that are shared so, in their order

    Raises
    ------
    DatasetNotFound
        there is none.
    InputError
        one of the names cannot be a user's; nothing is changed.
    """
    wanted = _readers(names)
    first = service.dataset(reference)
    if reference != first.name:
        return (service.edit(first.reference, {"shared_with": wanted}),)
    shared: dict[str, Dataset] = {}
    # looked for again after the last edit: a version that came meanwhile may have taken over what was before
    while late := [item for item in _versions(service, first) if item.uuid not in shared]:
        for item in late:
            shared[item.uuid] = service.edit(item.reference, {"shared_with": wanted})
    return tuple(sorted(shared.values(), key=lambda item: item.version))


def share_alike(service: DataService, dataset: Dataset) -> Dataset:
    """Share a version that was just added as the one before it of the same owner; return it as it is then."""
    while True:
        before = [item for item in _versions(service, dataset) if item.version < dataset.version]
        if not before or before[-1].shared_with == dataset.shared_with:
            return dataset
        dataset = service.edit(dataset.reference, {"shared_with": before[-1].shared_with})


def _versions(service: DataService, dataset: Dataset) -> list[Dataset]:
    """Return the versions of a dataset's name that belong to its owner, in their order."""
    every = Listing(pattern=dataset.name, latest=False, expired=True)
    found = service.catalog.index.list(every, service.catalog.clock())
    return [item for item in found if item.owner == dataset.owner]


def _readers(names: Iterable[str]) -> tuple[str, ...]:
    # a name by itself is an iterable too, of its letters
    wanted = {names} if isinstance(names, str) else set(names)
    for name in wanted - {EVERYBODY}:
        require_name(name)
    return tuple(sorted(wanted))
