"""Opening the accounts that an address names."""

from __future__ import annotations

from contextlib import ExitStack

from dmod.accounts.store.port import AccountStore

PATIENCE = 30.0
"""Seconds for which a busy database is tried again."""


def open_accounts(address: str, *, patience: float = PATIENCE) -> AccountStore:
    """Open accounts; their tables are made, or brought to their present form, where that is needed.

    The database may be that of the index, or of jobs: each has tables of its own.

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
        from dmod.accounts.store.memory import MemoryAccounts

        return MemoryAccounts()
    from dmod.accounts.store.sql import SqlAccounts
    from dmod.accounts.store.tables import ACCOUNTS
    from dmod.database.database import Database, url_of
    from dmod.database.migrating import migrate

    database = Database(url_of(address), patience)
    with ExitStack() as opened:
        opened.callback(database.close)
        migrate(database, ACCOUNTS)
        opened.pop_all()
    return SqlAccounts(database)
