"""Jobs that a controller brings on, and addresses that hear what they are told."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dmod.testing.acting import Acting
from dmod.testing.gateway import Gateway


@pytest.fixture
def acting(quick: Gateway, tmp_path: Path) -> Acting:
    """Return a controller over the jobs of the gateway."""
    return Acting(quick, tmp_path)


@dataclass
class Hearer:
    """An address that keeps what it is told.

    Parameters
    ----------
    statuses : that the next answers have; 200 when there are no more
    """

    url: str
    heard: queue.Queue[tuple[str, Any]] = field(default_factory=queue.Queue)
    statuses: list[int] = field(default_factory=list)

    def next(self) -> tuple[str, Any]:
        """Return path and document of the next request."""
        return self.heard.get(timeout=30)


@pytest.fixture
def hearer() -> Iterator[Hearer]:
    """Return an address on the loopback interface that hears."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.statuses.pop(0) if found.statuses else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            found.heard.put((self.path, json.loads(body)))

        def do_GET(self) -> None:
            body = b'{"basin": "logan"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            found.heard.put((self.path, None))

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Hearer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
