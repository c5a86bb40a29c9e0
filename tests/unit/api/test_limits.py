"""Limits of the gateway, the form of its errors, and headers that browsers heed."""

from __future__ import annotations

import logging
import socket

import pytest
from fastapi.testclient import TestClient

from dmod.accounts.rate_limit import Limit

PROBLEM = {"type", "title", "status", "detail", "hint", "retryable", "request_id"}


def is_problem(answer, status: int) -> dict:
    """Check the form of an error, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    content = answer.json()
    assert set(content) - {"errors"} == PROBLEM
    assert content["status"] == status
    assert content["request_id"] == answer.headers["x-request-id"]
    assert content["type"].startswith("urn:dmod:problem:")
    return content


def test_every_error_has_one_form(anna: TestClient) -> None:
    is_problem(anna.get("/nowhere"), 404)
    is_problem(anna.get("/v1/jobs/none"), 404)
    wrong = anna.delete("/v1/jobs")
    is_problem(wrong, 405)
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "POST"}
    is_problem(anna.post("/v1/jobs", content=b"<x/>", headers={"Content-Type": "text/xml"}), 415)
    is_problem(anna.post("/v1/data/find", content=b"a=1", headers={"Content-Type": "text/plain"}), 415)
    is_problem(anna.post("/v1/jobs", content=b"{", headers={"Content-Type": "application/json"}), 422)
    said = is_problem(anna.post("/v1/data/find", json={"category": 1, "colour": 2}), 422)
    assert [item["place"] for item in said["errors"]] == ["body.category", "body.colour"]
    is_problem(anna.get("/v1/audit"), 403)
    is_problem(anna.get("/v1/jobs?limit=0"), 422)


def test_fault_of_the_program_is_answered_without_telling_what_it_was(
    quick, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password is hunter2")

    monkeypatch.setattr(quick.store, "list", broken)
    client = quick.client(quick.token("anna"))
    answer = client.get("/v1/jobs", headers={"X-Request-ID": "r-7"})
    content = is_problem(answer, 500)
    assert content["request_id"] == "r-7"
    assert "hunter2" not in answer.text
    (record,) = [
        item for item in caplog.records if item.levelno == logging.ERROR and "r-7" in item.getMessage()
    ]
    assert record.exc_info is not None


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", "ä", "<script>"])
def test_request_id_that_is_none_is_replaced(anna: TestClient, given: str) -> None:
    answer = anna.get("/healthz", headers={"X-Request-ID": given.encode("latin-1")})
    assert answer.headers["x-request-id"] != given
    assert anna.get("/healthz", headers={"X-Request-ID": "r-1"}).headers["x-request-id"] == "r-1"


def test_headers_that_browsers_heed_are_on_every_answer(anna: TestClient) -> None:
    for path in ("/healthz", "/v1/jobs", "/nowhere", "/v1/jobs/none", "/openapi.json"):
        headers = anna.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


def test_body_that_is_too_large_is_413_however_it_comes(quick) -> None:
    client = quick.client(quick.token("anna"), largest_body=1000)
    asked = {"kind": "probe", "text": "x" * 2000}
    is_problem(client.post("/v1/jobs", json=asked), 413)
    is_problem(client.post("/v1/data/find", json=asked), 413)
    headers = {"Content-Type": "application/json"}

    def pieces():
        for _ in range(20):
            yield b'"' + b"x" * 100

    is_problem(client.post("/v1/jobs", content=pieces(), headers=headers), 413)
    is_problem(client.post("/v1/data/find", content=pieces(), headers=headers), 413)
    assert client.post("/v1/jobs", json={"kind": "probe"}).status_code == 201


def test_who_asks_too_often_is_told_when_to_come_back(quick) -> None:
    client = quick.client(quick.token("anna"), user_limit=Limit(0.001, 3))
    bert = quick.client(quick.token("bert"))
    for _ in range(3):
        assert client.get("/v1/me").status_code == 200
    answer = client.get("/v1/me")
    is_problem(answer, 429)
    assert int(answer.headers["retry-after"]) > 1
    assert client.get("/healthz").status_code == 200
    assert bert.get("/v1/me").status_code == 200


def test_address_that_sends_tokens_of_nobody_is_slowed_down(quick) -> None:
    stranger = quick.client("dmod_k3v9x0q2m8ya_" + "A" * 43, stranger_limit=Limit(0.001, 3))
    for _ in range(3):
        is_problem(stranger.get("/v1/me"), 401)
    is_problem(stranger.get("/v1/me"), 429)
    known = {"Authorization": f"Bearer {quick.token('anna')}"}
    assert stranger.get("/v1/me", headers=known).status_code == 200


@pytest.mark.parametrize(
    ("host", "is_let_in"),
    [
        ("127.0.0.1:8470", True), ("localhost", True), ("LOCALHOST:1", True), ("[::1]:8470", True),
        ("evil.example.org", False), ("127.0.0.1.evil.example.org", False), ("", False),
        ("127.0.0.1@evil", False),
    ],
)  # fmt: skip
def test_other_hosts_than_those_that_are_set_are_refused(quick, host: str, is_let_in: bool) -> None:
    client = quick.client(quick.token("anna"), hosts=("127.0.0.1", "localhost", "::1"))
    answer = client.get("/v1/me", headers={"Host": host})
    if is_let_in:
        assert answer.status_code == 200
    else:
        is_problem(answer, 400)


def test_pages_of_other_addresses_are_let_in_only_where_set(quick) -> None:
    asked = {"Origin": "https://hydro.example.org", "Access-Control-Request-Method": "POST"}
    closed = quick.client()
    assert "access-control-allow-origin" not in closed.options("/v1/jobs", headers=asked).headers
    opened = quick.client(origins=("https://hydro.example.org",))
    answer = opened.options("/v1/jobs", headers=asked)
    assert answer.headers["access-control-allow-origin"] == "https://hydro.example.org"
    assert "access-control-allow-credentials" not in answer.headers
    other = opened.options("/v1/jobs", headers={**asked, "Origin": "https://evil.example.org"})
    assert "access-control-allow-origin" not in other.headers
    shown = opened.get("/healthz", headers={"Origin": "https://hydro.example.org"})
    assert "ETag" in shown.headers["access-control-expose-headers"]


def test_log_of_the_server_names_who_and_which_request_and_no_token(
    quick, caplog: pytest.LogCaptureFixture
) -> None:
    token = quick.token("anna")
    with caplog.at_level(logging.INFO, "dmod.api"):
        quick.client(token).get("/v1/jobs/a%0d%0aforged", headers={"X-Request-ID": "r-9"})
    (line,) = [item.getMessage() for item in caplog.records if item.name == "dmod.api"]
    assert "r-9" in line
    assert "anna" in line
    assert "\n" not in line
    assert token not in caplog.text


def test_database_that_cannot_be_reached_is_503_and_can_be_tried_again(
    quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dmod.errors import IndexFailure

    def away(*_: object) -> None:
        raise IndexFailure("the database is away", retryable=True)

    client = quick.client(quick.token("anna"))
    monkeypatch.setattr(quick.store, "last_sequence", away)
    answer = client.get("/readyz")
    assert is_problem(answer, 503)["retryable"]
    assert answer.headers["retry-after"] == "5"
    assert client.get("/healthz").status_code == 200


def test_body_that_does_not_come_is_not_waited_for(quick) -> None:
    token = quick.token("anna")
    head = (
        "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
        f"Authorization: Bearer {token}\r\n\r\n{{"
    )
    with quick.served(patience=0.2) as (address, _):
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(head.encode())
            answer = connection.recv(65536)
        assert b" 408 " in answer.splitlines()[0]
        assert b"application/problem+json" in answer
