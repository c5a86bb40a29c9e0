"""Followers of events: a real server, real connections that are cut off, and go on where they were."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dmod.jobs.state import AttemptState, JobState

PROBE = {"kind": "probe"}
PATIENCE = 20


def events_in(lines: Iterator[str]) -> Iterator[dict]:
    """Yield the events of a stream; comments are passed over."""
    found: dict = {}
    for line in lines:
        if not line and "data" in found:
            yield {**found, "data": json.loads(found["data"])}
        if not line:
            found = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            found[name] = value


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    assert is_so()


def submit(gateway, owner: str = "anna") -> str:
    return gateway.services.jobs.submit(PROBE, owner).job.id


def to_the_end(gateway, job: str) -> None:
    gateway.move(job, JobState.STAGING, JobState.RUNNING, JobState.COMPLETED)


@pytest.fixture
def token(gateway) -> str:
    return gateway.token("anna")


def headers_of(token: str, **more: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


def test_stream_tells_all_in_order_and_ends_with_the_job(gateway, token: str) -> None:
    job, other = submit(gateway), submit(gateway)
    gateway.move(other, JobState.RUNNING)
    with gateway.served() as (address, _), httpx2.Client(base_url=f"http://{address}") as client:
        asked = {"headers": headers_of(token), "params": {"until": "end"}}
        with client.stream("GET", f"/v1/jobs/{job}/events", timeout=PATIENCE, **asked) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            found = events_in(lines)
            first = next(found)
            to_the_end(gateway, job)
            rest = list(found)
        seen = [first, *rest]
        assert [event["data"]["data"]["to"] for event in seen] == [
            "created",
            "staging",
            "running",
            "completed",
        ]
        assert [int(event["id"]) for event in seen] == [event["data"]["sequence"] for event in seen]
        assert {event["data"]["job"] for event in seen} == {job}
        assert {event["event"] for event in seen} == {"state"}
        # who comes back after the end is told not to
        again = client.get(
            f"/v1/jobs/{job}/events?until=end", headers=headers_of(token, Last_Event_ID=seen[-1]["id"])
        )
        assert again.status_code == 204


def test_follower_that_was_cut_off_goes_on_without_gap_or_repetition(gateway, token: str) -> None:
    job = submit(gateway)
    to_the_end(gateway, job)
    every = [event.sequence for event in gateway.store.events(job=job)]
    seen: list[int] = []
    with gateway.served() as (address, _), httpx2.Client(base_url=f"http://{address}") as client:
        last = "0"
        for _ in range(len(every)):
            headers = headers_of(token, Last_Event_ID=last)
            with client.stream("GET", f"/v1/jobs/{job}/events", headers=headers, timeout=PATIENCE) as answer:
                event = next(events_in(answer.iter_lines()))
            last = event["id"]
            seen.append(int(last))
    assert seen == every


def test_stream_of_a_job_that_was_taken_up_again_goes_on(quick) -> None:
    job = submit(quick)
    quick.services.jobs.cancel(job, "anna")
    quick.services.jobs.retry(job, "anna")
    token = quick.token("anna")
    with quick.served() as (address, _), httpx2.Client(base_url=f"http://{address}") as client:
        asked = {"headers": headers_of(token), "params": {"until": "end"}}
        with client.stream("GET", f"/v1/jobs/{job}/events", timeout=PATIENCE, **asked) as answer:
            found = events_in(answer.iter_lines())
            states = [next(found)["data"]["data"]["to"] for _ in quick.store.events(job=job)]
            assert states[-1] == "created"
            to_the_end(quick, job)
            assert [event["data"]["data"]["to"] for event in found][-1] == "completed"


def test_stream_of_all_begins_now_and_shows_only_what_one_may_see(gateway, token: str) -> None:
    hidden, before = submit(gateway, "bert"), submit(gateway)
    with gateway.served() as (address, _), httpx2.Client(base_url=f"http://{address}") as client:
        with client.stream("GET", "/v1/events", headers=headers_of(token), timeout=PATIENCE) as answer:
            lines = answer.iter_lines()
            next(lines)
            gateway.move(hidden, JobState.RUNNING)
            job = submit(gateway)
            found = events_in(lines)
            assert next(found)["data"]["job"] == job
            gateway.services.jobs.share(hidden, ["anna"])
            gateway.move(hidden, JobState.COMPLETED)
            assert next(found)["data"]["job"] == hidden
        with client.stream(
            "GET", "/v1/events?after=0", headers=headers_of(token), timeout=PATIENCE
        ) as answer:
            assert next(events_in(answer.iter_lines()))["data"]["job"] == hidden
            assert before != hidden


def test_follower_hears_that_it_is_connected_and_leaves_nothing_behind(quick) -> None:
    job, token = submit(quick), quick.token("anna")
    with quick.served(heartbeat=0.01) as (address, app):
        bus, streams = quick.services.bus, app.state.streams
        quick.services.bus.alone = False
        with httpx2.Client(base_url=f"http://{address}") as client:
            with client.stream(
                "GET", f"/v1/jobs/{job}/events", headers=headers_of(token), timeout=PATIENCE
            ) as answer:
                lines = answer.iter_lines()  # kept: who lets go of it closes the connection
                assert ": alive" in (line for line in lines if line.startswith(": a"))
                wait_until(lambda: len(bus._waiting) == 1)
            wait_until(lambda: not bus._waiting and not streams._open)


def test_more_streams_than_one_may_follow_are_refused(quick) -> None:
    job, token = submit(quick), quick.token("anna")
    with quick.served(streams=1) as (address, app), httpx2.Client(base_url=f"http://{address}") as client:
        with client.stream("GET", "/v1/events", headers=headers_of(token), timeout=PATIENCE) as answer:
            lines = answer.iter_lines()
            next(lines)
            refused = client.get(f"/v1/jobs/{job}/events", headers=headers_of(token))
            assert refused.status_code == 429
        wait_until(lambda: not app.state.streams._open)


def test_stream_ends_when_its_token_is_revoked(quick) -> None:
    token = quick.token("anna")
    root = quick.client(quick.token("root"))
    quick.services.bus.alone = False
    with quick.served(recheck=0.01) as (address, _), httpx2.Client(base_url=f"http://{address}") as client:
        with client.stream("GET", "/v1/events", headers=headers_of(token), timeout=PATIENCE) as answer:
            lines = answer.iter_lines()
            next(lines)
            root.delete(f"/v1/tokens/{token.split('_')[1]}")
            assert not [line for line in lines if line.startswith("data")]
        assert client.get("/v1/me", headers=headers_of(token)).status_code == 401


@pytest.mark.parametrize("last", ["-1", "x", "9223372036854775808", "1.5"])
def test_number_that_is_no_event_is_refused(anna, quick, last: str) -> None:
    job = submit(quick)
    for address in (f"/v1/jobs/{job}/events", "/v1/events"):
        assert anna.get(address, headers={"Last-Event-ID": last}).status_code == 422


def test_log_is_read_in_parts_and_followed_to_its_end(quick) -> None:
    job, token = submit(quick), quick.token("anna")
    label = f"{job}:probe:1"
    with (
        quick.served() as (address, app),
        httpx2.Client(base_url=f"http://{address}", timeout=PATIENCE) as client,
    ):
        client.headers["Authorization"] = f"Bearer {token}"
        log = f"/v1/jobs/{job}/steps/probe/log"
        assert client.get(log).content == b""
        quick.begin(job, "probe")
        quick.logs[label] = b"0123456789"
        whole = client.get(log)
        assert (whole.content, whole.headers["x-log-next"]) == (b"0123456789", "10")
        assert whole.headers["content-type"] == "text/plain; charset=utf-8"
        assert client.get(log, params={"offset": 2, "limit": 3}).content == b"234"
        part = client.get(log, headers={"Range": "bytes=4-5"})
        assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"45", "bytes 4-5/*")
        assert client.get(log, headers={"Range": "bytes=10-"}).status_code == 416
        assert client.get(log, headers={"Range": "bytes=-5"}).status_code == 422
        assert client.get(log, params={"attempt": 2}).status_code == 404
        assert client.get(f"/v1/jobs/{job}/steps/none/log").status_code == 404
        with client.stream("GET", log, params={"follow": "true", "offset": 8}) as answer:
            parts = answer.iter_bytes()
            assert next(parts) == b"89"
            quick.logs[label] += b" and more"
            quick.begin(job, "probe", AttemptState.ENDED)
            assert b"".join(parts) == b" and more"
        wait_until(lambda: not app.state.streams._open)


def told(socket: ClientConnection) -> dict:
    return json.loads(socket.recv(timeout=PATIENCE))


def test_socket_tells_of_the_jobs_that_are_asked_for_and_goes_on(gateway, token: str) -> None:
    job, other = submit(gateway), submit(gateway)
    with gateway.served() as (address, app):
        with connect(f"ws://{address}/v1/events/ws", additional_headers=headers_of(token)) as socket:
            socket.send(json.dumps({"follow": [job], "after": 0}))
            assert told(socket) == {"following": [job], "after": 0}
            assert told(socket)["event"]["job"] == job
            gateway.move(other, JobState.RUNNING)
            gateway.move(job, JobState.RUNNING)
            event = told(socket)["event"]
            assert (event["job"], event["data"]["to"]) == (job, "running")
            socket.send(json.dumps({"follow": "all", "after": event["sequence"]}))
            assert told(socket) == {"following": "all", "after": event["sequence"]}
            gateway.move(other, JobState.COMPLETED)
            assert told(socket)["event"]["job"] == other
        wait_until(lambda: not gateway.services.bus._waiting and not app.state.streams._open)


def test_socket_shows_nothing_of_others(quick) -> None:
    hidden = submit(quick, "bert")
    with quick.served() as (address, _), connect(f"ws://{address}/v1/events/ws") as socket:
        socket.send(json.dumps({"token": quick.token("anna")}))
        socket.send(json.dumps({"follow": [hidden], "after": 0}))
        assert told(socket)["following"] == [hidden]
        quick.move(hidden, JobState.RUNNING)
        job = submit(quick)
        socket.send(json.dumps({"follow": "all", "after": 0}))
        assert told(socket)["following"] == "all"
        assert told(socket)["event"]["job"] == job


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([{"token": "dmod_k3v9x0q2m8ya_" + "A" * 43}], 401), (["x"], 422), ([{"follow": "all"}], 422),
        ([{"token": 1}], 422), (["TOKEN", {"follow": "some"}], 422),
        (["TOKEN", {"follow": [], "more": 1}], 422), (["TOKEN", {"follow": [], "after": -1}], 422),
        (["TOKEN", "[" * 5000], 422),
    ],
)  # fmt: skip
def test_socket_says_what_was_wrong_and_closes(quick, messages: list, status: int) -> None:
    with quick.served() as (address, _), connect(f"ws://{address}/v1/events/ws") as socket:
        for message in messages:
            text = {"token": quick.token("anna")} if message == "TOKEN" else message
            socket.send(text if isinstance(text, str) else json.dumps(text))
        problem = told(socket)["problem"]
        assert problem["status"] == status
        assert problem["detail"]
        with pytest.raises(ConnectionClosed) as closed:
            told(socket)
        assert closed.value.rcvd.code == 1008


def test_socket_refuses_pages_of_other_addresses(quick) -> None:
    token = quick.token("anna")
    with quick.served(origins=("https://hydro.example.org",)) as (address, _):
        for origin, is_let_in in [
            ("https://hydro.example.org", True), (f"http://{address}", True),
            ("https://evil.example.org", False),
        ]:  # fmt: skip
            with connect(
                f"ws://{address}/v1/events/ws", origin=origin, additional_headers=headers_of(token)
            ) as socket:
                if is_let_in:  # else it may be closed by now
                    socket.send(json.dumps({"follow": []}))
                assert ("following" in told(socket)) == is_let_in


def test_many_followers_all_get_everything(quick) -> None:
    token = quick.token("anna")
    got: list[list[int]] = []
    job = submit(quick)

    def follow(address: str) -> None:
        url = f"http://{address}/v1/jobs/{job}/events?until=end"
        with httpx2.stream("GET", url, headers=headers_of(token), timeout=60) as answer:
            got.append([int(event["id"]) for event in events_in(answer.iter_lines())])

    with quick.served() as (address, _):
        threads = [threading.Thread(target=follow, args=(address,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        to_the_end(quick, job)
        for thread in threads:
            thread.join()
    assert got == [[event.sequence for event in quick.store.events(job=job)]] * 20
