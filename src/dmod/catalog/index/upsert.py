"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy in two dialects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table


def upsert(
    connection: Connection,
    table: Table,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
    key: Sequence[str],
    *,
    keep: bool,
) -> Any:
    """Return a statement that inserts rows; where the key is there already the row is kept, or replaced.

    Parameters
    ----------
    values : a row, several, or None to give them on execution
    keep : whether a row that is there stays as it is
    """
    statement: Any = _insert_of(connection)(table)
    if values is not None:
        statement = statement.values(values)
    if keep:
        return statement.on_conflict_do_nothing(index_elements=list(key))
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=others)


def _insert_of(connection: Connection) -> Any:
    """Return the INSERT of a dialect; loading that of PostgreSQL takes a tenth of a second."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert
