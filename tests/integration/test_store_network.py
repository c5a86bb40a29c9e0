"""Object stores behind a network that breaks: answers that are lost, a port that closes in an upload."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest

from dmod.catalog.store.opening import open_store
from dmod.catalog.store.remote import RemoteStore
from dmod.errors import AlreadyExists, StoreError
from dmod.testing.ceph import CephServer
from dmod.testing.store_suite import bytes_of

PART = 256 * 1024
NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Network(ThreadingHTTPServer):
    """What lies between a client and the server; counts what is put, and breaks where it is told to.

    Parameters
    ----------
    server_port_behind : of the server
    """

    daemon_threads = True

    def __init__(self, server_port_behind: int) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.behind = server_port_behind
        self.lock = threading.Lock()
        self.put: list[str] = []
        self.lost_answers = 0
        """How many answers to what is put are lost from now on."""
        self.lets_pass = 1 << 30
        """How many more requests reach the server."""


class Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Network

    def log_message(self, *args: object) -> None:
        pass

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            passes = self.server.lets_pass > 0
            self.server.lets_pass -= 1
        self.close_connection = True
        if not passes:
            return
        behind = HTTPConnection("127.0.0.1", self.server.behind, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        behind.request(self.command, self.path, body, headers)
        answer = behind.getresponse()
        data = answer.read()
        behind.close()
        with self.server.lock:
            if self.command == "PUT" and answer.status == 200:
                self.server.put.append(self.path)
            lost = self.command == "PUT" and self.server.lost_answers > 0
            self.server.lost_answers -= lost
        if lost:
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in NOT_PASSED_ON:
                self.send_header(name, value)
        length = answer.getheader("Content-Length", "0") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = pass_on  # noqa: N815 - the names that are looked for


@pytest.fixture
def network(s3_server: CephServer) -> Iterator[Network]:
    with Network(s3_server.port) as network:
        thread = threading.Thread(target=network.serve_forever, args=(0.01,))
        thread.start()
        yield network
        network.shutdown()
        thread.join()


@pytest.fixture
def store(s3_server: CephServer, network: Network) -> RemoteStore:
    address = s3_server.make_bucket(f"network-{uuid4().hex}")
    options = {
        **s3_server.options,
        "endpoint": f"http://127.0.0.1:{network.server_port}",
        "part_size": str(PART),
        "retries": "1",
        "timeout": "10",
    }
    store = open_store(address, options)
    assert isinstance(store, RemoteStore)
    return store


def test_put_whose_answer_was_lost_knows_that_it_won(network: Network, store: RemoteStore) -> None:
    network.lost_answers = 1
    store.put("datasets/a/1.json", b"mine", if_absent=True)
    assert network.lost_answers == 0
    assert store.get("datasets/a/1.json") == b"mine"


def test_put_that_lost_is_not_taken_for_one_that_won(network: Network, store: RemoteStore) -> None:
    store.put("datasets/a/1.json", b"the same", if_absent=True)
    for lost in (0, 1):
        network.lost_answers = lost
        with pytest.raises((AlreadyExists, StoreError)):
            store.put("datasets/a/1.json", b"the same", if_absent=True)
    network.lost_answers = 0
    store.put("datasets/a/1.json", b"written over")
    with pytest.raises(AlreadyExists):
        store.put("datasets/a/1.json", b"the same", if_absent=True)


def test_upload_into_a_port_that_closes_sends_only_what_is_missing_afterwards(
    network: Network, store: RemoteStore, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes_of(40 * PART))
    network.lets_pass = 12
    with store.ingest("first") as ingest:
        content = ingest.take([file])[0]
        with pytest.raises(StoreError) as caught:
            ingest.publish()
    assert caught.value.retryable
    network.lets_pass = 1 << 30
    assert store.holds([content]) == set()
    first = set(network.put)
    assert 0 < len(first) < 12
    network.put.clear()
    with store.ingest("second") as ingest:
        ingest.take([file])
        ingest.publish()
    assert not first & set(network.put)
    assert len(network.put) == 40 - len(first)
    assert store.holds([content]) == {content.sha256}
    store.fetch(content, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == file.read_bytes()


def test_small_files_into_a_port_that_closes_are_all_there_afterwards(
    network: Network, store: RemoteStore, tmp_path: Path
) -> None:
    files = [tmp_path / str(number) for number in range(100)]
    for number, path in enumerate(files):
        path.write_bytes(bytes_of(500, number))
    network.lets_pass = 30
    with store.ingest("upload") as ingest:
        contents = ingest.take(files)
        with pytest.raises(StoreError) as caught:
            ingest.publish()
        assert caught.value.retryable
        network.lets_pass = 1 << 30
        assert 0 < len(store.holds(contents)) < 100
        ingest.publish()
    assert store.holds(contents) == {content.sha256 for content in contents}
    assert len(set(network.put)) == len(network.put) == 100


def test_download_from_a_port_that_closes_goes_on(
    network: Network, store: RemoteStore, tmp_path: Path
) -> None:
    data = bytes_of(160 * PART)  # forty MiB: several requests of the download
    with store.ingest("upload") as ingest:
        content = ingest.take_bytes(data)
        ingest.publish()
    network.lets_pass = 60
    with pytest.raises(StoreError) as caught:
        store.fetch(content, tmp_path / "target")
    assert caught.value.retryable
    assert not (tmp_path / "target").exists()
    network.lets_pass = 1 << 30
    store.fetch(content, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
