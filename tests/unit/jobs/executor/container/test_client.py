"""A client of an engine that does not answer."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dmod.errors import BackendError
from dmod.jobs.executor.container.client import asking, open_client
from dmod.jobs.executor.swarm.settings import SwarmSettings

pytest.importorskip("docker")


def _nobody(path: Path) -> None:
    """Leave nothing where the socket should be."""


def _gone(path: Path) -> None:
    """Leave the socket of a server that has ended."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(path))


def _file(path: Path) -> None:
    """Leave a file of another kind."""
    path.write_bytes(b"")


@pytest.mark.parametrize("leave", [_nobody, _gone, _file])
def test_client_of_an_engine_that_is_away_leaves_no_socket_open(
    tmp_path: Path, leave: Callable[[Path], None]
) -> None:
    path = tmp_path / "engine.sock"
    leave(path)
    address = f"unix://{path}"
    client = open_client(SwarmSettings("image", address=address, timeout=2.0))

    for _ in range(3):
        with pytest.raises(BackendError, match="gives no answer"), asking(address):
            client.ping()
    client.close()
    del client

    # pytest makes an error of what the collector finds open
    gc.collect()


def test_client_of_an_engine_that_listens_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    address = f"unix://{path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        client = open_client(SwarmSettings("image", address=address, timeout=20.0))

        def answer() -> bytes:
            line, _ = listening.accept()
            with line:
                asked = line.recv(1 << 12)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
            return asked

        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(answer)
            with asking(address):
                assert client.ping() is True
        client.close()
    assert answered.result().startswith(b"GET /v1.41/_ping HTTP/1.1\r\n")
    gc.collect()
