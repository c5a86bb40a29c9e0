"""Every job store of dmod against the suite that ships."""

from __future__ import annotations

import random
import time

import pytest
from sqlalchemy import create_engine, delete, update

from dmod.database.database import url_of
from dmod.jobs.store.memory import MemoryJobStore
from dmod.jobs.store.opening import open_job_store
from dmod.jobs.store.tables import counters, metadata
from dmod.testing.job_store_suite import JobStoreSuite
from dmod.testing.job_store_trials import faults, killed, started
from dmod.testing.job_store_values import a_job, an_event

KILLS = 3


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

    def test_killed_processes_leave_all_or_nothing_of_each_change(self, store, address):
        said = []
        for turn in range(KILLS):
            processes = started(*(("churn", address, f"t{turn}p{number}") for number in range(2)))
            time.sleep(random.uniform(0.1, 0.5))
            said += killed(processes)
        assert len(said) > KILLS
        assert faults(store, said) == []
        # nobody is kept waiting by what the killed ones held
        assert store.submit(a_job("last"), [an_event("last")]).is_new

    def test_processes_that_fight_for_a_right_act_one_after_the_other(self, store, address):
        store.submit(a_job("j1"), [])
        processes = started(*(("contend", address, f"holder-{number}", "4") for number in range(3)))
        said = []
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        for process in processes:
            said += process.communicate()[0].splitlines()
            assert process.returncode == 0
        acts = [event.data for event in store.events(1, limit=100_000)]
        tokens = [act["token"] for act in acts]
        assert tokens == sorted(tokens)
        assert len({(act["token"], act["holder"]) for act in acts}) == len(set(tokens))
        assert len({act["holder"] for act in acts}) > 1
        # some of those that slept for too long tried to act all the same
        assert "refused" in said
        assert store.job("j1").revision == len(acts)


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
