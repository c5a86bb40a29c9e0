"""Telling other processes of a server that something has changed, through Redis."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dmod.errors import MissingExtra

if TYPE_CHECKING:
    from redis import Redis

STREAM = "dmod:changes"
KEPT = 1000
"""Entries that the stream holds: none says anything but *look*, so an old one is of no use."""
PAUSE = 1.0
"""Seconds until a server that is away is tried again."""

log = logging.getLogger("dmod.events")


class RedisMessenger:
    """Says *look* through a stream of Redis; a server that is away costs nobody more than a later look.

    Parameters
    ----------
    address : ``redis://host:port/number`` or ``unix:///path``
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._waiting: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []
        self._start("tell", self._tell)

    def send(self) -> None:
        """Say that something has changed."""
        if self._waiting.empty():
            self._waiting.put(True)

    def listen(self, heard: Callable[[], None]) -> None:
        """Call whenever another process says so."""
        self._start("listen", lambda: self._listen(heard))

    def close(self) -> None:
        """Stop."""
        self._closed.set()
        self._waiting.put(False)
        for thread in self._threads:
            thread.join(3.0)

    def _start(self, name: str, act: Callable[[], None]) -> None:
        thread = threading.Thread(target=act, name=f"redis-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _connect(self) -> Redis:
        from redis import Redis

        return Redis.from_url(
            self._address, socket_timeout=5.0, socket_connect_timeout=2.0, health_check_interval=15
        )

    def _tell(self) -> None:
        from redis import RedisError

        connection = self._connect()
        while self._waiting.get():
            try:
                connection.xadd(STREAM, {"look": "1"}, maxlen=KEPT, approximate=True)
            except RedisError as error:
                log.warning("the messenger cannot be reached, followers look on their own: %s", error)
                self._closed.wait(PAUSE)
        connection.close()

    def _listen(self, heard: Callable[[], None]) -> None:
        from redis import RedisError

        connection, last = self._connect(), "$"
        while not self._closed.is_set():
            try:
                found: Any = connection.xread({STREAM: last}, count=KEPT, block=1000)
            except RedisError:
                heard()  # whatever was said meanwhile is found by looking
                self._closed.wait(PAUSE)
                last = "$"
                continue
            if found:
                last = found[0][1][-1][0]
                heard()
        connection.close()


def open_messenger(address: str) -> RedisMessenger | None:
    """Return what tells other processes; None where no address is given.

    Raises
    ------
    MissingExtra
        the client of Redis is not installed.
    """
    if not address:
        return None
    try:
        import redis  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "events among several processes need Redis's client", hint='pip install "dmod[redis]"'
        ) from error
    return RedisMessenger(address)
