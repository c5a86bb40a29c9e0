"""Opening the job store that an address names."""

from __future__ import annotations

from contextlib import ExitStack

from dmod.jobs.store.port import JobStore

PATIENCE = 30.0
"""Seconds for which a busy database is tried again."""


def open_job_store(address: str, *, patience: float = PATIENCE) -> JobStore:
    """Open a job store; its tables are made, or brought to their present form, where that is needed.

    Parameters
    ----------
    address : path of an SQLite file, ``sqlite:///path``, ``postgresql://user@host/database``, or ``memory:``;
        it may be that of an index of datasets, whose tables are others
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
        from dmod.jobs.store.memory import MemoryJobStore

        return MemoryJobStore()
    from dmod.database.database import Database, url_of
    from dmod.database.migrating import migrate
    from dmod.jobs.store.sql import JOB_TABLES, SqlJobStore

    database = Database(url_of(address), patience)
    with ExitStack() as opened:
        opened.callback(database.close)
        migrate(database, JOB_TABLES)
        opened.pop_all()
    return SqlJobStore(database)
