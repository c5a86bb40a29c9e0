"""One lock for every call into the HDF5 library, which must not be entered by two threads at once.

Reading an attribute is such a call, and so is closing a file: also when a file that nobody closed is
found by the collector of garbage, in whatever thread that happens to run.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

HDF5_LOCK = threading.RLock()


def close_with(owner: object, dataset: Any) -> Callable[[], None]:
    """Return what closes ``dataset`` under the lock; it is called by itself when ``owner`` goes unclosed."""
    finalizer = weakref.finalize(owner, _close, dataset)

    def close() -> None:
        finalizer()

    return close


def _close(dataset: Any) -> None:
    with HDF5_LOCK, suppress(RuntimeError):  # a full disk: what could not be flushed is given up
        if dataset.isopen():
            dataset.close()
