"""What object stores answer, in dmod's errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from obstore import exceptions

from dmod.catalog.store.answers import TABLE
from dmod.catalog.store.opening import open_store
from dmod.catalog.store.port import Content, ObjectStore
from dmod.errors import DmodError, NotFoundError, NotPermitted, StoreError

KEYS = {"access_key_id": "key", "secret_access_key": "no-secret-to-tell", "retries": "1", "timeout": "2"}
CONTENT = Content("0" * 64, 10)


class Answering(BaseHTTPRequestHandler):
    """Answers everything with the status and the code that the server was told."""

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        status, code = self.server.answer  # type: ignore[attr-defined]
        body = f"<Error><Code>{code}</Code><Message>words</Message></Error>".encode() if code else b""
        self.server.count += 1  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - the names that the server looks for


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.count = 0  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def store_at(port: int) -> ObjectStore:
    return open_store("s3://bucket/prefix", {**KEYS, "endpoint": f"http://127.0.0.1:{port}"})


def acts(store: ObjectStore) -> dict[str, object]:
    return {
        "put": lambda: store.put("a", b"1"),
        "put if absent": lambda: store.put("a", b"1", if_absent=True),
        "get": lambda: store.get("a"),
        "list": lambda: list(store.list()),
        "delete": lambda: store.delete(["a"]),
        "holds": lambda: store.holds([CONTENT]),
        "list content": lambda: list(store.list_content()),
    }


def test_every_error_of_the_library_stands_in_the_table() -> None:
    classes = {name for name in dir(exceptions) if name.endswith("Error")}
    assert classes
    built_in = {"FileNotFoundError", "NotImplementedError"}
    assert classes | built_in == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_error_in_the_table_becomes_one_of_dmod(name: str) -> None:
    error = TABLE[name]("s3://bucket/key", "what the library says\n\nDebug source: its inside")
    assert isinstance(error, DmodError)
    assert "s3://bucket/key" in error.message
    assert "inside" not in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (500, "InternalError", StoreError, True),
        (503, "SlowDown", StoreError, True),
        (429, "TooManyRequests", StoreError, True),
        (400, "BadDigest", StoreError, False),
        (403, "SignatureDoesNotMatch", NotPermitted, False),
        (401, "", NotPermitted, False),
    ],
)
def test_answer_of_the_server_is_told(
    server: ThreadingHTTPServer, status: int, code: str, kind: type[DmodError], retryable: bool
) -> None:
    server.answer = (status, code)  # type: ignore[attr-defined]
    store = store_at(server.server_port)
    for name, act in acts(store).items():
        with pytest.raises(kind) as caught:
            act()  # type: ignore[operator]
        assert caught.value.retryable is retryable, name
        assert "s3://bucket/prefix" in str(caught.value), name
        assert "no-secret-to-tell" not in str(caught.value), name
        assert caught.value.__cause__ is not None, name


def test_server_that_fails_is_asked_again(server: ThreadingHTTPServer) -> None:
    server.answer = (503, "SlowDown")  # type: ignore[attr-defined]
    with pytest.raises(StoreError):
        store_at(server.server_port).get("a")
    assert server.count == 2  # type: ignore[attr-defined]


def test_bucket_that_is_not_there_is_named(server: ThreadingHTTPServer) -> None:
    server.answer = (404, "NoSuchBucket")  # type: ignore[attr-defined]
    store = store_at(server.server_port)
    for act in (lambda: store.put("a", b"1"), lambda: store.get("a"), lambda: list(store.list())):
        with pytest.raises(NotFoundError, match="no such bucket"):
            act()


def test_machine_without_credentials_is_told() -> None:
    said = "Error performing PUT http://169.254.169.254/latest/api/token: kind: Connect"
    error = TABLE["GenericError"]("s3://bucket/key", said)
    assert isinstance(error, NotPermitted)
    assert "no credentials" in error.message


def test_refused_connection_is_retryable(server: ThreadingHTTPServer) -> None:
    port = server.server_port
    server.shutdown()
    server.server_close()
    store = store_at(port)
    for name, act in acts(store).items():
        with pytest.raises(StoreError, match="refused") as caught:
            act()  # type: ignore[operator]
        assert caught.value.retryable, name
