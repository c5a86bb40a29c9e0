"""A real PostgreSQL server on this machine for tests, in a folder of its own, stopped by its own number.

    with PostgresServer() as server:
        index = open_index(server.make_database())

Wants the server's programs (Debian: ``postgresql``) and psycopg. It listens on a free port of the loopback
address and asks for a password. As PostgreSQL refuses to run as root, root starts it as another user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

USER, PASSWORD = "dmod", "not-a-secret"
PATIENCE = 60.0
_PLACES = "/usr/lib/postgresql/*/bin"
_RUNNERS = ("postgres", "nobody")
_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    # what a test writes need not survive a loss of power
    "fsync=off",
    "full_page_writes=off",
    "max_connections=60",
    "shared_buffers=64MB",
    "deadlock_timeout=200ms",
)


def programs() -> Path | None:
    """Return the folder of the newest server's programs; None where there is none."""
    found = shutil.which("postgres")
    if found is not None and shutil.which("initdb") is not None:
        return Path(found).parent
    places = [place for place in Path("/").glob(_PLACES.lstrip("/")) if (place / "initdb").is_file()]
    return max(places, key=lambda place: float(place.parent.name), default=None)


def missing() -> str:
    """Return why no such server can be started here; "" where it can."""
    if programs() is None:
        return "not installed: initdb and postgres (Debian: postgresql)"
    if find_spec("psycopg") is None:
        return 'not installed: psycopg (pip install "dmod[postgresql]")'
    if os.geteuid() == 0 and _runner() is None:
        return f"PostgreSQL does not run as root, and there is no user {' or '.join(_RUNNERS)}"
    return ""


class PostgresServer:
    """A server that runs while the block does.

    Its default order of text is that of a language, not of bytes, so that what relies on either is noticed.
    """

    def __init__(self) -> None:
        self.port = _free_port()
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()

    def __enter__(self) -> PostgresServer:
        # not below pytest's folders, which other users may not enter
        self._folder = Path(tempfile.mkdtemp(prefix="dmod-postgresql-"))
        started = False
        try:
            self._make()
            self.start()
            started = True
        finally:
            if not started:
                self._clear()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._clear()

    def address(self, database: str = "postgres") -> str:
        """Return the address of a database, with the password."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def make_database(self) -> str:
        """Make an empty database and return its address."""
        import psycopg

        name = f"index_{next(self._numbers)}"
        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.address(name)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        import psycopg

        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program("postgres"), "-D", self._data, "-p", str(self.port), *settings],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self._folder,
                **_as_runner(),
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.address(), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {self._said()}") from error
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it; SIGINT ends transactions under way, SIGQUIT is like a crash."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
        self._process = None

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _make(self) -> None:
        password = self._folder / "password"
        password.write_text(PASSWORD)
        runner = _runner()
        if runner is not None:
            for path in (self._folder, password):
                os.chown(path, runner.pw_uid, runner.pw_gid)
        order = ("--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8", "--encoding=UTF8")
        access = ("--auth=scram-sha-256", f"--username={USER}", f"--pwfile={password}")
        made = subprocess.run(
            [self._program("initdb"), "-D", self._data, "--no-sync", "--no-instructions", *order, *access],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
            **_as_runner(),
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr}")

    def _clear(self) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _said(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-2_000:]

    def _program(self, name: str) -> Path:
        place = programs()
        if place is None:
            raise RuntimeError(missing())
        return place / name


def _runner() -> pwd.struct_passwd | None:
    """Return the user that the server runs as, where that is not who asks."""
    if os.geteuid() != 0:
        return None
    users: Sequence[pwd.struct_passwd] = pwd.getpwall()
    return next((user for name in _RUNNERS for user in users if user.pw_name == name), None)


def _as_runner() -> Mapping[str, Any]:
    runner = _runner()
    if runner is None:
        return {}
    return {"user": runner.pw_uid, "group": runner.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
