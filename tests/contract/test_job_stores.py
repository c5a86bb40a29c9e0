"""Every job store of dmod against the suite that ships."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import create_engine, delete, update

from dmod.database.database import url_of
from dmod.jobs.store.memory import MemoryJobStore
from dmod.jobs.store.opening import open_job_store
from dmod.jobs.store.tables import counters, metadata
from dmod.testing.job_store_suite import JobStoreSuite
from dmod.testing.postgresql import PostgresServer, missing


@pytest.fixture(scope="module")
def postgresql():
    """Return a server that ends with the tests of this module."""
    reason = missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with PostgresServer() as server:
        yield server


class TestMemoryJobStore(JobStoreSuite):
    @pytest.fixture
    def store(self):
        return MemoryJobStore()


class DatabaseSuite(JobStoreSuite):
    """What can be opened a second time."""

    @pytest.fixture
    def address(self):
        raise NotImplementedError

    @pytest.fixture
    def store(self, address):
        self.opened = [open_job_store(address)]
        self.address = address
        yield self.opened[0]
        for store in self.opened:
            store.close()

    def opened_again(self, store):
        self.opened.append(open_job_store(self.address))
        return self.opened[-1]


class TestSqliteJobStore(DatabaseSuite):
    @pytest.fixture
    def address(self, tmp_path):
        return str(tmp_path / "folder" / "jobs.sqlite")


@pytest.fixture(scope="module")
def database(postgresql):
    """Return a database with the tables of a job store."""
    address = postgresql.make_database()
    open_job_store(address).close()
    return address


class TestPostgresqlJobStore(DatabaseSuite):
    @pytest.fixture
    def address(self, database):
        # as making a database takes much longer
        engine = create_engine(url_of(database))
        with engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                emptied = update(table).values(last=0) if table is counters else delete(table)
                connection.execute(emptied)
        engine.dispose()
        return database
