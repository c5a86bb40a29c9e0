"""Folders of work under way that one process holds at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dmod.core.atomic import remove, storing
from dmod.errors import ConflictError

LOCK = ".lock"


@contextmanager
def held(folder: Path, doing: str) -> Iterator[None]:
    """Hold a folder for this process alone; it is made if it is not there.

    Parameters
    ----------
    doing : what another process that holds it does, such as "derives this forcing"

    Raises
    ------
    ConflictError
        another process holds it.
    StoreError
        it cannot be made.
    """
    lock = _locked(folder, doing)
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


def _locked(folder: Path, doing: str) -> int:
    while True:
        with storing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise ConflictError(
                f"{folder} is in use: another process {doing}", hint="wait for it, or name another output"
            ) from error
        if _is_same(lock, folder / LOCK):
            return lock
        os.close(lock)  # who held it has removed or renamed the folder meanwhile


def _is_same(descriptor: int, path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(descriptor), path.stat())
