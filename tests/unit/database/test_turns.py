"""Threads that write to one SQLite file take turns."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from dmod.database.database import Database, url_of
from dmod.errors import IndexFailure


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "file.sqlite")


def opened(path: str, patience: float = 20.0) -> Database:
    database = Database(url_of(path), patience)
    database.write(lambda c: c.execute(text("CREATE TABLE IF NOT EXISTS number (value INTEGER)")))
    return database


def add(connection: Connection) -> None:
    connection.execute(text("INSERT INTO number VALUES (1)"))


def count(database: Database) -> int:
    return int(database.read(lambda c: c.execute(text("SELECT count(*) FROM number")).scalar_one()))


def test_all_that_many_threads_write_is_there(path: str) -> None:
    databases = [opened(path), opened(path)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: databases[number % 2].write(add), range(200)))
    assert count(databases[0]) == 200


def test_who_waits_too_long_is_told_that_the_file_is_busy(path: str) -> None:
    holding, waiting = opened(path), opened(path, 0.2)
    has_begun, goes_on = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        add(connection)
        has_begun.set()
        goes_on.wait(30.0)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(holding.write, hold)
        assert has_begun.wait(30.0)
        with pytest.raises(IndexFailure):
            waiting.write(add)
        goes_on.set()
        held.result()
    waiting.write(add)
    assert count(waiting) == 2
