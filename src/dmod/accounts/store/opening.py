"""Opening the accounts that an address names."""

from __future__ import annotations

from dmod.accounts.store.port import AccountStore
from dmod.database.address import IN_MEMORY, PATIENCE


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
    if address in IN_MEMORY:
        from dmod.accounts.store.memory import MemoryAccounts

        return MemoryAccounts()
    from dmod.accounts.store.sql import SqlAccounts
    from dmod.accounts.store.tables import ACCOUNTS
    from dmod.database.opening import open_database

    return SqlAccounts(open_database(address, patience, ACCOUNTS))
