"""How those who look after attempts tell executors that one has ended: by a named pipe for each executor.

Who misses it finds out a little later, for the process is gone.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Thread

FOLDER = "bells"
QUIT = b"\n"
LARGEST = 4096
"""Bytes that a pipe takes as a whole."""

_numbers = count()


class Bell:
    """The pipe of one executor, and a thread that listens.

    Parameters
    ----------
    root : folder of the executor
    on_ring : called with labels, in the thread that listens
    """

    def __init__(self, root: Path, on_ring: Callable[[list[str]], None]) -> None:
        folder = root / FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{os.getpid()}-{next(_numbers)}"
        hidden, self._path = folder / f".{name}", folder / name
        with suppress(FileNotFoundError):
            hidden.unlink()
        os.mkfifo(hidden, 0o600)
        # open for both, so that it does not end when nobody writes; visible only once somebody listens
        self._pipe = os.open(hidden, os.O_RDWR | os.O_CLOEXEC)
        hidden.replace(self._path)
        self._on_ring = on_ring
        self._thread = Thread(target=self._listen, name="dmod-executor-bell", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._path.unlink(missing_ok=True)
        os.write(self._pipe, QUIT)
        self._thread.join()
        os.close(self._pipe)

    def _listen(self) -> None:
        rest = b""
        while True:
            *lines, rest = (rest + os.read(self._pipe, 1 << 16)).split(b"\n")
            labels = [line.decode("utf-8", "surrogatepass") for line in lines if line]
            if labels:
                self._on_ring(labels)
            if len(labels) < len(lines):
                return


def ring(root: Path, label: str) -> None:
    """Tell all executors over a folder that an attempt has ended; those that are gone are forgotten."""
    message = label.encode("utf-8", "surrogatepass") + b"\n"
    if len(message) > LARGEST:
        return
    folder = f"{root}/{FOLDER}"
    with suppress(FileNotFoundError):
        for name in os.listdir(folder):  # noqa: PTH208 - quick
            if not name.startswith("."):
                _ring_one(f"{folder}/{name}", message)


def _ring_one(path: str, message: bytes) -> None:
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nobody listens: its process was killed
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - quick
        return
    try:
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(pipe, message)
    finally:
        os.close(pipe)
