"""A store's own disk: what it says when it cannot be written, and how it is made to hold what was written."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from dmod.core.atomic import storing, sync
from dmod.errors import StoreError

FEW = 16  # up to so many files are synced one by one; more, and the whole file system at once
_WRITE_OUT = 2  # SYNC_FILE_RANGE_WRITE: begin to write, do not wait


@contextmanager
def written(path: Path, *, needed: int = 0) -> Iterator[None]:
    """Turn the system's errors into a `StoreError`, retryable where the disk is full.

    Parameters
    ----------
    needed : bytes that will be written, as far as known
    """
    try:
        with storing(path, needed=needed):
            yield
    except StoreError as error:
        if not isinstance(error.__cause__, OSError):
            raise  # another part's own words
        hint = "free some space on the store's disk, then try again" if error.retryable else "check the disk"
        raise StoreError(error.message, hint=hint, retryable=error.retryable) from error.__cause__


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn the system's errors into a `StoreError`; that it is not there stays the system's.

    Raises
    ------
    StoreError
        it cannot be read.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(
            f"{path} cannot be read: {reason}", hint="check its permissions, and the disk"
        ) from error


def sync_files(files: Iterable[str | Path], root: Path) -> None:
    """Wait until files are on the disk, whole: a few one by one, many by syncing their file system once."""
    names = list(files)
    if len(names) > FEW:
        sync_file_system(root)
    else:
        for name in names:
            sync(Path(name))


def sync_file_system(folder: Path) -> None:
    """Wait until everything that was written to the file system of a folder is on the disk.

    Raises
    ------
    OSError
        the disk failed to take it.
    """
    call = _system_call("syncfs")
    if call is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if call(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)


def begin_writing(descriptor: int, start: int, size: int) -> None:
    """Let the disk begin with bytes just written, so that less is left to wait for; only a wish."""
    call = _system_call("sync_file_range")
    if call is not None:
        call(descriptor, ctypes.c_int64(start), ctypes.c_int64(size), _WRITE_OUT)


_LOADING = threading.Lock()


@cache
def _system_call(name: str) -> Any:
    with _LOADING:
        return getattr(ctypes.CDLL(None, use_errno=True), name, None)
