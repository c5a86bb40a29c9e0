"""Something done again and again in the background while a block runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from dmod.errors import DmodError


@contextmanager
def beating(beat: Callable[[], object], every: timedelta) -> Iterator[None]:
    """Call ``beat`` every so often from a thread while the block runs.

    A beat that fails is tried again at the next: whoever depends on it has a lease of several beats.
    """
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every.total_seconds()):
            try:
                beat()
            except DmodError:
                continue

    thread = threading.Thread(target=run, name="dmod-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
