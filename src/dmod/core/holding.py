"""Folders of work under way that one process holds at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dmod.core.atomic import remove, storing
from dmod.errors import ConflictError

LOCK = ".lock"
PAUSE = 0.05


@contextmanager
def held(folder: Path, doing: str, patience: float = 0.0) -> Iterator[None]:
    """Hold a folder for this thread alone; it is made if it is not there.

    Parameters
    ----------
    doing : what another process that holds it does, such as "derives this forcing"
    patience : for another that holds it to let it go [s]

    Raises
    ------
    ConflictError
        another process or thread holds it.
    StoreError
        it cannot be made.
    """
    lock = _locked(folder, doing, time.monotonic() + patience)
    try:
        yield
    finally:
        os.close(lock)


def clear(folder: Path) -> None:
    """Remove everything in a folder that is held, but not the lock."""
    with storing(folder):
        for entry in folder.iterdir():
            if entry.name != LOCK:
                remove(entry)


def _locked(folder: Path, doing: str, end: float) -> int:
    while True:
        with storing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            if time.monotonic() < end:
                time.sleep(PAUSE)
                continue
            raise ConflictError(
                f"{folder} is in use: another process {doing}", hint="wait for it, or name another output"
            ) from error
        if _is_same(lock, folder / LOCK):
            return lock
        os.close(lock)  # who held it has removed or renamed the folder meanwhile


def _is_same(descriptor: int, path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(descriptor), path.stat())
