"""Runs in parts on a real server: the same bytes for any number; a part that is lost is run again alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.testing.serving import ENDS, ServedHome, result_bytes, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    folder = tmp_path_factory.mktemp("parts")
    package = dmod.make_example(folder / "package", catchments=40, years=1.0, observed=False).path
    with dmod.open_data(folder / "home") as data:
        data.add("basin", [package])
    served = ServedHome(folder / "home", ("--cpus", "4")).start()
    yield served
    served.stop()


def request(parts: int, **more: Any) -> dict[str, Any]:
    outputs = {"report": False}
    return {
        "kind": "run", "package": "basin", "partitions": parts, "fresh": True, "evaluation": False,
        "outputs": outputs, **more,
    }  # fmt: skip


def parts_of(served: ServedHome, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.get(f"/jobs?label=dmod/part-of={job}&limit=100")["jobs"]
    return found


def payloads(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found


def test_any_number_of_parts_gives_the_same_bytes(served: ServedHome, tmp_path: Path) -> None:
    jobs = {count: served.submit(request(count)) for count in (1, 2, 5)}
    found = {count: result_bytes(served, job, tmp_path / str(count)) for count, job in jobs.items()}
    assert found[2] == found[1]
    assert found[5] == found[1]
    parts = parts_of(served, jobs[5])
    assert len(parts) == 5
    assert {part["state"] for part in parts} == {"completed"}
    listed = served.get("/jobs?limit=100")["jobs"]
    assert {job["kind"] for job in listed} == {"run"}
    assert all(node["cpus_taken"] == 0 and node["memory_taken"] == 0 for node in served.get("/nodes"))


def test_part_that_is_killed_is_run_again_alone(served: ServedHome, tmp_path: Path) -> None:
    whole = result_bytes(served, served.submit(request(1)), tmp_path / "whole")
    job = served.submit(request(3))

    def kill_one() -> str:
        for part in parts_of(served, job):
            for pid in payloads(served.folder / "jobs" / part["id"]):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                return str(part["id"])
        return ""

    killed = wait_for(kill_one)
    assert result_bytes(served, job, tmp_path / "parts") == whole
    attempts = {
        part["id"]: len(served.job(part["id"])["steps"][0]["attempts"]) for part in parts_of(served, job)
    }
    assert attempts.pop(killed) == 2
    assert set(attempts.values()) == {1}


def test_cancelled_run_takes_its_parts_along_and_is_taken_up_with_them(
    served: ServedHome, tmp_path: Path
) -> None:
    job = served.submit(request(6, resources={"cpus": 6}))
    wait_for(lambda: parts_of(served, job))
    with served.client as client:
        assert client.post(f"/jobs/{job}/cancel", json={}).status_code < 300
        assert served.ended(job)["state"] == "cancelled"
        # those that were being submitted meanwhile, too
        wait_for(lambda: {part["state"] for part in parts_of(served, job)} <= ENDS)
        assert client.post(f"/jobs/{job}/retry").status_code < 300
    result_bytes(served, job, tmp_path / "again")
    assert {part["state"] for part in parts_of(served, job)} == {"completed"}


def test_more_parts_than_catchments_are_refused_before_anything_is_run(served: ServedHome) -> None:
    with served.client as client:
        answer = client.post("/jobs", json=request(41))
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["given"]) == ("/partitions", "41")
    assert "40 catchments" in fault["message"]


def test_nobody_may_submit_a_part(served: ServedHome) -> None:
    with served.client as client:
        answer = client.post("/jobs", json={"kind": "part", "parent": "../../etc", "part": 0})
    assert answer.status_code == 422
    assert "kind" in answer.text
