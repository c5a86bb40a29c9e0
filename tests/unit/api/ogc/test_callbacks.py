"""Subscribers are told what becomes of jobs: at least once, and by whichever server there is."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dmod.api.ogc.callbacks import LABEL, Callbacks
from dmod.errors import BackendError, InputError
from dmod.services.outgoing import EVERYWHERE, NETWORKS, Outgoing

PROBE = "/ogc/processes/probe/execution"
LATER = {"Prefer": "respond-async"}


@pytest.fixture
def near(quick):
    """Return a client of a server that only this machine can ask."""
    found = quick.client(quick.token("anna"), hosts=("localhost", "127.0.0.1"))
    found.headers["Host"] = "localhost"
    yield found
    found.app.state.ogc_callbacks.close()


def executed(client: Any, url: str, *names: str) -> str:
    told = {name: f"{url}/{name}?job=1" for name in names}
    answer = client.post(PROBE, json={"inputs": {}, "subscriber": told}, headers=LATER)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["jobID"])


def wait_until(condition: Any) -> None:
    for _ in range(2000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come about")


def test_subscriber_is_told_of_progress_and_of_success(near, acting, hearer) -> None:
    job = executed(near, hearer.url, "successUri", "inProgressUri", "failedUri")
    acting.go()
    path, document = hearer.next()
    assert path == "/inProgressUri?job=1"
    assert (document["jobID"], document["status"]) == (job, "running")
    acting.end({"found": 7})
    path, document = hearer.next()
    assert path == "/successUri?job=1"
    assert document["summary"]["value"] == {"probe": {"found": 7}}
    wait_until(lambda: acting.gateway.store.job(job).labels[LABEL] == "told")
    assert hearer.heard.empty()
    history = near.get(f"/v1/jobs/{job}/history").json()["events"]
    assert "successUri was told that the job is completed" in [event["reason"] for event in history]


@pytest.mark.parametrize("is_dismissed", [False, True])
def test_subscriber_is_told_of_failure_and_dismissal(near, acting, hearer, is_dismissed: bool) -> None:
    job = executed(near, hearer.url, "failedUri")
    if is_dismissed:
        near.delete(f"/ogc/jobs/{job}")
    else:
        acting.fail()
    path, document = hearer.next()
    assert path == "/failedUri?job=1"
    assert document["status"] == ("dismissed" if is_dismissed else "failed")
    if not is_dismissed:
        assert document["message"] == "no such gauge"


def test_subscriber_that_does_not_answer_is_told_again(quick, acting, hearer, near) -> None:
    near.app.state.ogc_callbacks = Callbacks(
        quick.store, Outgoing(EVERYWHERE).post, (0.01, 0.02, 0.04), look_seconds=0.02
    )
    hearer.statuses += [503, 500, 429]
    job = executed(near, hearer.url, "successUri")
    acting.end()
    assert [hearer.next()[0] for _ in range(4)] == ["/successUri?job=1"] * 4
    wait_until(lambda: quick.store.job(job).labels[LABEL] == "told")
    assert hearer.heard.empty()


@pytest.mark.parametrize("status", [302, 404])
def test_subscriber_that_refuses_is_not_told_again_nor_followed(
    quick, acting, hearer, near, status: int
) -> None:
    hearer.statuses += [status]
    job = executed(near, hearer.url, "successUri")
    acting.end()
    hearer.next()
    wait_until(lambda: quick.store.job(job).labels[LABEL] == "told")
    assert hearer.heard.empty()
    last = quick.store.events(0, job=job)[-1]
    assert f"127.0.0.1 answered {status}" in last.reason


def test_what_a_server_left_is_told_by_the_next(quick, acting, hearer, near) -> None:
    job = executed(near, hearer.url, "successUri")
    near.app.state.ogc_callbacks.close()  # as if it were killed
    acting.end({"found": 7})
    assert hearer.heard.empty()
    following = Callbacks(quick.store, Outgoing(EVERYWHERE).post, look_seconds=0.02)
    with following.running():
        assert hearer.next()[1]["summary"]["value"] == {"probe": {"found": 7}}
        wait_until(lambda: quick.store.job(job).labels[LABEL] == "told")


def test_threads_end_when_nobody_is_to_be_told(quick, acting, hearer, near) -> None:
    callbacks = near.app.state.ogc_callbacks = Callbacks(
        quick.store, Outgoing(EVERYWHERE).post, look_seconds=0.02
    )
    executed(near, hearer.url, "successUri")
    assert callbacks._thread is not None
    acting.end()
    hearer.next()
    wait_until(lambda: callbacks._thread is None)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org/", "file:///etc/passwd", "http://", "gopher://127.0.0.1/", "http://a:b@8.8.8.8/",
        "http://127.0.0.1/", "http://127.1/", "http://[::1]:80/", "http://169.254.169.254/latest", "http://0/",
        "http://10.0.0.1/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://2130706433/",
        "http://[2002:7f00:1::]/", "http://localhost/", "http://8.8.8.8:0/", "http://8.8.8.8/\r\nX: y",
        "http://224.0.0.1/", "http://8.8.8.8:99999/", "http://[fd00::1]/", "http://100.64.0.1/",
    ],
)  # fmt: skip
def test_addresses_behind_the_walls_are_refused(anna, address: str) -> None:
    answer = anna.post(PROBE, json={"inputs": {}, "subscriber": {"successUri": address}}, headers=LATER)
    assert answer.status_code == 400
    assert "subscriber.successUri" in answer.text or "not a public address" in answer.text
    assert anna.get("/ogc/jobs").json()["jobs"] == []
    with pytest.raises((InputError, BackendError)):
        Outgoing().post(address, {})


def test_network_that_is_named_may_be_asked(anna, hearer, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"subscriber": {"successUri": hearer.url}, "inputs": {}}
    monkeypatch.setenv(NETWORKS, "10.0.0.0/8")
    assert anna.post(PROBE, json=told, headers=LATER).status_code == 400
    monkeypatch.setenv(NETWORKS, "10.0.0.0/8, 127.0.0.0/8")
    assert anna.post(PROBE, json=told, headers=LATER).status_code == 201
    anna.app.state.ogc_callbacks.close()
    monkeypatch.setenv(NETWORKS, "everything")
    answer = anna.post(PROBE, json=told, headers=LATER)
    assert NETWORKS in answer.json()["detail"]


def test_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    from dmod.services import outgoing

    monkeypatch.setattr(outgoing, "DEADLINE", 0.2)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    while not over.wait(0.02):
                        connection.sendall(b"a: b\r\n")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(BackendError, match="does not answer"):
            Outgoing(EVERYWHERE).post(f"http://127.0.0.1:{listener.getsockname()[1]}/", {})
        over.set()
        thread.join()
