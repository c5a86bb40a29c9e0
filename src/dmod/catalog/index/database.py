"""A database of datasets: connections, transactions that are tried again, and errors as dmod has them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from dmod.errors import IndexFailure, InputError, MissingExtra

Result = TypeVar("Result")

BUSY_SECONDS = 30.0
CONNECT_SECONDS = 5
TRIES = 8
SQLITE_LEAST = (3, 35)
_SQLITE_WITHIN = ("locked", "busy")
_AGAIN = frozenset({"40001", "40P01", "55P03"})  # serialization failure, deadlock, lock not available


class Database:
    """A database, opened.

    Parameters
    ----------
    url : as SQLAlchemy has it

    Raises
    ------
    MissingExtra
        its driver is not installed.
    """

    def __init__(self, url: URL) -> None:
        self.address = url.render_as_string(hide_password=True)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        try:
            self.engine = _sqlite(url) if self.is_sqlite else _postgresql(url)
        except ModuleNotFoundError as error:
            raise MissingExtra(
                f"{self.address} needs a driver that is not installed: {error.name}",
                hint='pip install "dmod[postgresql]"',
            ) from error

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Return what ``work`` finds, all of it in one state of the database."""
        return self._again(lambda: self._in(work, writing=False))

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Do ``work`` whole or not at all; tried again where another process was in the way."""
        return self._again(lambda: self._in(work, writing=True))

    def _in(self, work: Callable[[Connection], Result], *, writing: bool) -> Result:
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
            how = "ROLLBACK"
            try:
                found = work(connection)
                how = "COMMIT"
            finally:
                self._end(connection, how)
            return found

    def _end(self, connection: Connection, how: str) -> None:
        if self.is_sqlite:
            connection.exec_driver_sql(how)
        elif how == "COMMIT":
            connection.commit()
        else:
            connection.rollback()

    def _again(self, attempt: Callable[[], Result]) -> Result:
        for number in range(TRIES):
            try:
                return attempt()
            except DBAPIError as error:
                if number == TRIES - 1 or not _is_passing(error):
                    raise self._failure(error) from error
                # two that got in each other's way should not come back at the same time
                time.sleep(random.uniform(0.5, 1.5) * 0.01 * 2**number)
            except SQLAlchemyError as error:
                raise self._failure(error) from error
        raise AssertionError("the last try returns or raises")

    def _failure(self, error: SQLAlchemyError) -> IndexFailure:
        text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
        if isinstance(error, DBAPIError) and (_is_passing(error) or not isinstance(error, IntegrityError)):
            retryable = _is_passing(error) or _is_unreachable(first)
            hint = "try again later" if retryable else "check the database, its permissions and its disk"
            return IndexFailure(f"the index {self.address}: {first}", hint=hint, retryable=retryable)
        return IndexFailure(f"the index {self.address}: {first}")


def url_of(address: str) -> URL:
    """Return the database that an address names: a path of an SQLite file, or a URL.

    Raises
    ------
    InputError
        it is neither, or another kind of database.
    """
    if "://" not in address:
        return URL.create("sqlite", database=str(Path(address).expanduser().absolute()))
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise InputError(
            "the address of the index cannot be read", hint="postgresql://user@host/database"
        ) from error
    kind = url.get_backend_name()
    if kind == "sqlite":
        return url.set(drivername="sqlite")
    if kind in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise InputError(
        f"{kind} is no database that an index can lie in", hint="a path, sqlite:///path or postgresql://…"
    )


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexFailure(f"the index {path} cannot be made: {(error.strerror or '').lower()}") from error
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",  # transactions are begun by hand, to say that they will write
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection, _record):  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        pool_size=4,
        max_overflow=12,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


def _is_passing(error: DBAPIError) -> bool:
    """Whether the same transaction can succeed at once, or nearly."""
    if getattr(error.orig, "sqlstate", None) in _AGAIN:
        return True
    text = str(error.orig).lower()
    return "database" in text and any(word in text for word in _SQLITE_WITHIN)


def _is_unreachable(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in ("connect", "terminat", "closed", "timeout", "shutting down"))


@contextmanager
def reporting(address: str) -> Iterator[None]:
    """Turn errors of the database outside of transactions into dmod's."""
    try:
        yield
    except SQLAlchemyError as error:
        text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        raise IndexFailure(f"the index {address}: {text.strip().splitlines()[0]}", retryable=True) from error
