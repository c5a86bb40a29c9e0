"""Opening the index that an address names."""

from __future__ import annotations

from dmod.catalog.index.port import Index
from dmod.database.address import IN_MEMORY, PATIENCE


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
    if address in IN_MEMORY:
        from dmod.catalog.index.memory import MemoryIndex

        return MemoryIndex()
    from dmod.catalog.index.migrating import INDEX_TABLES
    from dmod.catalog.index.sql import SqlIndex
    from dmod.database.opening import open_database

    return SqlIndex(open_database(address, patience, INDEX_TABLES))
