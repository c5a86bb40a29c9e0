"""A database of datasets: connections, transactions that are tried again, and errors as dmod has them."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import Pool

from dmod.database.database_error import has_crossed, is_busy, translated
from dmod.errors import IndexFailure, InputError, MissingExtra

Result = TypeVar("Result")

CONNECT_SECONDS = 5
CROSSINGS = 3
"""How often what another transaction inserted in between is tried again."""
_BEGIN = "dmod_begin"
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "case_sensitive_like=ON",  # as PostgreSQL has it
    "cache_size=-65536",
)
_SECRET = ("password", "sslpassword", "passfile")
_HINT = "write the path of an SQLite file, sqlite:///path, postgresql://user@host/database, or memory:"


class _Turn:
    """Lets the threads of a process write to a file one after the other.

    SQLite has those who come while another writes look again and again, with pauses; here the next goes on
    at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, patience: float) -> Iterator[None]:
        """Wait for the turn; who waited too long goes on, and SQLite says that the file is busy."""
        has_turn = self._lock.acquire(timeout=patience)
        try:
            yield
        finally:
            if has_turn:
                self._lock.release()


_turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
"""By the file, for one may be opened several times; made anew in a process that was forked."""
os.register_at_fork(after_in_child=_turns.clear)


class Database:
    """A database, opened.

    Parameters
    ----------
    url : as SQLAlchemy has it
    patience : how long it is tried again when it is busy [s]

    Raises
    ------
    MissingExtra
        its driver is not installed.
    """

    def __init__(self, url: URL, patience: float) -> None:
        self.address = shown(url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._patience = patience
        self._process = os.getpid()
        self._inherited: list[Pool] = []
        self._file = url.database or ""
        self._turn = _turns.setdefault(self._file, _Turn()) if self.is_sqlite else None
        try:
            self._engine = _sqlite(url, patience) if self.is_sqlite else _postgresql(url, patience)
        except ModuleNotFoundError as error:
            raise MissingExtra(
                f"{self.address} needs a driver that is not installed: {error.name}",
                hint='pip install "dmod[postgresql]"',
            ) from error

    def close(self) -> None:
        """Let all connections go."""
        self._engine.dispose()

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Return what ``work`` finds, all of it in one state of the database; it may be called again."""
        return self._again(work, writing=False)

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Do ``work`` whole or not at all; it is called again where another transaction was in the way."""
        return self._again(work, writing=True)

    def _in(self, work: Callable[[Connection], Result], *, writing: bool) -> Result:
        if self.is_sqlite:
            options = {_BEGIN: "BEGIN IMMEDIATE" if writing else "BEGIN"}
        else:
            options = {"isolation_level": "READ COMMITTED" if writing else "REPEATABLE READ"}
        with self._engine.connect() as opened:
            connection = opened.execution_options(**options)
            with connection.begin():
                return work(connection)

    def _again(self, work: Callable[[Connection], Result], *, writing: bool) -> Result:
        self._leave_inherited()
        deadline = time.monotonic() + self._patience
        pause, crossings = 0.002, 0
        while True:
            try:
                if writing and self._turn is not None:
                    with self._turn.taken(self._patience):
                        return self._in(work, writing=True)
                return self._in(work, writing=writing)
            except SQLAlchemyError as error:
                # only what the database has surely undone is done again
                crossings += has_crossed(error)
                again = is_busy(error) or (has_crossed(error) and crossings <= CROSSINGS)
                if not again or time.monotonic() > deadline:
                    raise translated(error, self.address) from error
            # two that got in each other's way should not come back at the same time
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(2 * pause, 0.2)

    def _leave_inherited(self) -> None:
        """In a process that was forked, leave the parent's connections alone: not even close them."""
        if self._process != os.getpid():
            self._inherited.append(self._engine.pool)
            self._engine.dispose(close=False)
            if self._turn is not None:
                # a thread of the parent may have had it
                self._turn = _turns.setdefault(self._file, _Turn())
            self._process = os.getpid()


def url_of(address: str) -> URL:
    """Return the database that an address names: a path of an SQLite file, or a URL.

    Raises
    ------
    InputError
        it is neither, or another kind of database.
    """
    kind, _, rest = address.partition("://")
    if not rest and kind == address and address:
        return _file(address)
    if kind == "sqlite":
        if not rest.startswith("/") or rest in {"/", "/:memory:"}:
            raise InputError("an address of an SQLite file is sqlite:/// and its path", hint=_HINT)
        return _file(rest[1:])
    if kind not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise InputError(f"{kind!r} is no kind of index" if address else "no index is named", hint=_HINT)
    try:
        return make_url(address).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        # neither the address nor the error that repeats it: a password may stand in it
        raise InputError(
            "the address of the PostgreSQL database cannot be read",
            hint="postgresql://user:password@host:port/database; in a password write @ : / as %40 %3A %2F",
        ) from None


def shown(url: URL) -> str:
    """Return an address as people may see it: without passwords."""
    plain = url.set(drivername=url.get_backend_name()).difference_update_query(_SECRET)
    return plain.render_as_string(hide_password=True)


def _file(path: str) -> URL:
    return URL.create("sqlite", database=str(Path(path).expanduser().absolute()))


def _sqlite(url: URL, patience: float) -> Engine:
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexFailure(f"the index {path} cannot be made: {(error.strerror or '').lower()}") from error
    engine = create_engine(url, connect_args={"timeout": patience}, pool_size=4, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, to say that they will write
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine


def _postgresql(url: URL, patience: float) -> Engine:
    given = url.query.get("options", "")
    asked = given if isinstance(given, str) else " ".join(given)
    waiting = int(patience * 1000)
    return create_engine(
        url,
        pool_size=4,
        max_overflow=16,
        pool_timeout=patience,
        pool_pre_ping=True,  # a connection that the server has closed meanwhile is replaced before it is used
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "dmod",
            # a server that has vanished is noticed, and a client that hangs in a transaction is thrown out
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": waiting,
            "options": f"-c lock_timeout={waiting} -c idle_in_transaction_session_timeout=300000 {asked}",
        },
    )
