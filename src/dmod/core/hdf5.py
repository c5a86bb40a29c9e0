"""One lock for every call into the HDF5 library, which must not be entered by two threads at once.

Reading an attribute is such a call, and so is closing a file: also when a file that nobody closed is
found by the collector of garbage, in whatever thread and at whatever moment that happens to run. What
it finds while a file is being opened or read is closed when the lock is given back.

Handles on one file share what the library (2.2.0) has read of it. Once the handle that read a variable
of strings is closed, opening the file again while a later handle is still open can crash: close what is
opened, always, and do not leave it to the collector.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any


class Hdf5Lock:
    """A lock that its thread may take again, and that closes dropped files when it is given back."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._dropped: deque[Any] = deque()

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._depth == 1 and self._dropped:
            _close(self._dropped.popleft())
        self._depth -= 1
        self._lock.release()

    def drop(self, dataset: Any) -> None:
        """Close a file that nobody refers to any more, as soon as nothing else is under way."""
        with self:
            self._dropped.append(dataset)


HDF5_LOCK = Hdf5Lock()


def close_with(owner: object, dataset: Any) -> Callable[[], None]:
    """Return what closes ``dataset`` under the lock; it is closed by itself when ``owner`` goes unclosed."""
    finalizer = weakref.finalize(owner, HDF5_LOCK.drop, dataset)

    def close() -> None:
        if finalizer.detach() is not None:
            with HDF5_LOCK:
                _close(dataset)

    return close


def _close(dataset: Any) -> None:
    with suppress(RuntimeError):  # a full disk: what could not be flushed is given up
        if dataset.isopen():
            dataset.close()
