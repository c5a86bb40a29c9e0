"""Opening an index: by many at once, while it is busy, gone, damaged or of a later form; and what is told."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from dmod.catalog.index.opening import open_index
from dmod.catalog.index.tables import REVISION_TABLE, REVISIONS, metadata
from dmod.database.database import url_of
from dmod.errors import DmodError, IndexFailure, InputError, MissingExtra
from dmod.testing.datasets import AT, add, content_of
from dmod.testing.postgresql import PASSWORD

OPENERS = 4
OPENER = """
import sys
from dmod.catalog.index.opening import open_index
from dmod.testing.datasets import add
print("ready", flush=True)
sys.stdin.readline()
index = open_index(sys.argv[1])
add(index, sys.argv[2])
index.close()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Return the address of a database that nobody has opened, of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "folder" / "index.sqlite")
    return request.getfixturevalue("postgresql").make_database()


def run_sql(address: str, statement: str) -> None:
    """Change a database behind the index's back."""
    engine = create_engine(url_of(address))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_new_database_opened_by_several_processes_at_once_is_made_once(address):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, address, f"name-{number}"],
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
    with closing(open_index(address)) as index:
        assert list(index.names()) == [f"name-{number}" for number in range(OPENERS)]


def test_migrations_lead_to_just_the_tables_that_statements_use(address):
    open_index(address).close()
    engine = create_engine(url_of(address))
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": connection.dialect.name != "sqlite",  # which has no identities
            "version_table": REVISION_TABLE,
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    assert found == []


def test_database_of_a_later_form_is_refused_and_left_alone(address):
    with closing(open_index(address)) as index:
        add(index, "logan")
    run_sql(address, f"UPDATE {REVISION_TABLE} SET version_num = '9999'")
    with pytest.raises(IndexFailure, match="9999") as caught:
        open_index(address)
    assert not caught.value.retryable
    run_sql(address, f"UPDATE {REVISION_TABLE} SET version_num = '{REVISIONS[-1]}'")
    with closing(open_index(address)) as index:
        assert list(index.names()) == ["logan"]


def test_opening_again_keeps_what_is_there(address):
    for name in ("a", "b"):
        with closing(open_index(address)) as index:
            add(index, name)
    with closing(open_index(address)) as index:
        assert list(index.names()) == ["a", "b"]


def test_locked_file_is_waited_for(tmp_path):
    path = tmp_path / "index.sqlite"
    with closing(open_index(str(path))) as index, closing(_locking(path)) as other:
        release = threading.Timer(0.5, other.rollback)
        release.start()
        assert index.claim([content_of(b"1")], AT) == set()
        release.join()


def test_file_that_stays_locked_is_told_and_can_be_tried_again(tmp_path):
    path = tmp_path / "index.sqlite"
    with closing(open_index(str(path), patience=0.1)) as index:
        with closing(_locking(path)):
            with pytest.raises(IndexFailure, match="busy") as caught:
                index.claim([content_of(b"1")], AT)
            assert caught.value.retryable
            assert list(index.names()) == []  # to read, nobody waits
        assert index.claim([content_of(b"1")], AT) == set()


def test_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "index.sqlite"
    path.write_bytes(b"something else " * 100)
    with pytest.raises(IndexFailure, match="no index") as caught:
        open_index(str(path))
    assert not caught.value.retryable
    assert path.read_bytes() == b"something else " * 100


@pytest.mark.parametrize(
    "address", ["mysql://user:hunter2@host/db", "postgresql://user:hunter2@host:x/db", ""]
)
def test_address_of_nothing_is_refused_without_its_password(address):
    with pytest.raises(InputError) as caught:
        open_index(address)
    assert "hunter2" not in everything_said(caught.value)


def test_driver_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)  # what an import finds where there is none
    with pytest.raises(MissingExtra, match="psycopg") as caught:
        open_index("postgresql://user:hunter2@127.0.0.1/db")
    assert "dmod[postgresql]" in str(caught.value.hint)
    assert "hunter2" not in everything_said(caught.value)


def test_address_of_an_index_has_no_password(postgresql):
    address = f"{postgresql.make_database()}?application_name=trial"
    with closing(open_index(address)) as index:
        assert PASSWORD not in index.address
        assert str(postgresql.port) in index.address


def test_wrong_password_is_told_without_it(postgresql):
    wrong = postgresql.address().replace(PASSWORD, "hunter2")
    with pytest.raises(IndexFailure, match="password") as caught:
        open_index(wrong)
    assert not caught.value.retryable
    assert "hunter2" not in everything_said(caught.value)


def test_server_that_stops_and_comes_back_is_used_again(postgresql):
    with closing(open_index(postgresql.make_database(), patience=1)) as index:
        add(index, "logan")
        postgresql.stop()
        try:
            for act in (index.names, lambda: index.claim([content_of(b"1")], AT)):
                with pytest.raises(IndexFailure) as caught:
                    act()
                assert caught.value.retryable
                assert PASSWORD not in everything_said(caught.value)
            with pytest.raises(IndexFailure) as caught:
                open_index(postgresql.address(), patience=1)
            assert caught.value.retryable
        finally:
            postgresql.start()
        assert list(index.names()) == ["logan"]
        assert index.claim([content_of(b"1")], AT) == set()


def everything_said(error: DmodError) -> str:
    """Return the text of an error and of all that led to it, as a traceback would show it."""
    found: list[str] = []
    shown: BaseException | None = error
    while shown is not None:
        found += [str(shown), repr(shown), str(getattr(shown, "hint", ""))]
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)
    return "\n".join(found)


def _locking(path) -> sqlite3.Connection:
    """Return a connection that keeps others from writing to a file until it is undone or closed."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    return connection
