"""The command line in processes that are forked from one which has imported it: each as new, and at once.

A test that runs ``dmod`` many times otherwise waits for its imports each time. Every command, and every
server, is a process of its own, with its own arguments, variables, folder and streams, as from a shell; only
what modules hold when they have been imported is there already.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NoReturn

PRELOAD = (
    "dmod.cli.main", "dmod.catalog.index.sql", "dmod.services.data.service", "dmod.services.run",
    "dmod.services.check", "dmod.services.prepare", "dmod.services.subset", "dmod.services.configure",
    "dmod.services.partition", "dmod.services.forcing_request", "dmod.services.data.crate",
    "dmod.app.wiring", "dmod.catalog.index.migrating", "dmod.catalog.store.folder",
    "dmod.catalog.store.folder_ingest", "dmod.database.opening", "typer._adapters", "numba", "netCDF4",
    "xarray", "shapely", "pyproj", "scipy.sparse", "rich.console", "rich.table", "rich.progress",
)  # fmt: skip
"""Modules that commands want; one that is not there is passed over. None of them may start a thread."""
SERVE = "serve"
PRELOAD_SERVER = (
    "dmod.api.serving", "dmod.app.server", "dmod.accounts.store.sql", "dmod.catalog.index.writing",
    "dmod.jobs.store.sql", "dmod.jobs.store.writing", "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg", "psycopg", "redis", "alembic.command", "alembic.op",
    "prometheus_client", "httptools", "uvicorn.lifespan.off", "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl", "uvicorn.loops.uvloop",
)  # fmt: skip
"""What servers want beside these, imported before the first of them."""
REQUEST = 1 << 20
_ANSWER = 64
_OWN = ("LD_", "PYTHON", "MALLOC_", "OPENBLAS_", "MKL_", "OMP_", "NUMBA_")
"""Variables that are heeded when a process is started, or when a library is loaded, by how they begin."""


class WarmProcess:
    """A process that was forked; used as one of `subprocess.Popen`.

    Parameters
    ----------
    line : on which its number is told, and then how it ended
    """

    def __init__(self, arguments: Sequence[str], line: socket.socket) -> None:
        self.args = list(arguments)
        self.returncode: int | None = None
        self._line = line
        said, descriptors, _, _ = socket.recv_fds(line, _ANSWER, 1)
        self.pid = int(said)
        # a number may be somebody else's by now, and this cannot
        self._process = descriptors[0]

    def poll(self) -> int | None:
        """Return how it ended; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its status.

        Raises
        ------
        subprocess.TimeoutExpired
            it runs on after some seconds.
        """
        if self.returncode is None:
            if not select.select([self._line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            self.returncode = int(self._line.recv(_ANSWER))
            self._line.close()
            os.close(self._process)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class WarmCommand:
    """Runs the command line; its server ends with this process, or when it is closed."""

    def __init__(self) -> None:
        self._line, theirs = _pair()
        self._server = subprocess.Popen(
            [sys.executable, "-P", "-m", "dmod.testing.warm_command", str(theirs.fileno())],
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        theirs.close()

    def run(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path | None,
        variables: Mapping[str, str],
        timeout: float,
        file_limit: int | None = None,
        script: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run one command and wait for its end, as `subprocess.run` does.

        Parameters
        ----------
        file_limit : size that no file it writes may exceed [bytes]
        script : Python that is run instead of the command line, as by ``python -c``

        Raises
        ------
        subprocess.TimeoutExpired
            it took too long, and was killed.
        """
        with ThreadPoolExecutor(2) as readers:
            with ExitStack() as opened:
                # no files: what it says would count against the limit of one
                pipes = [os.pipe() for _ in range(2)]
                output, errors = (opened.enter_context(os.fdopen(sink, "wb")) for _, sink in pipes)
                read = [readers.submit(_read, source) for source, _ in pipes]
                process = self.start(
                    arguments, output, errors, cwd=cwd, variables=variables, file_limit=file_limit,
                    script=script,
                )  # fmt: skip
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
            said, wrong = (each.result() for each in read)
        return subprocess.CompletedProcess(list(arguments), code, said, wrong)

    def start(
        self,
        arguments: Sequence[str],
        output: BinaryIO,
        errors: BinaryIO,
        *,
        cwd: Path | None = None,
        variables: Mapping[str, str],
        file_limit: int | None = None,
        script: str = "",
    ) -> WarmProcess:
        """Start one command.

        Parameters
        ----------
        output, errors : files that it writes to
        variables : all that it has
        file_limit : size that no file it writes may exceed [bytes]
        script : Python that is run instead of the command line, as by ``python -c``
        """
        request = {
            "arguments": list(arguments), "cwd": str(cwd or Path.cwd()), "variables": dict(variables),
            "file_limit": file_limit, "script": script,
        }  # fmt: skip
        mine, theirs = _pair()
        with theirs:
            files = [output.fileno(), errors.fileno(), theirs.fileno()]
            socket.send_fds(self._line, [json.dumps(request).encode()], files)
        return WarmProcess(arguments, mine)

    def close(self) -> None:
        """End the server."""
        self._line.close()
        self._server.wait()


@cache
def warm_command() -> WarmCommand:
    """Return what runs commands, one for all tests of this process."""
    command = WarmCommand()
    atexit.register(command.close)
    return command


def start_dmod(
    arguments: Sequence[str | Path], output: BinaryIO, errors: BinaryIO, variables: Mapping[str, str]
) -> WarmProcess | subprocess.Popen[bytes]:
    """Start the command line: forked, but where variables have to be there when a process is started.

    Parameters
    ----------
    output, errors : files that it writes to
    variables : beside this process's own
    """
    words, environment = [str(argument) for argument in arguments], {**os.environ, **variables}
    if any(name.startswith(_OWN) for name in variables):
        command = [sys.executable, "-m", "dmod.cli.main", *words]
        return subprocess.Popen(command, stdout=output, stderr=errors, env=environment)
    return warm_command().start(words, output, errors, variables=environment)


def _read(source: int) -> str:
    with os.fdopen(source, encoding="utf-8", errors="replace", newline=None) as file:
        return file.read()


def _pair() -> tuple[socket.socket, socket.socket]:
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for one in pair:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            one.setsockopt(socket.SOL_SOCKET, option, REQUEST)
    return pair


def serve(line: socket.socket) -> None:
    """Fork a process for each request, and tell how each ended, until the other side is closed."""
    from typer.main import get_command

    _import(PRELOAD)
    command = import_module("dmod.cli.main")
    command.app = get_command(command.app)  # type: ignore[attr-defined]
    running: dict[int, tuple[int, socket.socket]] = {}
    while True:
        ready, _, _ = select.select([line.fileno(), *running], [], [])
        for ended in running.keys() & set(ready):
            _tell_end(ended, *running.pop(ended))
        if line.fileno() in ready:
            data, descriptors, _, _ = socket.recv_fds(line, REQUEST, 3)
            if not data:
                return
            request = json.loads(data)
            if SERVE in request["arguments"][:1]:
                _import(PRELOAD_SERVER)
            pid = os.fork()
            if pid == 0:
                for left in (line.fileno(), *running, *(one.fileno() for _, one in running.values())):
                    os.close(left)
                _be_command(request, descriptors)
            for descriptor in descriptors[:2]:
                os.close(descriptor)
            running[_tell_start(pid, descriptors[2])] = (pid, socket.socket(fileno=descriptors[2]))


@cache
def _import(names: tuple[str, ...]) -> None:
    """Import modules once; what is there stays shared with those that are forked."""
    for name in names:
        with suppress(ImportError):
            import_module(name)
    gc.collect()
    gc.freeze()


def _tell_start(pid: int, line: int) -> int:
    process = os.pidfd_open(pid)
    with socket.socket(fileno=os.dup(line)) as one, suppress(OSError):
        socket.send_fds(one, [str(pid).encode()], [process])
    return process


def _tell_end(process: int, pid: int, line: socket.socket) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(process)
    with line, suppress(OSError):
        line.send(str(os.waitstatus_to_exitcode(status)).encode())


def _be_command(request: Mapping[str, object], descriptors: Sequence[int]) -> NoReturn:
    """Be the process of a command, and end."""
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # that of a user's shell, whoever runs the tests
    os.close(descriptors[2])
    for number, descriptor in zip((1, 2), descriptors[:2], strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    # those that are there may have been of another kind: one of a file, and this is a pipe
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    if isinstance(limit := request["file_limit"], int):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(request["variables"])  # type: ignore[call-overload]
    code = 1
    try:
        _act(str(request["script"]), request["arguments"])  # type: ignore[arg-type]
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:  # noqa: BLE001  # boundary: what a command does not catch is seen as from a shell
        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code & 0xFF)


def _act(script: str, arguments: Sequence[str]) -> None:
    """Do what a process is for."""
    import dmod.cli.main as command

    sys.argv[:] = ["-c" if script else str(command.__file__), *arguments]
    if script:
        exec(compile(script, "<string>", "exec"), {"__name__": "__main__"})
    else:
        command.run()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as line:
        serve(line)
