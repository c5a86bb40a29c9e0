"""Backends: files, and a service on loopback that answers, refuses, redirects and goes wrong."""

import hashlib
import ipaddress
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import BackendError, InputError, StoreError
from dmod.evaluation.specification.backend import Backend
from dmod.services.evaluation import backends
from dmod.services.evaluation.backends import Content, Reach
from dmod.services.evaluation.resolving import FolderResolver
from dmod.services.outgoing import Outgoing


@dataclass
class Service:
    """What the service answers, and what it was asked."""

    address: str
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    failures: int = 0
    status: int = 503
    released: threading.Event = field(default_factory=threading.Event)


@pytest.fixture(scope="module")
def running() -> Iterator[Service]:
    service = Service("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append((self.path, dict(self.headers)))
            if service.failures > 0:
                service.failures -= 1
                self._answer(service.status, b"")
            elif self.path.startswith("/moved"):
                self._answer(302, b"", Location="/data?moved=yes")
            elif self.path.startswith("/away"):
                self._answer(302, b"", Location=service.address.replace("127.0.0.1", "localhost") + "/data")
            elif self.path.startswith("/round"):
                self._answer(302, b"", Location="/round")
            elif self.path.startswith("/metadata"):
                self._answer(302, b"", Location="http://169.254.169.254/latest")
            elif self.path.startswith("/slow"):
                service.released.wait(30)
                self._answer(200, b"{}")
            elif self.path.startswith("/large"):
                self._answer(200, b"x" * 5000)
            else:
                self._answer(200, b'{"a": 1}')

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Who asked has gone away."""

    server = Server(("127.0.0.1", 0), Handler)
    service.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield service
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def service(running: Service) -> Service:
    running.asked.clear()
    running.failures, running.status = 0, 503
    return running


def rest(address: str, **keys: Any) -> Backend:
    return Backend.model_validate({"backend_type": "rest", "format": "json", "address": address, **keys})


def reach(folder: Path = Path(), *, waited: list[float] | None = None, **keys: Any) -> Reach:
    pauses = [] if waited is None else waited
    return Reach(FolderResolver(folder), sleep=pauses.append, **keys)


def test_service_is_asked_with_parameters_and_headers(service: Service) -> None:
    backend = rest(
        f"{service.address}/data?a=1",
        params={"sites": "1,2", "startDT": "2022-12-01T00:00%2b0000", "b": ["x", "y"]},
        headers={"X-Key": "k"},
    )
    (content,) = reach().contents(backend, "observations[0].backend")
    assert content.read() == b'{"a": 1}'
    assert content.sha256() == hashlib.sha256(b'{"a": 1}').hexdigest()
    assert content.name == "data"
    path, headers = service.asked[0]
    assert path == "/data?a=1&sites=1,2&startDT=2022-12-01T00:00%2b0000&b=x&b=y"
    assert headers["X-Key"] == "k"


def test_failure_that_can_pass_is_tried_again_with_pauses(service: Service) -> None:
    service.failures = 2
    waited: list[float] = []
    (content,) = reach(waited=waited).contents(rest(f"{service.address}/data"), "p")
    assert content.read() == b'{"a": 1}'
    assert waited == list(backends.PAUSES)


def test_failure_that_lasts_is_told_with_its_place(service: Service) -> None:
    service.failures = 3
    with pytest.raises(BackendError, match=r"observations\[0\].backend: 127.0.0.1 answered 503") as caught:
        reach().contents(rest(f"{service.address}/data"), "observations[0].backend")
    assert caught.value.retryable


def test_refusal_is_not_tried_again(service: Service) -> None:
    service.failures, service.status = 1, 404
    with pytest.raises(BackendError, match="answered 404"):
        reach().contents(rest(f"{service.address}/data"), "p")
    assert len(service.asked) == 1


def test_answer_that_leads_elsewhere_is_followed(service: Service) -> None:
    (content,) = reach().contents(rest(f"{service.address}/moved", headers={"X-Key": "k"}), "p")
    assert content.read() == b'{"a": 1}'
    assert [path for path, _ in service.asked] == ["/moved", "/data?moved=yes"]
    assert service.asked[1][1]["X-Key"] == "k"


def test_headers_are_not_sent_to_another_host(service: Service) -> None:
    reach().contents(rest(f"{service.address}/away", headers={"X-Key": "k"}), "p")
    assert [headers.get("X-Key") for _, headers in service.asked] == ["k", None]


def test_answers_in_a_circle_end(service: Service) -> None:
    with pytest.raises(BackendError, match="answered 302"):
        reach().contents(rest(f"{service.address}/round"), "p")
    assert len(service.asked) == backends.REDIRECTS + 1


def test_answer_that_is_too_large_is_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "LARGEST_ANSWER", 4000)
    with pytest.raises(InputError, match="more than 4,000 bytes"):
        reach().contents(rest(f"{service.address}/large"), "p")


def test_sender_of_a_server_refuses_machines_behind_its_walls(service: Service) -> None:
    with pytest.raises(InputError, match="not a public address"):
        reach(outgoing=Outgoing()).contents(rest(f"{service.address}/data"), "p")
    assert service.asked == []


def test_answer_does_not_lead_behind_walls(service: Service) -> None:
    outgoing = Outgoing((ipaddress.ip_network("127.0.0.0/8"),))
    with pytest.raises(InputError, match=r"169\.254\.169\.254 is not a public address"):
        reach(outgoing=outgoing).contents(rest(f"{service.address}/metadata"), "p")
    assert len(service.asked) == 1


def test_service_that_does_not_answer_in_time_is_given_up(service: Service) -> None:
    try:
        with pytest.raises(BackendError, match="does not answer") as caught:
            reach().contents(rest(f"{service.address}/slow", timeout=0.05), "p")
    finally:
        service.released.set()
    assert caught.value.retryable
    assert len(service.asked) == 3


def test_files_are_found_and_read_when_asked(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    backend = Backend.model_validate({"backend_type": "File", "format": "JSON", "address": "*.json"})
    (content,) = reach(tmp_path).contents(backend, "p")
    assert (content.name, content.read()) == ("a.json", b"{}")
    assert content.sha256() == hashlib.sha256(b"{}").hexdigest()


def test_file_that_vanished_or_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    content = Content(str(path), path)
    for act in (content.read, content.sha256):
        with pytest.raises(StoreError, match="cannot be read"):
            act()
    path.write_text("{}")
    monkeypatch.setattr(backends, "LARGEST_DOCUMENT", 1)
    with pytest.raises(InputError, match="larger than"):
        content.read()
