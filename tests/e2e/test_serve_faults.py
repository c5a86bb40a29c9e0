"""A real server whose processes are really killed: no job is lost, none runs twice, the cause is shown."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from dmod.testing.serving import ServedHome, wait_for

Served = ServedHome


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Served]:
    """A server that is running; nothing of it is left at the end."""
    served = ServedHome(tmp_path / "home", ("--cpus", "4")).start()
    yield served
    served.stop()
    if list((served.folder / "executor").glob("attempts/*")):
        wait_for(lambda: not alive_below(served.folder))


def alive_below(folder: Path) -> list[int]:
    """Return the processes that work in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str((entry / "cwd").readlink()).startswith(str(folder)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def starts(served: Served, job_id: str) -> int:
    """Return how often the payload of a probe has begun to run, over all attempts: each says so once."""
    job = served.job(job_id)
    with served.client as client:
        said = [client.get(f"/jobs/{job_id}/steps/{step['name']}/log").text for step in job["steps"]]
    return "".join(said).count("here I am")


def probe(**inputs: object) -> dict[str, object]:
    return {"kind": "probe", "fresh": True, "text": "here I am", **inputs}


def nothing_is_held(served: Served) -> bool:
    return all(node["cpus_taken"] == 0 and node["memory_taken"] == 0 for node in served.get("/nodes"))


def test_job_goes_on_while_the_server_is_dead_and_is_adopted(home: Served) -> None:
    job = home.submit(probe(seconds=3))
    home.in_state(job, "running")
    home.kill()
    home.start()
    ended = home.ended(job)
    assert ended["state"] == "completed"
    assert len(ended["steps"][0]["attempts"]) == 1
    assert starts(home, job) == 1
    assert nothing_is_held(home)


def test_job_that_ends_while_the_server_is_dead_is_completed_by_the_next(home: Served) -> None:
    job = home.submit(probe(seconds=0.5))
    home.in_state(job, "running")
    home.kill()
    time.sleep(1.5)
    home.start()
    assert home.ended(job)["state"] == "completed"
    assert starts(home, job) == 1


def test_server_killed_again_and_again_loses_no_job_and_runs_none_twice(home: Served) -> None:
    dice = Random(7)
    jobs = [
        home.submit(probe(seconds=dice.choice([0, 0.05, 0.2]), steps=dice.choice([1, 2]))) for _ in range(24)
    ]
    for _ in range(6):
        time.sleep(dice.uniform(0.0, 0.6))
        home.kill()
        home.start()
    for job in jobs:
        ended = home.ended(job)
        assert ended["state"] == "completed", ended["cause"]
        assert [len(step["attempts"]) for step in ended["steps"]] == [1] * len(ended["steps"])
        assert starts(home, job) == len(ended["steps"])
        states = [
            event["data"]["to"]
            for event in home.get(f"/jobs/{job}/history")["events"]
            if event["kind"] == "state"
        ]
        assert states.count("completed") == 1
    assert nothing_is_held(home)


def test_server_killed_while_jobs_are_submitted_keeps_each_that_was_accepted(home: Served) -> None:
    accepted: list[str] = []

    def submit() -> None:
        for number in range(200):
            try:
                accepted.append(home.submit(probe(), key=f"key-{number}"))
            except (AssertionError, OSError, Exception):  # noqa: BLE001 - the server dies meanwhile
                return

    thread = threading.Thread(target=submit)
    thread.start()
    wait_for(lambda: len(accepted) >= 5)
    home.kill()
    thread.join()
    home.start()
    assert {home.ended(job)["state"] for job in accepted} == {"completed"}
    again = [home.submit(probe(), key=f"key-{number}") for number in range(len(accepted))]
    assert again == accepted


def test_one_key_makes_one_job_however_many_ask_at_once(home: Served) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(home.submit(probe(), key="same"))) for _ in range(32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 32
    assert len(set(found)) == 1
    with home.client as client:
        other = client.post("/jobs", json=probe(seconds=1), headers={"Idempotency-Key": "same"})
    assert other.status_code == 409
    assert "key" in other.json()["detail"]
    home.ended(found[0])
    assert starts(home, found[0]) == 1


@pytest.mark.parametrize(
    ("inputs", "kind", "said"),
    [
        ({"exit_code": 7}, "exit", "7"),
        (
            {"use_memory": "900 MB", "resources": {"memory": "300 MB"}, "seconds": 5},
            "out-of-memory",
            "allowed 300.0 MB",
        ),
        ({"seconds": 60, "resources": {"time": 1}}, "time", "1 s"),
    ],
)
def test_each_way_to_end_has_its_own_cause(
    home: Served, inputs: dict[str, object], kind: str, said: str
) -> None:
    ended = home.ended(home.submit(probe(**inputs)))
    assert ended["state"] == ("timed-out" if kind == "time" else "failed")
    assert ended["cause"]["kind"] == kind
    assert said in ended["cause"]["message"]
    assert nothing_is_held(home)


def test_payload_that_is_killed_is_told_with_its_signal(home: Served) -> None:
    job = home.submit(probe(seconds=60, retry={"limit": 1}))
    home.in_state(job, "running")
    wait_for(lambda: starts(home, job) == 1)
    for pid in alive_below(home.folder / "jobs" / job):
        os.kill(pid, signal.SIGKILL)
    ended = home.ended(job)
    assert ended["state"] == "failed"
    assert ended["cause"]["kind"] in {"signal", "lost"}


def test_failure_that_passes_is_tried_again_from_the_step_that_failed(home: Served) -> None:
    ended = home.ended(home.submit(probe(fail_times=1, retry={"first": 0.1})))
    assert ended["state"] == "completed"
    assert len(ended["steps"][0]["attempts"]) == 2


def test_running_job_is_cancelled_once_though_asked_twice_and_killed_between(home: Served) -> None:
    job = home.submit(probe(seconds=300))
    home.in_state(job, "running")
    wait_for(lambda: alive_below(home.folder / "jobs" / job))
    with home.client as client:
        assert client.post(f"/jobs/{job}/cancel", json={"reason": "no need"}).is_success
        assert client.post(f"/jobs/{job}/cancel", json={}).is_success
    home.kill()
    home.start()
    ended = home.ended(job)
    assert ended["state"] == "cancelled"
    assert "no need" in ended["cause"]["message"]
    assert wait_for(lambda: not alive_below(home.folder / "jobs" / job))
    assert nothing_is_held(home)


def test_cancelled_job_stays_so_and_is_taken_up_only_when_asked(home: Served) -> None:
    job = home.submit(probe(seconds=1, steps=2))
    home.in_state(job, "running")
    with home.client as client:
        client.post(f"/jobs/{job}/cancel", json={})
        home.ended(job)
        home.kill()
        home.start()
        time.sleep(0.5)
    assert home.job(job)["state"] == "cancelled"
    with home.client as client:
        assert client.post(f"/jobs/{job}/retry").is_success
    assert home.ended(job)["state"] == "completed"


def test_what_no_node_has_is_refused_with_what_there_is(home: Served) -> None:
    with home.client as client:
        answer = client.post("/jobs", json=probe(resources={"memory": "96 TB"}))
    assert answer.status_code == 422
    assert "96 TB" in answer.json()["detail"]
    assert "largest" in answer.json()["detail"]


def test_follower_goes_on_after_the_server_was_killed_without_gap_or_repetition(home: Served) -> None:
    job = home.submit(probe(seconds=0.3, steps=4))
    seen: list[int] = []

    def follow(last: int, enough: int) -> int:
        headers = {"Last-Event-ID": str(last)} if last else {}
        with (
            home.client as client,
            client.stream("GET", f"/jobs/{job}/events?until=end", headers=headers) as stream,
        ):
            for line in stream.iter_lines():
                if line.startswith("id:"):
                    seen.append(int(line[3:]))
                    if len(seen) >= enough:
                        break
        return seen[-1] if seen else last

    last = follow(0, 3)
    home.kill()
    home.start()
    home.ended(job)
    follow(last, 10**9)
    stored = [event["sequence"] for event in home.get(f"/jobs/{job}/history?limit=1000")["events"]]
    assert [number for number in seen if number in stored] == stored
    assert len(set(seen)) == len(seen)
