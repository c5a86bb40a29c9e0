"""What is sent again and what is not, against a server that misbehaves as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dmod.client.blocking import Client
from dmod.errors import BackendError, InputError, JobNotFound, NotFoundError, QuotaExceeded

JOB = {"id": "1kqg8d3m0x4v7tza", "state": "created", "kind": "probe"}


@dataclass
class Answers:
    """What a server answers, one after the other; a status of 0 cuts the connection."""

    given: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def add(self, status: int, body: object = None, **headers: str) -> None:
        """Add an answer."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.given.append((status, {n.replace("_", "-"): v for n, v in headers.items()}, content))


@pytest.fixture
def answers() -> Iterator[Answers]:
    """Return what a server on the loopback address answers."""
    found = Answers()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.asked.append((self.command, self.path, dict(self.headers.items())))
            status, headers, body = found.given.pop(0)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def client(answers: Answers) -> Iterator[Client]:
    """Return a client with a token."""
    with Client(answers.url, "dmod_s3cret", patience=5.0) as found:
        yield found


def test_submission_is_sent_again_with_the_same_key(answers: Answers, client: Client) -> None:
    answers.add(0)
    answers.add(503, {"detail": "busy", "retryable": True}, Retry_After="0")
    answers.add(201, JOB)
    assert client.submit({"kind": "probe"}).id == JOB["id"]
    keys = [headers["Idempotency-Key"] for _, _, headers in answers.asked]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_submissions_have_keys_of_their_own(answers: Answers, client: Client) -> None:
    answers.add(201, JOB)
    answers.add(201, JOB)
    client.submit({"kind": "probe"})
    client.submit({"kind": "probe"})
    assert len({headers["Idempotency-Key"] for _, _, headers in answers.asked}) == 2


@pytest.mark.parametrize("answer", [0, 502, 503])
def test_what_could_be_done_twice_is_sent_once(answers: Answers, client: Client, answer: int) -> None:
    answers.add(answer, {"detail": "away", "retryable": True})
    with pytest.raises(BackendError) as caught:
        client.create_user("anna")
    assert caught.value.retryable
    assert len(answers.asked) == 1


def test_too_many_requests_wait_as_long_as_is_said(answers: Answers, client: Client) -> None:
    answers.add(429, {"detail": "slow down"}, Retry_After="0")
    answers.add(201, {"name": "anna", "role": "user"})
    assert client.create_user("anna")["name"] == "anna"


def test_quota_that_is_used_up_is_not_asked_again(answers: Answers, client: Client) -> None:
    answers.add(429, {"type": "urn:dmod:problem:QuotaExceeded", "detail": "enough", "hint": "h"})
    with pytest.raises(QuotaExceeded, match="enough"):
        client.nodes()
    assert len(answers.asked) == 1


def test_patience_ends(answers: Answers) -> None:
    answers.add(503, {"detail": "busy", "retryable": True}, Retry_After="3600")
    with (
        Client(answers.url, "dmod_s3cret", patience=5.0) as client,
        pytest.raises(BackendError, match="busy"),
    ):
        client.nodes()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"type": "urn:dmod:problem:JobNotFound", "detail": "no job"}, JobNotFound),
        (404, {"type": "urn:dmod:problem:job-not-found", "detail": "no job"}, JobNotFound),
        (404, {"type": "urn:dmod:problem:NotFound", "detail": "nothing there"}, NotFoundError),
        (413, {"type": "urn:dmod:problem:BodyTooLarge", "detail": "large"}, InputError),
        (422, {"title": "The input cannot be used."}, InputError),
        (404, b"<html>no such page</html>", NotFoundError),
        (500, b"<html>oops</html>", BackendError),
        (302, b"", BackendError),
        (200, b"<html>a portal</html>", BackendError),
    ],
)
def test_answer_becomes_the_error_that_it_names(
    answers: Answers, client: Client, status: int, body: object, kind: type[Exception]
) -> None:
    answers.add(status, body, Location="http://elsewhere.example.org/")
    with pytest.raises(kind) as caught:
        client.nodes()
    assert type(caught.value) is kind
    assert "html" not in str(caught.value)


def test_token_stands_in_one_header_alone(answers: Answers, client: Client) -> None:
    answers.add(500, {"detail": "it was Bearer dmod_k3v9x0q2m8ya_" + "a" * 43, "request_id": "r-1"})
    with pytest.raises(BackendError) as caught:
        client.nodes()
    command, path, headers = answers.asked[0]
    assert [name for name, value in headers.items() if "s3cret" in value] == ["Authorization"]
    assert "s3cret" not in command + path + repr(client) + repr(vars(client)) + repr(
        client._transport._client
    )
    assert "a" * 43 not in str(caught.value)
    assert "r-1" in str(caught.value)


def test_no_server_there_is_said_with_its_address() -> None:
    with Client("http://127.0.0.1:9", patience=0.0) as client, pytest.raises(BackendError) as caught:
        client.nodes()
    assert "http://127.0.0.1:9 does not answer" in str(caught.value)
    assert caught.value.retryable
