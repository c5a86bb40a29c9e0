"""Bringing groups of tables to their present form; each group of a database has a history of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from dmod.database.database import Database
from dmod.errors import IndexFailure


@dataclass(frozen=True, slots=True)
class TableGroup:
    """Tables that belong together, and how they came to their present form.

    Parameters
    ----------
    title : what they are for people (``index``)
    revision_table : table that holds their form
    revisions : every form that they have had, the present one last
    migrations : folder of Alembic's scripts
    lock : number of the lock that PostgreSQL holds while they are changed
    """

    title: str
    revision_table: str
    revisions: tuple[str, ...]
    migrations: Path
    lock: int

    @property
    def present(self) -> str:
        """Return the form that this program knows."""
        return self.revisions[-1]


def migrate(database: Database, tables: TableGroup) -> None:
    """Make the tables, or bring them to their present form, in one transaction; nothing where they have it.

    Of several processes that do so at once, one does, and the others wait.

    Raises
    ------
    IndexFailure
        the tables are of a later form than this program knows.
    """
    found = database.read(lambda c: _revision(c, tables))
    if found is None or found in tables.revisions[:-1]:
        found = database.write(lambda c: _upgrade(c, tables))
    _require_known(database, tables, found)


def require_known(database: Database, tables: TableGroup) -> None:
    """Refuse tables of a later form than this program knows; nothing is changed.

    Raises
    ------
    IndexFailure
        they are.
    """
    _require_known(database, tables, database.read(lambda c: _revision(c, tables)) or tables.present)


def _require_known(database: Database, tables: TableGroup, found: str | None) -> None:
    if found not in tables.revisions:
        raise IndexFailure(
            f"the {tables.title} {database.address} has tables of form {found}; this version of dmod knows "
            f"{', '.join(tables.revisions)}",
            hint="use the version that wrote it, or a later one",
        )


def _revision(connection: Connection, tables: TableGroup) -> str | None:
    """Return the form that the tables have; None where there are none."""
    if not inspect(connection).has_table(tables.revision_table):
        return None
    return connection.execute(text(f"SELECT version_num FROM {tables.revision_table}")).scalar()


def _upgrade(connection: Connection, tables: TableGroup) -> str | None:
    """Bring the tables to their present form unless another process was here first; return their form."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": tables.lock})
    found = _revision(connection, tables)
    if found is not None and found not in tables.revisions[:-1]:
        return found
    # loaded only here, since that takes longer than all else of opening a database
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(tables.migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return _revision(connection, tables)
