"""The command line in processes that are forked from one which has imported it: each as new, and at once.

A test that runs ``dmod`` many times otherwise waits for its imports each time. Every command is a process of
its own, with its own arguments, variables, folder and streams, as from a shell; only what modules hold when
they have been imported is there already.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

PRELOAD = (
    "dmod.cli.main", "dmod.catalog.index.sql", "dmod.services.data.service", "dmod.services.run",
    "dmod.services.check", "dmod.services.prepare", "dmod.services.subset", "dmod.services.configure",
    "dmod.services.partition", "dmod.services.forcing_request", "dmod.services.data.crate",
    "dmod.app.wiring", "dmod.catalog.index.migrating", "dmod.catalog.store.folder",
    "dmod.catalog.store.folder_ingest", "dmod.database.opening", "typer._adapters", "numba", "netCDF4",
    "xarray", "shapely", "pyproj", "scipy.sparse", "rich.console", "rich.table", "rich.progress",
)  # fmt: skip
"""Modules that commands want; one that is not there is passed over. None of them may start a thread."""
REQUEST = 1 << 20


class WarmCommand:
    """Runs the command line; its server ends with this process, or when it is closed."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for one in (self._line, theirs):
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                one.setsockopt(socket.SOL_SOCKET, option, REQUEST)
        self._server = subprocess.Popen(
            [sys.executable, "-P", "-m", "dmod.testing.warm_command", str(theirs.fileno())],
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        theirs.close()

    def run(
        self, arguments: Sequence[str], *, cwd: Path | None, variables: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run one command and wait for its end, as `subprocess.run` does.

        Raises
        ------
        subprocess.TimeoutExpired
            it took too long, and was killed.
        """
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            request = {
                "arguments": list(arguments),
                "cwd": str(cwd or Path.cwd()),
                "variables": dict(variables),
            }
            socket.send_fds(self._line, [json.dumps(request).encode()], [output.fileno(), errors.fileno()])
            pid = int(self._line.recv(64))
            self._line.settimeout(timeout)
            try:
                code = int(self._line.recv(64))
            except TimeoutError:
                os.kill(pid, 9)
                self._line.settimeout(None)
                self._line.recv(64)
                raise subprocess.TimeoutExpired(list(arguments), timeout) from None
            finally:
                self._line.settimeout(None)
            for file in (output, errors):
                file.seek(0)
            said, wrong = (file.read().decode("utf-8", "replace") for file in (output, errors))
        return subprocess.CompletedProcess(list(arguments), code, said, wrong)

    def close(self) -> None:
        """End the server."""
        self._line.close()
        self._server.wait()


def serve(line: socket.socket) -> None:
    """Fork a process for each request, until the other side is closed."""
    from importlib import import_module

    from typer.main import get_command

    for name in PRELOAD:
        with suppress(ImportError):
            import_module(name)
    command = import_module("dmod.cli.main")
    command.app = get_command(command.app)  # type: ignore[attr-defined]
    while True:
        data, descriptors, _, _ = socket.recv_fds(line, REQUEST, 2)
        if not data:
            return
        pid = os.fork()
        if pid == 0:
            line.close()
            _be_command(json.loads(data), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        line.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        line.send(str(os.waitstatus_to_exitcode(status)).encode())


def _be_command(request: Mapping[str, object], descriptors: Sequence[int]) -> NoReturn:
    """Be the process of a command, and end."""
    import dmod.cli.main as command

    os.setsid()
    for number, descriptor in zip((1, 2), descriptors, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(request["variables"])  # type: ignore[call-overload]
    sys.argv[:] = [str(command.__file__), *request["arguments"]]  # type: ignore[misc]
    code = 1
    try:
        command.run()
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


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as line:
        serve(line)
