"""The datasets that a request names: whoever submits it must be allowed to read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking
from dmod.api.seeing import data_of
from dmod.catalog.dataset import split_reference
from dmod.errors import DatasetNotFound, InputError

REFERENCES = ("package", "realization", "warm_start", "results", "hydrofabric", "observed")
"""Keys whose values name datasets, in the request itself and in its parts."""
PARTS = ("where", "evaluation", "base", "parameters")


def require_visible(asking: Asking, document: object) -> None:
    """Refuse a request that names a dataset of which who submits it may not know.

    What is not there at all is left to the service, which says so when the request is planned or the data
    are made ready.

    Raises
    ------
    DatasetNotFound
        in the same words as for what is not there.
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


def _named(document: Mapping[str, Any]) -> Iterator[str]:
    for key in REFERENCES:
        if isinstance(document.get(key), str):
            yield document[key]
    for key in PARTS:
        part = document.get(key)
        if isinstance(part, Mapping):
            yield from _named(part)
