"""Opening the data service with the implementations that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dmod.app.settings import DataSettings, read_settings
from dmod.catalog.cache import ContentCache
from dmod.catalog.catalog import Catalog, Progress, silent
from dmod.catalog.index.opening import open_index
from dmod.catalog.store.opening import open_store
from dmod.core.atomic import storing
from dmod.services.data.service import DataService


@contextmanager
def open_data(
    home: str | Path | None = None,
    *,
    store: str | None = None,
    index: str | None = None,
    owner: str | None = None,
    progress: Progress | None = None,
) -> Iterator[DataService]:
    """Open the data service; what is not given is taken from the environment, the settings or the defaults.

        with dmod.open_data() as data:
            data.add("logan", ["logan.gpkg"])

    Parameters
    ----------
    home : folder for store, index and work, as far as these are not put elsewhere
    store : folder, or ``s3://bucket/prefix`` and the like
    index : SQLite file, or ``postgresql://user@host/database``
    progress : told what is being done

    Raises
    ------
    InputError
        a setting is wrong.
    StoreError, IndexFailure
        store or index cannot be opened.
    """
    given = {"home": None if home is None else str(home), "store": store, "index": index, "owner": owner}
    settings = read_settings(given)
    catalog = open_catalog(settings)
    try:
        yield DataService(catalog, settings.home, settings.owner, progress or silent)
    finally:
        catalog.index.close()


def open_catalog(settings: DataSettings) -> Catalog:
    """Open store and index; a store that is elsewhere gets a cache on this machine."""
    with storing(settings.home):
        settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store, settings.store_options)
    cache = None
    if "://" in settings.store and not settings.store.startswith(("file://", "memory://")):
        cache = ContentCache(settings.home / "cache", settings.cache_limit)
    return Catalog(store, open_index(settings.index), cache)
