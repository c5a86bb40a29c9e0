"""Bringing the tables of a database to their present form."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from dmod.catalog.index.database import Database
from dmod.catalog.index.tables import REVISION_TABLE, REVISIONS
from dmod.errors import IndexFailure

PRESENT = REVISIONS[-1]
LOCK = 0x646D6F64
"""Number of the lock that PostgreSQL holds while tables are changed."""


def migrate(database: Database) -> None:
    """Make the tables, or bring them to their present form, in one transaction; nothing where they have it.

    Raises
    ------
    IndexFailure
        the tables are of a later form than this program knows.
    """
    if database.read(_revision) != PRESENT:
        database.write(_upgrade)
    _require_known(database, database.read(_revision))


def _require_known(database: Database, revision: str | None) -> None:
    if revision not in REVISIONS:
        raise IndexFailure(
            f"the index {database.address} has tables of form {revision}; this version of dmod knows "
            f"{', '.join(REVISIONS)}",
            hint="use the version that wrote it, or a later one",
        )


def _revision(connection: Connection) -> str | None:
    """Return the form that the tables have; None where there are none."""
    if not inspect(connection).has_table(REVISION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    found = _revision(connection)
    if found == PRESENT or (found is not None and found not in REVISIONS):
        return  # another process was here first, or it is for `migrate` to refuse
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
