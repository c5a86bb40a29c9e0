"""Opening the index that an address names."""

from __future__ import annotations

from contextlib import ExitStack

from dmod.catalog.index.port import Index

PATIENCE = 30.0
"""Seconds for which a busy database is tried again."""


def open_index(address: str, *, patience: float = PATIENCE) -> Index:
    """Open an index; its tables are made, or brought to their present form, where that is needed.

    Parameters
    ----------
    address : path of an SQLite file, ``sqlite:///path``, ``postgresql://user@host/database``, or ``memory:``
    patience : how long a database is tried again that others keep busy [s]

    Raises
    ------
    InputError
        the address is none of these.
    IndexFailure
        the database cannot be opened (retryable where it could not be reached), or a later version of dmod
        made it.
    MissingExtra
        the driver of the database is not installed.
    """
    if address in {"memory:", "memory://"}:
        from dmod.catalog.index.memory import MemoryIndex

        return MemoryIndex()
    from dmod.catalog.index.migrating import migrate
    from dmod.catalog.index.sql import SqlIndex
    from dmod.database.database import Database, url_of

    database = Database(url_of(address), patience)
    with ExitStack() as opened:
        opened.callback(database.close)
        migrate(database)
        opened.pop_all()
    return SqlIndex(database)
