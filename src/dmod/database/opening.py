"""Opening a database with a group of tables in their present form."""

from __future__ import annotations

from contextlib import ExitStack

from dmod.database.database import Database, url_of
from dmod.database.migrating import TableGroup, migrate


def open_database(address: str, patience: float, tables: TableGroup) -> Database:
    """Open a database; its tables are made, or brought to their present form, where that is needed.

    Parameters
    ----------
    address : path of an SQLite file, ``sqlite:///path``, or ``postgresql://user@host/database``
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
    database = Database(url_of(address), patience)
    with ExitStack() as opened:
        opened.callback(database.close)
        migrate(database, tables)
        opened.pop_all()
    return database
