"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy in two dialects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


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
    kind: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = kind(table)
    if values is not None:
        statement = statement.values(values)
    if keep:
        return statement.on_conflict_do_nothing(index_elements=list(key))
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=others)
