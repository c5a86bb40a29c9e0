"""The command line in processes that are forked from one which has imported it: each as new, and at once.

A test that runs ``dmod`` many times otherwise waits for its imports each time. Every command, and every
server, is a process of its own, with its own arguments, variables, folder and streams, as from a shell; only
what modules hold when they have been imported is there already.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from dmod.testing.warm_server import REQUEST

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
            [sys.executable, "-P", "-m", "dmod.testing.warm_server", str(theirs.fileno())],
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
