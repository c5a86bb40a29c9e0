"""Opening job stores: new, by several at once, of a later form, beside an index of datasets, stopped."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from time import CLOCK_MONOTONIC, clock_gettime_ns

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from dmod.catalog.index.opening import open_index
from dmod.database.database import url_of
from dmod.errors import IndexFailure, InputError
from dmod.jobs.store.memory import MemoryJobStore
from dmod.jobs.store.opening import open_job_store
from dmod.jobs.store.port import JobQuery
from dmod.jobs.store.rights import since_boot
from dmod.jobs.store.tables import REVISION_TABLE, REVISIONS, metadata
from dmod.testing.job_store_values import an_event, keep

OPENERS = 4
OPENER = """
import sys
from dmod.jobs.store.opening import open_job_store
from dmod.testing.job_store_values import keep
print("ready", flush=True)
sys.stdin.readline()
store = open_job_store(sys.argv[1])
keep(store, sys.argv[2])
store.close()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Return the address of a database that nobody has opened, of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "folder" / "jobs.sqlite")
    return request.getfixturevalue("postgresql").make_database()


def run_sql(address: str, statement: str) -> None:
    """Change a database behind the store's back."""
    engine = create_engine(url_of(address))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def tables_of(address: str) -> set[str]:
    engine = create_engine(url_of(address))
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def test_new_database_opened_by_several_processes_at_once_is_made_once(address):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, address, f"j{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(OPENERS)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:  # all are waiting, so that this lets them go together
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * OPENERS, said
    with closing(open_job_store(address)) as store:
        assert [job.id for job in store.active()] == [f"j{number}" for number in range(OPENERS)]


def test_migrations_lead_to_just_the_tables_that_statements_use(address):
    open_job_store(address).close()
    engine = create_engine(url_of(address))
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": connection.dialect.name != "sqlite",
            "version_table": REVISION_TABLE,
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    assert found == []


@pytest.mark.parametrize("is_first", [True, False])
def test_store_and_index_of_datasets_share_a_database_and_know_nothing_of_each_other(address, is_first):
    opening = [open_job_store, open_index] if is_first else [open_index, open_job_store]
    with closing(opening[0](address)):
        alone = tables_of(address)
    assert any(name.startswith("job") for name in alone) is is_first
    assert any(name.startswith("dataset") for name in alone) is not is_first
    with closing(opening[1](address)):
        assert alone < tables_of(address)
    with closing(open_job_store(address)) as store, closing(open_index(address)) as index:
        keep(store, "j1")
        assert (store.last_sequence(), index.count()) == (1, 0)


def test_database_of_a_later_form_is_refused_and_left_alone(address):
    with closing(open_job_store(address)) as store:
        keep(store, "j1")
    run_sql(address, f"UPDATE {REVISION_TABLE} SET version_num = '9999'")
    with pytest.raises(IndexFailure, match=r"job store.*9999") as caught:
        open_job_store(address)
    assert not caught.value.retryable
    run_sql(address, f"UPDATE {REVISION_TABLE} SET version_num = '{REVISIONS[-1]}'")
    with closing(open_job_store(address)) as store:
        assert [job.id for job in store.active()] == ["j1"]


def test_store_in_memory_is_opened_each_time_anew():
    stores = [open_job_store("memory:"), open_job_store("memory://")]
    assert all(isinstance(store, MemoryJobStore) for store in stores)
    keep(stores[0], "j1")
    assert stores[1].active() == []


@pytest.mark.parametrize("address", ["", "redis://localhost", "sqlite://"])
def test_address_of_no_store_is_refused(address):
    with pytest.raises(InputError):
        open_job_store(address)


def test_store_that_another_program_keeps_busy_says_so_after_its_patience(tmp_path):
    path = tmp_path / "jobs.sqlite"
    with closing(open_job_store(str(path), patience=0.2)) as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(IndexFailure, match="busy") as caught:
            store.note([an_event("j1")])
        assert caught.value.retryable
        assert store.last_sequence() == 0
        other.rollback()
        assert store.note([an_event("j1")])[0].sequence == 1


def test_server_that_stops_and_comes_back_is_used_again(postgresql):
    with closing(open_job_store(postgresql.make_database(), patience=0.5)) as store:
        keep(store, "j1")
        postgresql.stop()
        try:
            for call in (lambda: store.note([an_event("j1")]), lambda: store.list(JobQuery())):
                with pytest.raises(IndexFailure) as caught:
                    call()
                assert caught.value.retryable
        finally:
            postgresql.start()
        assert store.note([an_event("j1")])[0].sequence == 2


def test_right_of_a_machine_that_was_started_anew_is_over(tmp_path):
    """Also where the system does not tell one start from another: the clock has begun anew."""
    path = str(tmp_path / "jobs.sqlite")
    with closing(open_job_store(path)) as store:
        first = store.take_right("controller", "first", 600.0)
        assert store.take_right("controller", "second", 600.0) is None
        run_sql(path, "UPDATE job_right SET boot = 'another'")
        second = store.take_right("controller", "second", 600.0)
        run_sql(path, f"UPDATE job_right SET until = {since_boot()} + 10 * lasts")
        third = store.take_right("controller", "third", 600.0)
    assert first.token < second.token < third.token


def test_clock_of_rights_does_not_stop_where_the_monotonic_one_may():
    assert since_boot() >= clock_gettime_ns(CLOCK_MONOTONIC) // 1000 - 1_000_000
