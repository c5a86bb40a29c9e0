"""Ends of jobs are told to an address: once where that is heard, again where it is not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dmod.errors import BackendError, InputError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.event import Event, EventKind
from dmod.jobs.identity import new_job_id
from dmod.jobs.job import Job, JobKind
from dmod.jobs.state import JobState
from dmod.jobs.store.memory import MemoryJobStore
from dmod.services.jobs.notifying import Notifier
from dmod.services.outgoing import EVERYWHERE, Outgoing

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Hearing:
    """A web server that hears notices and answers what it is told to."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.answers: list[int] = []
        hearing = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                hearing.heard.append(json.loads(self.rfile.read(length)))
                self.send_response(hearing.answers.pop(0) if hearing.answers else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/told?key=secret"


@pytest.fixture
def hearing() -> Iterator[Hearing]:
    found = Hearing()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def ended(store: MemoryJobStore, state: JobState, address: str | None) -> Job:
    request = {"notify": {"webhook": address}} if address else {}
    cause = None if state is JobState.COMPLETED else Cause(CauseKind.EXIT, "it broke")
    job = Job(new_job_id(NOW), JobKind.PROBE, "anna", request, "d", NOW, name="spring")
    job = replace(job, state=state, ended=NOW, cause=cause)
    return store.submit(job, [Event(job.id, NOW, EventKind.STATE, "c", "", {"to": state.value})]).job


def notifier(store: MemoryJobStore) -> Notifier:
    return Notifier(store, Outgoing(EVERYWHERE).post, pauses=(0.01, 0.01))


def test_end_is_told_once_and_noted(hearing: Hearing) -> None:
    store = MemoryJobStore()
    job = ended(store, JobState.FAILED, hearing.address)
    ended(store, JobState.COMPLETED, None)
    telling = notifier(store)
    (due,) = telling.due()
    assert telling.tell(due)
    assert [(item["id"], item["state"], item["cause"]["message"]) for item in hearing.heard] == [
        (job.id, "failed", "it broke")
    ]
    assert telling.due() == []
    assert notifier(store).due() == []  # a server that is started again sees that it was told
    assert "secret" not in str(store.events(0))


def test_end_that_was_not_told_is_told_by_the_next_server(hearing: Hearing) -> None:
    store = MemoryJobStore()
    job = ended(store, JobState.COMPLETED, hearing.address)
    assert notifier(store).due() == [job]
    assert notifier(store).due() == [job]


def test_address_that_fails_is_told_again_and_then_given_up(hearing: Hearing) -> None:
    store = MemoryJobStore()
    telling = notifier(store)
    hearing.answers = [503, 204]
    assert telling.tell(ended(store, JobState.COMPLETED, hearing.address))
    assert len(hearing.heard) == 2
    hearing.answers = [503] * 9
    assert not telling.tell(ended(store, JobState.COMPLETED, hearing.address))
    assert len(hearing.heard) == 5
    hearing.answers = [404]
    assert not telling.tell(ended(store, JobState.COMPLETED, hearing.address))
    assert len(hearing.heard) == 6


def test_end_is_told_by_a_server_that_runs(hearing: Hearing) -> None:
    store = MemoryJobStore()
    with notifier(store).running():
        ended(store, JobState.CANCELLED, hearing.address)
        for _ in range(1000):
            if hearing.heard:
                break
            threading.Event().wait(0.02)
    assert [item["state"] for item in hearing.heard] == ["cancelled"]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/x", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/"]
)
def test_address_behind_the_walls_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="not a public address"):
        Outgoing().post(address, {})


def test_nobody_at_the_address_is_said_and_may_be_tried_again() -> None:
    with pytest.raises(BackendError) as caught:
        Outgoing(EVERYWHERE).post("http://127.0.0.1:9/", {})
    assert caught.value.retryable
