"""Starting supervisors: an executor's end of the line to its launcher, which is started again if it ends."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from dmod.errors import SubmitError
from dmod.jobs.executor.local.confinement import kept_variables
from dmod.jobs.executor.local.orphans import MARK

LAUNCHER_MODULE = "dmod.jobs.executor.local.launcher"
LOG = "launcher.log"
LOG_LIMIT = 1 << 20
MESSAGE = 1 << 16
TRIES = 3
_ALONE = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Numerical libraries would start threads when they are loaded, and what has threads cannot be forked."""
PATIENCE = 20.0
"""For an answer of the launcher [s]: a machine that is short of memory takes its time."""


class _Gone(Exception):  # noqa: N818 - not an error of anybody's
    """The launcher ended before it answered."""


class Launching:
    """The launcher of one executor; it is started when it is first needed.

    Parameters
    ----------
    root : folder of the executor
    modules : imported once for all attempts
    """

    def __init__(self, root: Path, modules: tuple[str, ...]) -> None:
        self._root = root
        self._modules = modules
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._numbers = count()
        self._reader: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the number of the launcher's process, if there is one."""
        return self._process.pid if self._process is not None else None

    def launch(self, folder: str) -> None:
        """Have a supervisor started for an attempt; it is there, or was there before, on return.

        Raises
        ------
        SubmitError
            it was refused, and nothing was started; retryable.
        TimeoutError
            there is no answer: it may be started or not.
        """
        for _ in range(TRIES):
            try:
                answer = self._ask(folder).result(PATIENCE)
            except _Gone:
                continue  # whether it had started one decides the attempt's folder, if it is asked again
            except TimeoutError:
                if self._process is not None:
                    self._process.kill()  # the next attempt gets another one
                raise
            if "refused" in answer:
                raise SubmitError(
                    f"the attempt could not be started: {answer['refused']}",
                    hint="see what this machine is short of",
                    retryable=True,
                )
            return
        raise SubmitError(
            f"the launcher ended {TRIES} times before it started the attempt",
            hint=f"{self._root / LOG} may say why",
            retryable=True,
        )

    def close(self) -> None:
        """Let the launcher end; what it started goes on."""
        with self._lock:
            line, self._line = self._line, None
            if line is not None:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
        if self._reader is not None:
            self._reader.join()

    def _ask(self, folder: str) -> Future[dict[str, Any]]:
        answer: Future[dict[str, Any]] = Future()
        with self._lock:
            line = self._line or self._start()
            number = next(self._numbers)
            self._waiting[number] = answer
            try:
                line.send(json.dumps({"number": number, "folder": folder}).encode())
            except OSError:
                self._line = None
                del self._waiting[number]
                answer.set_exception(_Gone())
        return answer

    def _start(self) -> socket.socket:
        """Start a launcher, with nothing of this process's environment that it does not need."""
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # one that takes nothing is as good as gone
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(PATIENCE), 0))
        command = [
            sys.executable, "-P", "-m", LAUNCHER_MODULE, str(self._root), str(its.fileno()), *self._modules,
        ]  # fmt: skip
        try:
            with its, self._open_log() as log:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**kept_variables(os.environ), **_ALONE, MARK: str(self._root)},
                    cwd=self._root,
                    pass_fds=(its.fileno(),),
                    start_new_session=True,
                )
        except OSError as error:
            mine.close()
            raise SubmitError(
                f"the launcher of attempts cannot be started: {error}", retryable=True
            ) from error
        self._process, self._line = process, mine
        self._reader = threading.Thread(
            target=self._read, args=(mine, process), name="dmod-executor-launcher", daemon=True
        )
        self._reader.start()
        return mine

    def _open_log(self) -> Any:
        path = self._root / LOG
        is_long = path.exists() and path.stat().st_size > LOG_LIMIT
        return path.open("wb" if is_long else "ab")

    def _read(self, line: socket.socket, process: subprocess.Popen[bytes]) -> None:
        """Hand answers to those who wait for them until the launcher is gone."""
        while True:
            try:
                message = line.recv(MESSAGE)
            except OSError:
                message = b""
            if not message:
                break
            answer = json.loads(message)
            waiting = self._waiting.pop(answer["number"], None)
            if waiting is not None:
                waiting.set_result(answer)
        with self._lock:
            if self._line is line:
                self._line = None
            line.close()
            gone, self._waiting = self._waiting, {}
        # supervisors that have not answered hold its end of the line, so it was the last of them that went
        process.wait()
        for answer_of in gone.values():
            answer_of.set_exception(_Gone())
