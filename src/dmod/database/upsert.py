"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy in two dialects."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table


def insert_new(connection: Connection, table: Table, key: str) -> Any:
    """Return a statement that inserts rows, and leaves those alone whose key is there already."""
    return _insert_into(connection, table).on_conflict_do_nothing(index_elements=[key])


def insert_locked(connection: Connection, table: Table, key: str) -> Any:
    """Return a statement that inserts a row, or takes hold of the one whose key is there already.

    Until the transaction ends no other one can change or delete the row.
    """
    statement = _insert_into(connection, table)
    return statement.on_conflict_do_update(index_elements=[key], set_={key: statement.excluded[key]})


def insert_greater(connection: Connection, table: Table, key: str, column: str, only: Any) -> Any:
    """Return a statement that inserts rows; where the key is there already, a column takes greater values.

    Parameters
    ----------
    only : condition of rows that are there without which they are left alone
    """
    statement = _insert_into(connection, table)
    given = statement.excluded[column]
    return statement.on_conflict_do_update(
        index_elements=[key], set_={column: given}, where=only & (table.c[column] < given)
    )


def insert_absent(connection: Connection, table: Table) -> Any:
    """Return a statement that inserts rows, and leaves out those that clash with what is there."""
    return _adding(connection.dialect.name, table)


def insert_or_replace(connection: Connection, table: Table) -> Any:
    """Return a statement that inserts rows in the place of those with the same primary key."""
    return _replacing(connection.dialect.name, table)


@cache
def _adding(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _replacing(dialect: str, table: Table) -> Any:
    # kept, since it takes longer to make than to execute
    statement = _insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


def _insert_into(connection: Connection, table: Table) -> Any:
    return _insert(connection.dialect.name, table)


def _insert(dialect: str, table: Table) -> Any:
    """Return the INSERT of a dialect; loading that of PostgreSQL takes a tenth of a second."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(table)
