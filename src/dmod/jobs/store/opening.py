"""Opening the job store that an address names."""

from __future__ import annotations

from dmod.database.address import IN_MEMORY, PATIENCE
from dmod.jobs.store.port import JobStore


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
    if address in IN_MEMORY:
        from dmod.jobs.store.memory import MemoryJobStore

        return MemoryJobStore()
    from dmod.database.opening import open_database
    from dmod.jobs.store.sql import JOB_TABLES, SqlJobStore

    return SqlJobStore(open_database(address, patience, JOB_TABLES))
