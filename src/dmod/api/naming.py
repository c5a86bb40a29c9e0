"""The names of datasets in requests: what is read must be visible to whoever asks, what is made theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking
from dmod.api.seeing import data_of, readers_of
from dmod.catalog.dataset import split_reference
from dmod.errors import ConflictError, DatasetNotFound, InputError

REFERENCES = ("package", "realization", "warm_start", "results", "hydrofabric", "observed")
"""Keys whose values name datasets, in the request itself and in its parts."""
PARTS = ("where", "evaluation", "base", "parameters")


def require_visible(asking: Asking, document: object) -> None:
    """Refuse a request that names a dataset of which who submits it may not know, or results after another's.

    What is not there at all is left to the service, which says so when the request is planned or the data
    are made ready.

    Raises
    ------
    DatasetNotFound
        in the same words as for what is not there.
    ConflictError, NotPermitted
        what it makes would be a version of another's dataset; see `require_own_name`.
    """
    if asking.sees_all(Permission.DATASET_SEE) or not isinstance(document, Mapping):
        return
    seen, every = data_of(asking).catalog.index, asking.services.data.catalog.index
    for reference in _named(document):
        try:
            name, version = split_reference(reference)
            every.get(name, version)
        except (DatasetNotFound, InputError):
            continue
        seen.get(name, version)
    for reference in _made(document):
        try:
            name, _ = split_reference(reference)
            owner = every.get(name).owner
        except (DatasetNotFound, InputError):
            continue
        # whose it is decides, and not the token: one for jobs alone may make results
        if owner != asking.user:
            require_own_name(asking, name)


def _named(document: Mapping[str, Any]) -> Iterator[str]:
    for key in REFERENCES:
        if isinstance(document.get(key), str):
            yield document[key]
    for key in PARTS:
        part = document.get(key)
        if isinstance(part, Mapping):
            yield from _named(part)


def _made(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that results are to have."""
    for part in (document, document.get("outputs")):
        if isinstance(part, Mapping) and isinstance(part.get("dataset"), str):
            yield part["dataset"]
    base = document.get("base")
    if isinstance(base, Mapping):
        yield from _made(base)


def require_own_name(asking: Asking, name: str) -> None:
    """Refuse to add a version to what is another's.

    Raises
    ------
    ConflictError
        the name is taken, without saying by whom.
    NotPermitted
        they may see it, and not change it.
    """
    index = asking.services.data.catalog.index
    try:
        latest = index.get(name)
    except DatasetNotFound:
        return
    if asking.can_see(Permission.DATASET_SEE, latest.owner, readers_of(asking, latest)):
        asking.require(Permission.DATASET_CHANGE, latest.owner, readers_of(asking, latest))
    else:
        raise ConflictError(f"the name {name} is taken", hint="choose another name")
