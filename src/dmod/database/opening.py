"""Opening a database with a group of tables in their present form."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack, closing

from dmod.database.address import IN_MEMORY, PATIENCE
from dmod.database.database import Database, url_of
from dmod.database.migrating import TableGroup, migrate, require_known


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


def require_known_tables(address: str, groups: Iterable[TableGroup]) -> None:
    """Refuse a database of which any group of tables is of a later form, before any other is changed.

    Parameters
    ----------
    address : as of `open_database`, or one in memory, which is always new

    Raises
    ------
    IndexFailure
        a later version of dmod made some of it, or it cannot be opened; all of it is as it was.
    """
    if address in IN_MEMORY:
        return
    with closing(Database(url_of(address), PATIENCE)) as database:
        for tables in groups:
            require_known(database, tables)
