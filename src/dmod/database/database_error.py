"""Errors of databases as dmod has them: what passes, what was in the way, and what nobody can help."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError

from dmod.errors import IndexFailure

_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_PASSING = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM})
_SQLITE_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_POSTGRESQL_BUSY = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, lock not available
_POSTGRESQL_PASSING = ("08", "53", "57")  # connection, resources, intervention by the operator
_UNIQUE = "23505"
_NOT_YET = ("the database system is", "too many", "reserved for")


def is_busy(error: SQLAlchemyError) -> bool:
    """Whether another transaction was in the way, and this one was undone."""
    return _sqlite_code(error) in _SQLITE_BUSY or _state(error) in _POSTGRESQL_BUSY


def has_crossed(error: SQLAlchemyError) -> bool:
    """Whether another transaction inserted the same meanwhile, and this one was undone."""
    return _state(error) == _UNIQUE


def translated(error: SQLAlchemyError, address: str) -> IndexFailure:
    """Return an error as dmod's; the message holds neither statements nor what was in them."""
    if is_busy(error):
        return IndexFailure(
            f"the index {address} is busy: another program writes to it",
            hint="try again, and look for a program that hangs",
            retryable=True,
        )
    said = _said(error)
    if _sqlite_code(error) in _SQLITE_DAMAGED:
        return IndexFailure(
            f"the index {address} is damaged, or no index: {said}",
            hint="move the file away and write the index anew: dmod data reindex",
        )
    if _is_passing(error):
        return IndexFailure(
            f"the index {address} cannot be used now: {said}",
            hint="see that the database runs, can be reached and has space; then try again",
            retryable=True,
        )
    return IndexFailure(
        f"the index {address} cannot be used: {said}",
        hint="check its address, its permissions and its disk",
    )


def _is_passing(error: SQLAlchemyError) -> bool:
    if isinstance(error, TimeoutError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return True
    code, state = _sqlite_code(error), _state(error)
    if code is not None or state:
        return code in _SQLITE_PASSING or state.startswith(_POSTGRESQL_PASSING)
    # where no server answered, psycopg has no state to tell
    return type(_cause(error)).__name__ in {"OperationalError", "ConnectionTimeout"} and not _is_refusal(
        error
    )


def _is_refusal(error: SQLAlchemyError) -> bool:
    """Whether a server answered, and will not let us in later either: it says so without a state."""
    said = str(_cause(error))
    return "FATAL" in said and not any(word in said for word in _NOT_YET)


def _said(error: SQLAlchemyError) -> str:
    lines = str(_cause(error)).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _cause(error: SQLAlchemyError) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _sqlite_code(error: SQLAlchemyError) -> int | None:
    code = getattr(_cause(error), "sqlite_errorcode", None)
    # the higher bits say more than is needed here
    return None if code is None else code & 0xFF


def _state(error: SQLAlchemyError) -> str:
    return getattr(_cause(error), "sqlstate", None) or ""
