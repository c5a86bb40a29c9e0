"""A server that starts on the tables of another version: brought up to date, or refused, and never half."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import dmod
from dmod.accounts.store.tables import ACCOUNTS
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.index.migrating import INDEX_TABLES
from dmod.database.migrating import TableGroup
from dmod.jobs.store.sql import JOB_TABLES
from dmod.services.data.bringing import Description
from dmod.testing.serving import ServedHome
from dmod.testing.warm_command import warm_command

GENERIC = Description(Category.OUTPUT, FORMATS["GENERIC"])
GROUPS = {group.title: group for group in (INDEX_TABLES, JOB_TABLES, ACCOUNTS)}


def made_of(path: Path, group: TableGroup, revision: str) -> None:
    """Make tables of a group as an earlier version had them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(group.migrations))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def set_revision(path: Path, group: TableGroup, revision: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"UPDATE {group.revision_table} SET version_num = ?", (revision,))


def dump(path: Path) -> list[str]:
    """Return everything that stands in a database."""
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def started(folder: Path) -> subprocess.CompletedProcess[str]:
    """Try to start a server that must refuse."""
    command_line = ["serve", "--home", str(folder), "--port", "0"]
    return warm_command().run(command_line, cwd=None, variables=os.environ, timeout=120)


def test_index_of_an_earlier_version_is_brought_up_to_date_and_served(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    path = folder / "index.sqlite"
    made_of(path, INDEX_TABLES, INDEX_TABLES.revisions[0])  # nor were there tables of jobs and accounts
    (tmp_path / "a.txt").write_text("one")
    served = ServedHome(folder).start()
    try:
        assert served.ended(served.submit({"kind": "probe"}))["state"] == "completed"
        with dmod.open_data(folder) as data:
            data.add("words", [tmp_path / "a.txt"], GENERIC)
        assert [item["name"] for item in served.get("/data/datasets")] == ["words"]
    finally:
        served.stop()
    with closing(sqlite3.connect(path)) as database:
        for group in GROUPS.values():
            found = database.execute(f"SELECT version_num FROM {group.revision_table}").fetchall()
            assert found == [(group.present,)]


@pytest.mark.parametrize("title", list(GROUPS))
def test_tables_of_a_later_version_are_refused_and_all_others_left_as_they_are(
    title: str, tmp_path: Path
) -> None:
    folder = tmp_path / "home"
    path = folder / "index.sqlite"
    # the index is one that would be brought up to date, were the others not refused
    made_of(path, INDEX_TABLES, INDEX_TABLES.revisions[0])
    group = GROUPS[title]
    if group is not INDEX_TABLES:
        made_of(path, group, "head")
    set_revision(path, group, "9999")
    before = dump(path)
    refused = started(folder)
    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr
    assert title in refused.stderr
    assert "9999" in refused.stderr
    assert dump(path) == before
    assert not (folder / "server.json").exists()
