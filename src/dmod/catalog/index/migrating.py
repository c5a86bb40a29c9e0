"""Bringing the tables of a database to their present form."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from dmod.catalog.index.tables import REVISION_TABLE, REVISIONS
from dmod.database.database import Database
from dmod.errors import IndexFailure

PRESENT = REVISIONS[-1]
LOCK = 0x646D6F64
"""Number of the lock that PostgreSQL holds while tables are changed."""


def migrate(database: Database) -> None:
    """Make the tables, or bring them to their present form, in one transaction; nothing where they have it.

    Of several processes that do so at once, one does, and the others wait.

    Raises
    ------
    IndexFailure
        the tables are of a later form than this program knows.
    """
    found = database.read(_revision)
    if found is None or found in REVISIONS[:-1]:
        found = database.write(_upgrade)
    if found != PRESENT:
        raise IndexFailure(
            f"the index {database.address} has tables of form {found}; this version of dmod knows "
            f"{', '.join(REVISIONS)}",
            hint="use the version that wrote it, or a later one",
        )


def _revision(connection: Connection) -> str | None:
    """Return the form that the tables have; None where there are none."""
    if not inspect(connection).has_table(REVISION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar()


def _upgrade(connection: Connection) -> str | None:
    """Bring the tables to their present form unless another process was here first; return their form."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    found = _revision(connection)
    if found is not None and found not in REVISIONS[:-1]:
        return found
    # loaded only here, since that takes longer than all else of opening an index
    from alembic import command
    from alembic.config import Config

    config = Config()
    place = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", str(place).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return _revision(connection)
