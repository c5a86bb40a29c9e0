"""What runs is forgotten, its machine goes down, hangs or is used up: nothing is done twice."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.core.process import start_ticks
from dmod.jobs.executor.local.orphans import PAYLOAD
from dmod.jobs.executor.local.process_table import descendants, table
from dmod.testing.serving import RESULTS, ServedHome, fetch_results, wait_for

SOON = {"first": 0.05}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    """A server with a package of a small basin."""
    folder = tmp_path_factory.mktemp("machine")
    package = dmod.make_example(folder / "package", catchments=12, years=4.0, observed=False).path
    with dmod.open_data(folder / "home") as data:
        data.add("basin", [package])
    served = ServedHome(folder / "home", ("--cpus", "4")).start()
    yield served
    served.stop()


def probe(**inputs: Any) -> dict[str, Any]:
    return {"kind": "probe", "fresh": True, "text": "here I am", "retry": SOON, **inputs}


def record(served: ServedHome, job: str, attempt: int = 1) -> Path:
    """Return what says which process looks after an attempt, once a process does."""
    found = served.folder / "executor" / "attempts" / f"={job},probe,{attempt}" / "started.json"
    wait_for(found.exists)
    return found


def of_attempt(supervisor: int) -> list[int]:
    """Return the numbers of a supervisor and of all that is below it."""
    return [supervisor, *(item.pid for item in descendants(supervisor, table().values()))]


def running(served: ServedHome, job: str) -> tuple[int, int]:
    """Return the numbers of supervisor and payload of the first attempt of a probe that has begun."""
    supervisor = int(json.loads(record(served, job).read_text(encoding="ascii"))["pid"])
    with served.client as client:
        wait_for(lambda: "here I am" in client.get(f"/jobs/{job}/steps/probe/log").text)
    (payload,) = (item.pid for item in descendants(supervisor, table().values()) if item.name == PAYLOAD)
    return supervisor, payload


def causes(served: ServedHome, job: str) -> list[str | None]:
    """Return the kind of cause of each attempt at the first step."""
    attempts = served.job(job)["steps"][0]["attempts"]
    return [attempt["cause"] and attempt["cause"]["kind"] for attempt in attempts]


def ended_processes(pids: list[int]) -> bool:
    return not any(start_ticks(pid) for pid in pids)


def nothing_is_held(served: ServedHome) -> bool:
    return all(node["cpus_taken"] == 0 and node["memory_taken"] == 0 for node in served.get("/nodes"))


def test_attempt_that_is_forgotten_while_it_runs_ends_before_it_can_do_harm(home: ServedHome) -> None:
    job = home.submit(probe(seconds=300))
    supervisor, payload = running(home, job)
    home.kill()
    place = record(home, job).parent
    place.rename(home.folder / "forgotten")
    home.start()
    wait_for(lambda: len(home.job(job)["steps"][0]["attempts"]) == 2)
    assert causes(home, job) == ["lost", None]
    assert wait_for(lambda: ended_processes([supervisor, payload]))
    assert not place.exists()
    with home.client as client:
        assert client.post(f"/jobs/{job}/cancel", json={}).is_success
    assert home.ended(job)["state"] == "cancelled"
    assert nothing_is_held(home)


def test_machine_that_was_started_anew_has_lost_what_ran_and_its_numbers_are_strangers(
    home: ServedHome,
) -> None:
    job = home.submit(probe(seconds=1))
    supervisor, payload = running(home, job)
    home.kill()
    os.kill(supervisor, signal.SIGKILL)
    assert wait_for(lambda: ended_processes([supervisor, payload]))  # a payload goes with its supervisor
    started = record(home, job)
    document = json.loads(started.read_text(encoding="ascii"))
    name, _, numbering = document["host"].split("/")
    # the number and the ticks are those of a process that is there, but since another start of the machine
    document |= {"host": f"{name}/another-boot/{numbering}", "pid": os.getpid()}
    started.write_text(json.dumps(document | {"ticks": start_ticks(os.getpid())}), encoding="ascii")
    home.start()
    assert home.ended(job)["state"] == "completed"
    assert causes(home, job) == ["lost", None]
    assert not list((home.folder / "jobs" / job).glob(".tmp*"))
    assert nothing_is_held(home)


def test_results_of_a_run_whose_machine_went_down_have_nothing_of_the_attempt_that_was_lost(
    home: ServedHome, tmp_path: Path
) -> None:
    request = {
        "kind": "run", "package": "basin", "fresh": True, "evaluation": False, "outputs": {"report": False},
        "retry": SOON,
    }  # fmt: skip
    job = home.submit(request)
    started = home.folder / "executor" / "attempts" / f"={job},run,1" / "started.json"
    wait_for(started.exists)
    supervisor = int(json.loads(started.read_text(encoding="ascii"))["pid"])
    for pid in reversed(of_attempt(supervisor)):
        os.kill(pid, signal.SIGSTOP)
    assert not started.with_name("end.json").exists()
    outputs = home.folder / "jobs" / job / "outputs"
    outputs.mkdir(exist_ok=True)
    (outputs / RESULTS[0]).write_bytes(b"half")
    os.kill(supervisor, signal.SIGKILL)
    whole = results(home, home.submit(request), tmp_path / "whole")
    assert results(home, job, tmp_path / "lost") == whole
    run = next(step for step in home.job(job)["steps"] if step["name"] == "run")
    assert [attempt["cause"] and attempt["cause"]["kind"] for attempt in run["attempts"]] == ["lost", None]
    assert nothing_is_held(home)


def results(served: ServedHome, job: str, folder: Path) -> dict[str, bytes]:
    """Return the files that a run published; those that say when they were written by name only."""
    fetch_results(served, job, folder)
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.name in RESULTS else b""
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_jobs_stay_as_they_are_while_the_whole_engine_hangs_and_catch_up(home: ServedHome) -> None:
    job = home.submit(probe(seconds=1))
    running(home, job)
    assert home.process is not None
    stopped = [item.pid for item in descendants(home.process.pid, table().values())]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        other = home.submit(probe())
        with home.client as client:
            shown = (f"/jobs/{job}", f"/jobs/{job}/history", f"/jobs/{other}/why")
            for path in ("/jobs", *shown, "/nodes", "/data/datasets"):
                assert client.get(path).is_success
            assert "here I am" in client.get(f"/jobs/{job}/steps/probe/log").text
        assert home.job(job)["state"] == "running"
        assert home.job(other)["state"] not in {"completed", "failed"}
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    for each in (job, other):
        assert home.ended(each)["state"] == "completed"
        assert causes(home, each) == [None]
    assert nothing_is_held(home)


def test_worker_that_hangs_or_takes_too_much_is_ended_and_does_its_neighbour_no_harm(
    home: ServedHome,
) -> None:
    neighbour = home.submit(probe(seconds=3))
    hangs = home.submit(probe(seconds=300, resources={"time": 2}))
    eats = home.submit(probe(seconds=300, use_memory="2 GB", resources={"memory": "300 MB"}))
    supervisor, payload = running(home, hangs)
    os.kill(payload, signal.SIGSTOP)
    ended = home.ended(hangs)
    assert (ended["state"], ended["cause"]["kind"]) == ("timed-out", "time")
    assert wait_for(lambda: ended_processes([supervisor, payload]))
    ended = home.ended(eats)
    assert (ended["state"], ended["cause"]["kind"]) == ("failed", "out-of-memory")
    assert home.ended(neighbour)["state"] == "completed"
    assert causes(home, neighbour) == [None]
    assert nothing_is_held(home)
