"""Connections to the socket of an engine that leave nothing open where nobody listens.

Docker's own client makes a socket, and forgets it if connecting fails: a server whose engine is away would
hold one more with every look until the garbage collector comes by.
"""

from __future__ import annotations

import socket
from typing import Any

from docker.transport.unixconn import (  # type: ignore[import-untyped]
    UnixHTTPAdapter,
    UnixHTTPConnection,
    UnixHTTPConnectionPool,
)

SCHEME = "http+docker://"
"""Of what Docker's client asks over a socket."""


class _Connection(UnixHTTPConnection):  # type: ignore[misc]
    def connect(self) -> None:
        """Connect; what was opened for it is closed if that fails."""
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.settimeout(self.timeout)
            opened.connect(self.unix_socket)
        except OSError:
            opened.close()
            raise
        self.sock = opened


class _Pool(UnixHTTPConnectionPool):  # type: ignore[misc]
    def _new_conn(self) -> _Connection:
        return _Connection(self.base_url, self.socket_path, self.timeout)


class SocketAdapter(UnixHTTPAdapter):  # type: ignore[misc]
    """Asks an engine over its socket."""

    def get_connection(self, url: str, proxies: Any = None) -> _Pool:
        """Return the connections for an address."""
        with self.pools.lock:
            pool: _Pool | None = self.pools.get(url)
            if pool is None:
                pool = _Pool(url, self.socket_path, self.timeout, maxsize=self.max_pool_size)
                self.pools[url] = pool
        return pool


def mount_adapter(client: Any) -> None:
    """Have a client ask by a `SocketAdapter`, if it asks over a socket."""
    asked = client.adapters.get(SCHEME)
    if isinstance(asked, UnixHTTPAdapter):
        mounted = SocketAdapter(asked.socket_path, asked.timeout, max_pool_size=asked.max_pool_size)
        client.mount(SCHEME, mounted)
